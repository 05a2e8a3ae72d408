"""``/application-developer/applications/{applicationId}/allowed-tenants``: who may install."""

from __future__ import annotations

from collections.abc import Iterator

from olt_provider.api.ids import segment
from olt_provider.api.model import Id, Model, Text, Timestamp
from olt_provider.api.tenant_transport import TenantTransport


class AllowedTenant(Model):
    """A tenant that may install the application, and whether it has."""

    tenant_id: Id
    created_at: Timestamp | None = None
    installed: bool = False
    comment: Text = ""


class AllowedTenantChange(Model):
    """The body that allows a tenant."""

    comment: str = ""


class AllowedTenantsClient:
    """Needs ``applications_development:read`` for reads and ``:write`` for changes.

    Every method raises ``ApiError`` for a refusal and ``RequestError`` for a response that never
    came or cannot be read.
    """

    def __init__(self, transport: TenantTransport) -> None:
        self._transport = transport

    def list(self, application_id: str) -> Iterator[AllowedTenant]:
        """``GET``, all pages: the tenants that may install the application."""
        return self._transport.items(AllowedTenant, _all(application_id))

    def allow(self, application_id: str, tenant_id: str, comment: str = "") -> None:
        """``PUT .../{tenantId}``: allow a tenant to install, or change the comment."""
        self._transport.send(
            "PUT",
            f"{_all(application_id)}/{segment(tenant_id, what='tenant ID')}",
            json=AllowedTenantChange(comment=comment).to_wire(),
        )

    def revoke(self, application_id: str, tenant_id: str) -> None:
        """``DELETE .../{tenantId}``: an installation that exists becomes unavailable."""
        self._transport.send(
            "DELETE", f"{_all(application_id)}/{segment(tenant_id, what='tenant ID')}"
        )


def _all(application_id: str) -> str:
    owned = segment(application_id, what="application ID")
    return f"/application-developer/applications/{owned}/allowed-tenants"
