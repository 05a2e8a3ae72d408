"""Find the applications of a tenant that no stack manages, and how to declare them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from olt_provider.api.applications import Application
from olt_provider.api.client import OltClient
from olt_provider.api.errors import OltError
from olt_provider.api.ids import canonical_id
from olt_provider.cli.adopt.states import Managed
from olt_provider.lifecycle.application.model import TABLE, ApplicationInputs
from olt_provider.lifecycle.checking import apply_rules
from olt_provider.lifecycle.properties import as_declared


@dataclass(frozen=True)
class Found:
    """An application to adopt, and the tenants in which it is installed."""

    application: Application
    installed: tuple[str, ...]
    """Tenants whose installations the program can declare."""
    left: Mapping[str, str]
    """Tenants whose installations the program cannot declare, with the reason."""


@dataclass(frozen=True)
class Discovery:
    """All applications of some tenants."""

    found: tuple[Found, ...]
    managed: tuple[tuple[Application, Managed], ...]
    skipped: tuple[tuple[Application, str], ...]
    """Applications that are not adopted, with the reason."""
    refused: tuple[tuple[Application, str], ...]
    """Applications whose declaration the provider would refuse, with the reason."""


def discover(
    client: OltClient,
    tenants: Sequence[str],
    managed: Sequence[Managed],
    *,
    own_client_id: str | None,
    notify: Callable[[str], None],
) -> Discovery:
    """List each tenant's applications: ``GET /application-developer/applications``.

    ``own_client_id`` is the client ID of the credentials, if they are an application's: rotating
    its secret would invalidate them. Raises ``OltError`` if a tenant cannot be listed.
    """
    known = {each.application_id: each for each in managed}
    access = _Access(client, notify)
    found: list[Found] = []
    skipped: list[tuple[Application, str]] = []
    refused: list[tuple[Application, str]] = []
    theirs: list[tuple[Application, Managed]] = []
    for tenant in tenants:
        notify(f"tenant {tenant}")
        for application in client.as_tenant(tenant).applications.list():
            if application.id in known:
                theirs.append((application, known[application.id]))
            elif own_client_id and canonical_id(own_client_id) == canonical_id(
                application.oauth2_client.id
            ):
                skipped.append((application, "these credentials are its own"))
            elif why := refusal(application):
                refused.append((application, why))
            else:
                found.append(_found(application, access))
    return Discovery(
        tuple(sorted(found, key=_order)), tuple(theirs), tuple(skipped), tuple(refused)
    )


def _order(found: Found) -> tuple[str, str, str]:
    application = found.application
    return application.name, application.tenant_id, application.id


def _found(application: Application, access: _Access) -> Found:
    tenants = sorted(each.tenant_id for each in application.allowed_tenants if each.installed)
    if application.status != "active":
        why = "it is inactive, so it cannot be installed"
        return Found(application, (), dict.fromkeys(tenants, why))
    left = {each: why for each in tenants if (why := access.missing(each))}
    return Found(application, tuple(each for each in tenants if each not in left), left)


class _Access:
    """Whether the credentials are valid for a tenant, checked once per tenant."""

    def __init__(self, client: OltClient, notify: Callable[[str], None]) -> None:
        self._client = client
        self._notify = notify
        self._missing: dict[str, str] = {}

    def missing(self, tenant: str) -> str:
        """Return why there are no credentials of a tenant; empty if there are."""
        if tenant not in self._missing:
            self._notify(f"credentials of tenant {tenant}")
            try:
                self._client.tokens.token(tenant)
                self._missing[tenant] = ""
            except OltError:
                self._missing[tenant] = "these credentials do not reach that tenant"
        return self._missing[tenant]


def declared(application: Application) -> dict[str, Any]:
    """Return the arguments that adopt an application: its tenants and deviations from defaults."""
    return as_declared(TABLE, ApplicationInputs.found(application).to_props(), {})


def refusal(application: Application) -> str:
    """Return why the provider would refuse the declaration, by its own rules; else empty."""
    failures = apply_rules(declared(application), TABLE).failures
    return "; ".join(f"{each.property}: {each.reason}" for each in failures)
