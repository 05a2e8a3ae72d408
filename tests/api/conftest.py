"""Fixtures of the API tests: a client of a real server with scripted responses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from pydantic import SecretStr

from olt_provider.api.client import OltClient, TenantClient
from olt_provider.api.identity import IdentityClient
from olt_provider.api.tokens import ApiToken, TokenSource
from olt_provider.api.transport import Transport
from tests.api.samples import NOW, TENANT, TOKEN
from tests.api.scripted_server import ScriptedServer

MakeTransport = Callable[..., Transport]


@pytest.fixture(autouse=True)
def _no_proxy_and_no_certificates_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def elsewhere() -> Iterator[ScriptedServer]:
    """A second host, which must receive no request."""
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture
def sleeps() -> list[float]:
    """The requested waits, in seconds. None of them is waited for."""
    return []


def close(transport: Transport) -> None:
    if transport._session is not None:
        transport._session.close()


@pytest.fixture
def make_transport(server: ScriptedServer, sleeps: list[float]) -> Iterator[MakeTransport]:
    """A factory of transports to the server, which are closed at the end."""
    with ExitStack() as opened:

        def make(base_url: str | None = None, **options: object) -> Transport:
            settings = {"sleep": sleeps.append, "request_timeout": 5.0, **options}
            transport = Transport(base_url or server.url, **settings)  # type: ignore[arg-type]
            opened.callback(close, transport)
            return transport

        yield make


@pytest.fixture
def transport(make_transport: MakeTransport) -> Transport:
    return make_transport()


def client_of(api: Transport, identity: Transport, tokens: TokenSource) -> OltClient:
    """Return a client with this transport and these tokens."""
    client = OltClient(api_token=TOKEN, api_url=api.base_url, identity_url=identity.base_url)
    client._api, client._identity, client.tokens = api, identity, tokens
    client.identity = IdentityClient(identity)
    return client


@pytest.fixture
def client(transport: Transport) -> OltClient:
    """The platform, API and identity server on one host."""
    token = ApiToken(SecretStr(TOKEN), origin="the API token", clock=lambda: NOW)
    return client_of(transport, transport, token)


@pytest.fixture
def tenant(client: OltClient) -> TenantClient:
    """The platform, authenticated as ``TENANT``."""
    return client.as_tenant(TENANT)


@pytest.fixture
def identity(client: OltClient) -> IdentityClient:
    return client.identity
