"""``/devices``: the proof that an application can access a tenant's data."""

from __future__ import annotations

from olt_provider.emulator.access import ActorOf, WorldOf, guarded
from olt_provider.emulator.models import Device, Page
from olt_provider.emulator.paging import PagingOf

router = guarded("devices", "/devices")


@router.get("", response_model_exclude_unset=True)
async def list_(paging: PagingOf, actor: ActorOf, world: WorldOf) -> Page[Device]:
    """The tenant's devices."""
    found = world.people.devices(actor.tenant_id, paging.limit, paging.offset)
    return Page(data=found, meta=paging.totals(world.people.count_devices(actor.tenant_id)))
