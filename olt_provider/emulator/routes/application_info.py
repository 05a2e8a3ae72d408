"""``/application-info``: for an application's own token."""

from __future__ import annotations

from olt_provider.emulator import problems
from olt_provider.emulator.authentication import ActorOf, StateOf, guarded
from olt_provider.emulator.models import InstalledTenant, Meta, Page
from olt_provider.emulator.paging import PagingOf

router = guarded("", "/application-info")


@router.get("/installed-tenants", response_model_exclude_unset=True)
async def installed_tenants(
    actor: ActorOf, state: StateOf, paging: PagingOf
) -> Page[InstalledTenant]:
    """List the tenants that have the calling application installed, in one page."""
    if actor.application_id is None:
        raise problems.not_permitted()
    found = state.access.installed_tenants(actor.application_id)
    if "paged_installed_tenants" in state.variants:
        page = found[paging.offset : paging.offset + paging.limit]
        return Page(data=page, meta=paging.bare())
    return Page(data=found, meta=Meta(page=0, page_size=len(found)))
