"""Allowed tenants: ``/application-developer/applications/{applicationId}/allowed-tenants``."""

from __future__ import annotations

from collections.abc import Iterator

from olt_provider.api.ids import segment
from olt_provider.api.model import Id, Model, Text, Timestamp
from olt_provider.api.tenant_transport import TenantTransport


class AllowedTenant(Model):
    """A tenant that may install the application, and whether it has installed it."""

    tenant_id: Id
    created_at: Timestamp | None = None
    installed: bool = False
    comment: Text = ""


class AllowedTenantChange(Model):
    """The request body that allows a tenant."""

    comment: str = ""


class AllowedTenantsClient:
    """Lists, allows and revokes the tenants of an application.

    Reads need the permission ``applications_development:read``, changes ``:write``. Every method
    raises ``ApiError`` if the platform refuses the request and ``RequestError`` if no usable
    response arrives.
    """

    def __init__(self, transport: TenantTransport) -> None:
        self._transport = transport

    def list(self, application_id: str) -> Iterator[AllowedTenant]:
        """List the tenants that may install the application: ``GET``, all pages."""
        return self._transport.items(AllowedTenant, _all(application_id))

    def allow(self, application_id: str, tenant_id: str, comment: str = "") -> None:
        """Allow a tenant, or change its comment: ``PUT .../{tenantId}``."""
        self._transport.send(
            "PUT",
            f"{_all(application_id)}/{segment(tenant_id, what='tenant ID')}",
            json=AllowedTenantChange(comment=comment).to_wire(),
        )

    def revoke(self, application_id: str, tenant_id: str) -> None:
        """Revoke a tenant: ``DELETE .../{tenantId}``. Its installation becomes unavailable."""
        self._transport.send(
            "DELETE", f"{_all(application_id)}/{segment(tenant_id, what='tenant ID')}"
        )


def _all(application_id: str) -> str:
    owned = segment(application_id, what="application ID")
    return f"/application-developer/applications/{owned}/allowed-tenants"
