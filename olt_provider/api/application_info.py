"""Information for the application itself: ``/application-info``."""

from __future__ import annotations

from olt_provider.api.model import Id, Model, Text
from olt_provider.api.tenant_transport import TenantTransport

PATH = "/application-info/installed-tenants"


class InstalledTenant(Model):
    """A tenant that has the application installed."""

    tenant_id: Id
    name: Text = ""


class ApplicationInfoClient:
    """Reads information about the calling application. Needs the application's own token."""

    def __init__(self, transport: TenantTransport) -> None:
        self._transport = transport

    def installed_tenants(self) -> tuple[InstalledTenant, ...]:
        """List where the application is installed: ``GET .../installed-tenants``, all pages.

        Raises ``ApiError`` if the platform refuses the request and ``RequestError`` if no usable
        response arrives.
        """
        return tuple(self._transport.items(InstalledTenant, PATH, may_be_unpaged=True))
