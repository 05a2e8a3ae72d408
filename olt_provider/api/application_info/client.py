"""``/application-info``: only for an application's own client-credentials tokens."""

from __future__ import annotations

from olt_provider.api.application_info.domain import InstalledTenant
from olt_provider.api.tenant import TenantTransport

PATH = "/application-info/installed-tenants"


class ApplicationInfoClient:
    """What the calling application may learn of itself."""

    def __init__(self, transport: TenantTransport) -> None:
        self._transport = transport

    def installed_tenants(self) -> tuple[InstalledTenant, ...]:
        """``GET .../installed-tenants``, all pages: the tenants that have the application now.

        Raises ``ApiError`` for a refusal and ``RequestError`` for an unusable response.
        """
        return tuple(self._transport.items(InstalledTenant, PATH, may_be_unpaged=True))
