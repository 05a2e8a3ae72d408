"""A ``requests.Session`` that sends the application's token only to the API's host."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from olt_provider._version import __version__
from olt_provider.api.errors import ConfigurationError
from olt_provider.api.tenant_transport import UNAUTHORIZED
from olt_provider.api.tokens import TokenSource
from olt_provider.api.transport import CONNECT_TIMEOUT, BearerAuth

CONNECTIONS: Final = 10
"""Connections kept open per host, one per thread."""
DEFAULT_PORTS: Final[Mapping[str, int]] = MappingProxyType({"https": 443, "http": 80})

Origin = tuple[str, str | None, int | None]


def origin_of(url: str | None) -> Origin:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url or "")
    return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)


class OwnToken(AuthBase):
    """Attaches the token to requests to one origin, and replaces it once after a 401."""

    def __init__(self, tokens: TokenSource, tenant_id: str, origin: Origin) -> None:
        self._tokens = tokens
        self._tenant_id = tenant_id
        self._origin = origin
        self._attached: set[SecretStr] = set()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if origin_of(request.url) != self._origin:
            return request
        request.hooks["response"].append(self._once_more)
        return self._signed(request)

    def _signed(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        signed = BearerAuth(self._tokens.token(self._tenant_id))(request)
        self._attached.add(SecretStr(signed.headers["Authorization"]))
        return signed

    def remove(self, request: requests.PreparedRequest) -> None:
        """Take the token off a request whose URL was changed after it was signed."""
        if SecretStr(request.headers.get("Authorization", "")) in self._attached:
            del request.headers["Authorization"]

    def _once_more(self, response: requests.Response, **options: Any) -> requests.Response:
        """Repeat a request that was refused with 401. A streamed body cannot be sent again."""
        sent = response.request
        if response.status_code != UNAUTHORIZED or not isinstance(sent.body, str | bytes | None):
            return response
        self._tokens.renew(self._tenant_id, sent.headers["Authorization"].removeprefix("Bearer "))
        again = self._signed(sent.copy())
        response.close()
        repeated: requests.Response = response.connection.send(again, **options)
        repeated.history.append(response)
        repeated.request = again
        return repeated


class ApiSession(requests.Session):
    """See ``BackgroundClient.session``."""

    def __init__(
        self,
        api_url: str,
        tokens: TokenSource,
        tenant_id: str,
        *,
        ca_bundle: str | None,
        request_timeout: float,
    ) -> None:
        super().__init__()
        # in the form of requests, which rewrites a host that is not ASCII
        self._api = origin_of(requests.Request("GET", api_url).prepare().url)
        self._ca_bundle = ca_bundle
        self._timeout = (min(CONNECT_TIMEOUT, request_timeout), request_timeout)
        self.auth = self._own_token = OwnToken(tokens, tenant_id, self._api)
        # plain http is only used on this machine, so no proxy may be involved
        self.trust_env = self._api[0] != "http"
        agent = f"pulumi-olt/{__version__} background requests/{requests.__version__}"
        self.headers["User-Agent"] = agent
        for scheme in DEFAULT_PORTS:
            self.mount(f"{scheme}://", HTTPAdapter(pool_maxsize=CONNECTIONS))

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        if options.get("timeout") is None:
            options["timeout"] = self._timeout
        if origin_of(request.url) != self._api:
            self._own_token.remove(request)
        else:
            verify = options.get("verify", self.verify)
            if not verify:
                raise ConfigurationError(
                    "certificates are always verified: for a private certificate authority give "
                    "ca_bundle"
                )
            options["verify"] = self._ca_bundle or verify
            if self._api[0] == "http":
                options["proxies"] = {}
        return super().send(request, **options)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return ``None`` for a response of the API: its redirects are returned, not followed."""
        if origin_of(resp.request.url) == self._api:
            return None
        return super().get_redirect_target(resp)
