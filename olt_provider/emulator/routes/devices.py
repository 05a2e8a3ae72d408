"""``/devices``: the tenant's devices."""

from __future__ import annotations

from olt_provider.emulator.authentication import ActorOf, StateOf, guarded
from olt_provider.emulator.models import Device, Page
from olt_provider.emulator.paging import PagingOf

router = guarded("devices", "/devices")


@router.get("", response_model_exclude_unset=True)
async def list_(paging: PagingOf, actor: ActorOf, state: StateOf) -> Page[Device]:
    """List the tenant's devices."""
    found = state.tenants.devices(actor.tenant_id, paging.limit, paging.offset)
    return Page(data=found, meta=paging.totals(state.tenants.count_devices(actor.tenant_id)))
