"""``/application-info``: only for an application's own client-credentials tokens."""

from __future__ import annotations

from olt_provider.api.model import Id, Model, Text
from olt_provider.api.tenant_transport import TenantTransport

PATH = "/application-info/installed-tenants"


class InstalledTenant(Model):
    """A tenant that has the application installed now."""

    tenant_id: Id
    name: Text = ""


class ApplicationInfoClient:
    """What the platform returns to an application about itself."""

    def __init__(self, transport: TenantTransport) -> None:
        self._transport = transport

    def installed_tenants(self) -> tuple[InstalledTenant, ...]:
        """``GET .../installed-tenants``, all pages: the tenants that have the application now.

        Raises ``ApiError`` for a refusal and ``RequestError`` for an unusable response.
        """
        return tuple(self._transport.items(InstalledTenant, PATH, may_be_unpaged=True))
