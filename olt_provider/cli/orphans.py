"""The applications of a tenant that no given state holds."""

from __future__ import annotations

from collections.abc import Collection

from olt_provider.api.applications import Application
from olt_provider.api.client import OltClient
from olt_provider.api.errors import OltError
from olt_provider.api.ids import canonical_id
from olt_provider.api.model import format_timestamp
from olt_provider.cli.checks import Check

NAME = "orphaned applications"
FIX = "adopt it (olt adopt --state FILE), or delete it in the portal if nothing uses it"


def orphans(
    client: OltClient, tenant: str, known: Collection[str], own_client_id: str | None
) -> list[Check]:
    """A warning for each, the newest first: a run that was killed left it most recently.

    ``known`` holds the application IDs of all states. The application whose credentials are used
    is named as such.
    """
    try:
        listed = list(client.as_tenant(tenant).applications.list())
    except OltError as error:
        return [Check(NAME, "not checked", str(error), tenant=tenant)]
    missing = [each for each in listed if each.id not in known]
    if not missing:
        found = f"none: the states hold all {len(listed)} of the tenant"
        return [Check(NAME, "ok", found, tenant=tenant)]
    own = canonical_id(own_client_id) if own_client_id else None
    missing.sort(key=lambda each: (_created(each), each.id), reverse=True)
    return [_warning(each, tenant, own) for each in missing]


def _warning(application: Application, tenant: str, own_client_id: str | None) -> Check:
    found = f"{application.name} ({application.id})"
    if created := _created(application):
        found += f", created {created}"
    if canonical_id(application.oauth2_client.id) == own_client_id:
        return Check(NAME, "warning", f"{found}: these credentials are its own", tenant=tenant)
    return Check(NAME, "warning", found, FIX, tenant)


def _created(application: Application) -> str:
    return format_timestamp(application.created_at) if application.created_at else ""
