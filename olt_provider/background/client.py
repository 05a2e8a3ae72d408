"""``BackgroundClient``: what an application needs to reach a tenant's data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

import requests
from pydantic import SecretStr

from olt_provider.api.application_info import ApplicationInfoClient, InstalledTenant
from olt_provider.api.devices import Device, DevicesClient
from olt_provider.api.errors import ApiError
from olt_provider.api.fetched_tokens import FetchedTokens
from olt_provider.api.hosts import DEFAULT_ENVIRONMENT
from olt_provider.api.identity import IdentityClient
from olt_provider.api.redaction import remember
from olt_provider.api.tenant_transport import TenantTransport
from olt_provider.api.transport import DEFAULT_MAX_RETRIES, DEFAULT_REQUEST_TIMEOUT, Transport
from olt_provider.background.arguments import naming_arguments, read_settings, required
from olt_provider.background.remedies import has_to_be_installed, remedy
from olt_provider.background.session import ApiSession
from olt_provider.settings import Settings

NO_ACCESS: Final = frozenset({401, 403, 404})


class BackgroundClient:
    """The platform as a background application sees it, in the name of one tenant.

    Tokens come from the client-credentials grant. Each is fetched when it is first needed, once
    however many threads ask, kept until a minute before it expires (a tenth of its life, if that
    is shorter), and replaced once after an unexpected 401. ``devices``, ``installed_tenants`` and
    the fetching of tokens are repeated by the rules of ``OltClient``.

    A context manager; leaving it closes the connections. Safe to share by threads.
    """

    session: requests.Session
    """For all other calls. It attaches the token to requests to the API's host, and to no other.
    A redirect that the API answers is returned, never followed. Certificates are always verified. A
    request without a ``timeout`` has ``request_timeout``. Nothing is repeated but what is answered
    401, once, with a new token. Raises what ``requests`` raises, ``TokenError`` where there is no
    token to be had, and ``ConfigurationError`` for ``verify=False``."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        tenant_id: str,
        *,
        environment: str = DEFAULT_ENVIRONMENT,
        api_url: str | None = None,
        identity_url: str | None = None,
        ca_bundle: str | None = None,
        request_timeout: float = DEFAULT_REQUEST_TIMEOUT,
        max_retries: int = DEFAULT_MAX_RETRIES,
    ) -> None:
        """
        :param client_id: The application's client ID.
        :param client_secret: Its secret. It is in no ``repr`` and in no error.
        :param tenant_id: The tenant to act for. It must have the application installed.
        :param environment: ``prod``, ``preview``, ``int`` or ``dev``. Default: ``prod``.
        :param api_url: The API base URL, with ``identity_url``. Default: that of ``environment``.
        :param identity_url: The identity base URL, with ``api_url``. Default: that of
            ``environment``.
        :param ca_bundle: Path of a PEM file with a private certificate authority. Default: none.
        :param request_timeout: Seconds that one try of a request may take, 1 to 600.
            Default: 30.
        :param max_retries: How often a request is repeated, 0 to 20. Default: 5.

        No call is made yet. Raises ``ConfigurationError`` naming the argument that is wrong.
        """
        self.client_id = required("client_id", client_id)
        secret = SecretStr(required("client_secret", client_secret))
        remember(secret.get_secret_value())
        settings = read_settings(
            tenant_id=required("tenant_id", tenant_id),
            environment=None if environment == DEFAULT_ENVIRONMENT else environment,
            api_url=api_url,
            identity_url=identity_url,
            ca_bundle=ca_bundle,
            request_timeout=request_timeout,
            max_retries=max_retries,
        )
        self.tenant_id = str(settings.tenant_id)
        with naming_arguments():
            self._api = _transport(settings, settings.api_url)
            self._identity = _transport(settings, settings.identity_url)
        tokens = _Tokens(
            IdentityClient(self._identity), self.client_id, secret, tenant_id=self.tenant_id
        )
        acting = TenantTransport(self._api, tokens, self.tenant_id)
        self._devices = DevicesClient(acting)
        self._application_info = ApplicationInfoClient(acting)
        self.session = ApiSession(settings, tokens)

    @property
    def api_url(self) -> str:
        """The API base URL, which the URLs that ``session`` takes begin with."""
        return self._api.base_url

    def devices(self) -> Iterator[Device]:
        """``GET /devices``: the tenant's devices, all pages, each fetched when it is needed.

        Raises ``TokenError`` where there is no token to be had, ``ApiError`` for a refusal and
        ``RequestError`` for an unusable answer.
        """
        with self._explaining():
            yield from self._devices.list()

    def installed_tenants(self) -> tuple[InstalledTenant, ...]:
        """``GET /application-info/installed-tenants``: who has the application installed now.

        Raises as ``devices`` does.
        """
        with self._explaining():
            return self._application_info.installed_tenants()

    def close(self) -> None:
        """Close the connections."""
        self.session.close()
        self._api.close()
        self._identity.close()

    def __enter__(self) -> BackgroundClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        shown = (
            f"{name}={getattr(self, name)!r}" for name in ("client_id", "tenant_id", "api_url")
        )
        return f"BackgroundClient({', '.join(shown)})"

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Say what to do about a refusal, and name arguments in errors."""
        with naming_arguments():
            try:
                yield
            except ApiError as error:
                if error.status in NO_ACCESS and error.from_platform:
                    error.args = (f"{error.reason}; {has_to_be_installed(self.tenant_id)}",)
                raise


def _transport(settings: Settings, base_url: str) -> Transport:
    return Transport(
        base_url,
        request_timeout=settings.request_timeout,
        max_retries=settings.max_retries,
        ca_bundle=settings.ca_bundle,
        user_agent="background",
    )


class _Tokens:
    """A ``TokenSource`` of one tenant, whichever is asked for."""

    def __init__(
        self, identity: IdentityClient, client_id: str, client_secret: SecretStr, *, tenant_id: str
    ) -> None:
        self._fetched = FetchedTokens(
            lambda tenant: identity.client_credentials(client_id, client_secret, tenant_id=tenant),
            origin="the client credentials",
            remedy=remedy,
            clock=monotonic,
        )
        self._tenant_id = tenant_id

    def token(self, tenant_id: str | None) -> str:
        return self._fetched.token(self._tenant_id)

    def renew(self, tenant_id: str | None, rejected: str) -> bool:
        return self._fetched.renew(self._tenant_id, rejected)

    def check(self, tenant_id: str | None) -> str | None:
        return None

    def tenant(self) -> str | None:
        return self._tenant_id
