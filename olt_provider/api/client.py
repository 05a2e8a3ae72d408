"""``OltClient``: the public client of the OLT platform's REST API and token endpoint."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from functools import cached_property

from olt_provider.api.allowed_tenants import AllowedTenantsClient
from olt_provider.api.application_info import ApplicationInfoClient
from olt_provider.api.applications import ApplicationsClient
from olt_provider.api.clock import ServerClock
from olt_provider.api.credentials import Credentials
from olt_provider.api.devices import DevicesClient
from olt_provider.api.identity import IdentityClient
from olt_provider.api.installations import InstallationsClient
from olt_provider.api.options import (
    DEFAULT_MAX_CONNECTIONS,
    DEFAULT_MAX_RETRIES,
    DEFAULT_REQUEST_TIMEOUT,
    Naming,
    as_parameter,
    check_hosts,
    check_max_connections,
    check_max_retries,
    check_request_timeout,
)
from olt_provider.api.tenant_transport import TenantTransport
from olt_provider.api.transport import Transport

log = logging.getLogger("olt_provider.api")


class OltClient:
    """The OLT platform's API and identity server. Safe to share by threads.

    A context manager; leaving it closes the connections.

    Retry policy:

    - Every request but a registration is repeated after a failed or broken connection, a time-out
      and the responses 408, 429, 502, 503 and 504, because repeating it changes nothing more.
    - A registration is repeated only if the connection was never made, or a proxy refused to open
      a tunnel, or after 429: each one that reaches the platform makes another application.
    - 500 is never repeated, and no other refusal.
    - The wait is exponential backoff with full jitter, up to 0.5 s, 1 s, 2 s, ... 20 s, and at
      least ``Retry-After``: seconds, or a date by the platform's own clock. A ``Retry-After`` of
      more than 60 s ends the call.
    - After 429 all threads slow down: one request probes while the others wait, and then requests
      start at the interval at which they pass.
    - A call is repeated at most ``max_retries`` times (default 5; 0: never) and for at most 180 s.
      A 429 does not count as one of these times.
    - Redirects are never followed, and certificates are always verified.
    """

    def __init__(
        self,
        *,
        api_token: str | None = None,
        tenant_tokens: Mapping[str, str] | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        refresh_token: str | None = None,
        environment: str | None = None,
        api_url: str | None = None,
        identity_url: str | None = None,
        ca_bundle: str | None = None,
        request_timeout: float = DEFAULT_REQUEST_TIMEOUT,
        max_retries: int = DEFAULT_MAX_RETRIES,
        max_connections: int = DEFAULT_MAX_CONNECTIONS,
        user_agent: str = "",
        notify: Callable[[str], None] = log.info,
        sleep: Callable[[float], None] = time.sleep,
        naming: Naming = as_parameter,
    ) -> None:
        """
        :param api_token: An API token of the portal, of one tenant. Default: none.
        :param tenant_tokens: Tenant ID -> API token. Default: none.
        :param client_id: A client ID, with ``client_secret`` or ``refresh_token``. Default: none.
        :param client_secret: The secret of the client. Default: none.
        :param refresh_token: A refresh token, with ``client_id``. Default: none.
        :param environment: ``prod``, ``preview``, ``int`` or ``dev``. Default: ``prod``.
        :param api_url: The API base URL, with ``identity_url``. Default: that of ``environment``.
        :param identity_url: The identity base URL, with ``api_url``. Default: that of
            ``environment``.
        :param ca_bundle: Path of a PEM file with a private certificate authority. Default: the
            usual authorities.
        :param request_timeout: Seconds that one try of a request may take, 1 to 600. Default: 30.
        :param max_retries: How often a request is repeated, 0 to 20. Default: 5.
        :param max_connections: How many requests may run at once, 1 to 256. Default: 4.
        :param user_agent: Product to add to the ``User-Agent``. Default: none.
        :param notify: Called with one line about a long wait, a rate limit, or an application that
            is left out of a list. Default: logs it.
        :param sleep: Waits for seconds, and may raise to give up. Default: ``time.sleep``.
        :param naming: How errors call one of these parameters. Default: by its name.

        Exactly one source of credentials is needed. No call is made yet. Raises
        ``ConfigurationError``, whose ``field`` is the parameter that is wrong.
        """
        hosts = check_hosts(
            environment=environment, api_url=api_url, identity_url=identity_url, naming=naming
        )
        timeout = check_request_timeout(request_timeout, naming)
        retries = check_max_retries(max_retries, naming)
        connections = check_max_connections(max_connections, naming)

        def transport(base_url: str) -> Transport:
            return Transport(
                base_url,
                request_timeout=timeout,
                max_retries=retries,
                connections=connections,
                ca_bundle=ca_bundle,
                user_agent=user_agent,
                notify=notify,
                sleep=sleep,
                naming=naming,
            )

        credentials = Credentials(api_token, tenant_tokens, client_id, client_secret, refresh_token)
        self._api = transport(hosts.api_url)
        self._identity = transport(hosts.identity_url)
        self.identity = IdentityClient(self._identity)
        self.tokens = credentials.token_source(self.identity, naming)

    def close(self) -> None:
        """Close the connections. The next request opens new ones."""
        self._api.close()
        self._identity.close()

    def __enter__(self) -> OltClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"OltClient(api_url={self.api_url!r})"

    @property
    def clock(self) -> ServerClock:
        """The API server's clock."""
        return self._api.clock

    @property
    def api_url(self) -> str:
        """The API base URL."""
        return self._api.base_url

    @property
    def writes(self) -> int:
        """The number of writes begun and ended.

        A value that was read at another count may be outdated.
        """
        return self._api.writes

    @property
    def additions(self) -> int:
        """The same number without deletions, which add nothing to a list."""
        return self._api.additions

    def as_tenant(self, tenant_id: str | None = None) -> TenantClient:
        """Return the API client that is authenticated as a tenant.

        ``tenant_id`` ``None``: the only tenant of the credentials.
        """
        return TenantClient(TenantTransport(self._api, self.tokens, tenant_id))


class TenantClient:
    """The API, authenticated as one tenant, with a client for each group of endpoints."""

    def __init__(self, transport: TenantTransport) -> None:
        self._transport = transport

    @property
    def tenant_id(self) -> str | None:
        """The tenant whose token is sent."""
        return self._transport.tenant_id

    @property
    def api_url(self) -> str:
        """The API base URL."""
        return self._transport.base_url

    @cached_property
    def applications(self) -> ApplicationsClient:
        """Applications that the tenant owns."""
        return ApplicationsClient(self._transport)

    @cached_property
    def allowed_tenants(self) -> AllowedTenantsClient:
        """Tenants that may install the applications that the tenant owns."""
        return AllowedTenantsClient(self._transport)

    @cached_property
    def installations(self) -> InstallationsClient:
        """Applications that are available to the tenant or installed in it."""
        return InstallationsClient(self._transport)

    @cached_property
    def devices(self) -> DevicesClient:
        """The tenant's devices."""
        return DevicesClient(self._transport)

    @cached_property
    def application_info(self) -> ApplicationInfoClient:
        """Information about the application whose credentials are used."""
        return ApplicationInfoClient(self._transport)
