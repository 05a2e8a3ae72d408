"""The platform as one object."""

from __future__ import annotations

from functools import cached_property

from olt_provider.api.allowed_tenants import AllowedTenantsClient
from olt_provider.api.application_info import ApplicationInfoClient
from olt_provider.api.applications import ApplicationsClient
from olt_provider.api.clock import ServerClock
from olt_provider.api.devices import DevicesClient
from olt_provider.api.identity import IdentityClient
from olt_provider.api.installations import InstallationsClient
from olt_provider.api.tenant_transport import TenantTransport
from olt_provider.api.tokens import TokenSource
from olt_provider.api.transport import Transport


class OltClient:
    """The OLT platform's API and identity server. Safe to share by threads.

    What is repeated, and when:

    - Every request but a registration is repeated after a failed or broken connection, a time-out
      and the answers 408, 429, 502, 503 and 504, because repeating it changes nothing more.
    - A registration is repeated only if the connection was never made, or a proxy refused to open
      a tunnel, or after 429: each one that reaches the platform makes another application.
    - 500 is never repeated, and no other refusal.
    - The wait is exponential backoff with full jitter, up to 0.5 s, 1 s, 2 s, ... 20 s, and at
      least what ``Retry-After`` asks for: seconds, or a date by the platform's own clock. A
      response that asks for more than 60 s ends the call.
    - After 429 all threads slow down: one request probes while the others wait, and then requests
      start at the interval at which they pass.
    - A call is repeated at most ``max_retries`` times (default 5; 0: never) and for at most 180 s.
      A 429 does not count as one of these times.
    - Redirects are never followed, and certificates are always verified.
    """

    def __init__(self, api: Transport, identity: Transport, tokens: TokenSource) -> None:
        self._api = api
        self.tokens = tokens
        self.identity = IdentityClient(identity)

    @property
    def clock(self) -> ServerClock:
        """The API's own clock."""
        return self._api.clock

    @property
    def api_url(self) -> str:
        """The API base URL."""
        return self._api.base_url

    @property
    def writes(self) -> int:
        """Grows when a write begins and when it ends: what was read before may be wrong then."""
        return self._api.writes

    @property
    def additions(self) -> int:
        """``writes`` without deletions, which add nothing to a list."""
        return self._api.additions

    def as_tenant(self, tenant_id: str | None = None) -> TenantClient:
        """The API, authenticated as a tenant; ``None``: the credentials' only tenant."""
        return TenantClient(TenantTransport(self._api, self.tokens, tenant_id))


class TenantClient:
    """The API, authenticated as one tenant: one client per group of endpoints."""

    def __init__(self, transport: TenantTransport) -> None:
        self._transport = transport

    @property
    def tenant_id(self) -> str | None:
        """The tenant that requests are authenticated as."""
        return self._transport.tenant_id

    @property
    def api_url(self) -> str:
        """The API base URL."""
        return self._transport.base_url

    @cached_property
    def applications(self) -> ApplicationsClient:
        """The applications that the tenant owns."""
        return ApplicationsClient(self._transport)

    @cached_property
    def allowed_tenants(self) -> AllowedTenantsClient:
        """Who may install the applications that the tenant owns."""
        return AllowedTenantsClient(self._transport)

    @cached_property
    def installations(self) -> InstallationsClient:
        """The applications that the tenant uses."""
        return InstallationsClient(self._transport)

    @cached_property
    def devices(self) -> DevicesClient:
        """The tenant's devices."""
        return DevicesClient(self._transport)

    @cached_property
    def application_info(self) -> ApplicationInfoClient:
        """What an application may learn of itself."""
        return ApplicationInfoClient(self._transport)
