"""``/application-info``: only for an application's own client-credentials tokens."""

from __future__ import annotations

from olt_provider.api.application_info.domain import InstalledTenant
from olt_provider.api.errors import RequestError
from olt_provider.api.model import data_of, parse
from olt_provider.api.tenant import TenantTransport

PATH = "/application-info/installed-tenants"


class ApplicationInfoClient:
    """What the calling application may learn of itself."""

    def __init__(self, transport: TenantTransport) -> None:
        self._transport = transport

    def installed_tenants(self) -> tuple[InstalledTenant, ...]:
        """``GET .../installed-tenants``: the tenants that have the application installed now.

        Raises ``ApiError`` for a refusal and ``RequestError`` for an unusable answer.
        """
        source = f"GET {PATH}"
        items = data_of(self._transport.send("GET", PATH), source=source)
        if not isinstance(items, list):
            raise RequestError(f"{source}: a list was expected", sent=True, temporary=False)
        return tuple(parse(InstalledTenant, item, source=source) for item in items)
