"""``BackgroundClient``: the run-time client of a background application."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import requests

from olt_provider.api.application_info import InstalledTenant
from olt_provider.api.client import OltClient
from olt_provider.api.devices import Device
from olt_provider.api.errors import ApiError, ConfigurationError
from olt_provider.api.hosts import DEFAULT_ENVIRONMENT
from olt_provider.api.ids import canonical_id, segment
from olt_provider.api.options import DEFAULT_MAX_RETRIES, DEFAULT_REQUEST_TIMEOUT
from olt_provider.api.token_remedies import has_to_be_installed
from olt_provider.background.session import ApiSession

NO_ACCESS: Final = frozenset({401, 403, 404})


class BackgroundClient:
    """The platform for a background application, authenticated as one tenant.

    Tokens come from the client-credentials grant. Each is fetched on first use, once for all
    threads, cached until a minute before it expires (a tenth of its life, if that is shorter), and
    replaced once after an unexpected 401. ``devices``, ``installed_tenants`` and token requests are
    repeated by the rules of ``OltClient``.

    A context manager; leaving it closes the connections. Safe to share by threads.
    """

    session: requests.Session
    """For all other calls. It attaches the token to requests to the API's host, and to no other.
    A redirect is returned, never followed. Certificates are always verified. A request without a
    ``timeout`` has ``request_timeout``. Only a request refused with 401 is repeated, once, with a
    new token. Raises what ``requests`` raises, ``TokenError`` where there is no token
    , and ``ConfigurationError`` for ``verify=False``."""

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
        :param tenant_id: The tenant to be authenticated as. It must have the application installed.
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
        self.client_id = _required("client_id", client_id)
        self.tenant_id = _tenant(_required("tenant_id", tenant_id))
        self._client = OltClient(
            client_id=self.client_id,
            client_secret=_required("client_secret", client_secret),
            environment=None if environment == DEFAULT_ENVIRONMENT else environment,
            api_url=api_url,
            identity_url=identity_url,
            ca_bundle=ca_bundle,
            request_timeout=request_timeout,
            max_retries=max_retries,
            user_agent="background",
        )
        self._tenant = self._client.as_tenant(self.tenant_id)
        self.session = ApiSession(
            self._client.api_url,
            self._client.tokens,
            self.tenant_id,
            ca_bundle=ca_bundle,
            request_timeout=float(request_timeout),
        )

    @property
    def api_url(self) -> str:
        """The API base URL, which the URLs that ``session`` takes begin with."""
        return self._client.api_url

    def devices(self) -> Iterator[Device]:
        """Yield the tenant's devices: ``GET /devices``, all pages, each fetched when it is needed.

        Raises ``TokenError`` if no token can be fetched, ``ApiError`` if the platform refuses the
        request and ``RequestError`` if no usable response arrives.
        """
        with self._explaining():
            yield from self._tenant.devices.list()

    def installed_tenants(self) -> tuple[InstalledTenant, ...]:
        """List the tenants that have it installed: ``GET /application-info/installed-tenants``.

        Raises the same errors as ``devices``.
        """
        with self._explaining():
            return self._tenant.application_info.installed_tenants()

    def close(self) -> None:
        """Close the connections."""
        self.session.close()
        self._client.close()

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
        """Add to a refusal what it means for a background application."""
        try:
            yield
        except ApiError as error:
            if error.status in NO_ACCESS and error.from_platform:
                error.args = (f"{error.reason}; {has_to_be_installed(self.tenant_id)}",)
            raise


def _required(field: str, value: str | None) -> str:
    """Return a non-empty text, else raise ``ConfigurationError``: its source may be unset."""
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise ConfigurationError(
            f"{field} is empty: it is an output of the application's stack", field=field
        )
    return text


def _tenant(value: str) -> str:
    try:
        return segment(canonical_id(value), what="tenant_id")
    except ConfigurationError as error:
        raise ConfigurationError(
            f"{error}: set it as the portal shows it", field="tenant_id"
        ) from None
