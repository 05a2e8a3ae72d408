"""Requests through a proxy: which were certainly not sent, and which may have been."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from olt_provider.api.errors import OltError, RequestError
from olt_provider.api.request import Request
from olt_provider.api.retry import Repeat
from olt_provider.api.transport import Transport
from tests.api.conftest import MakeTransport
from tests.api.scripted_server import (
    Closed,
    Raw,
    Reset,
    Scripted,
    ScriptedServer,
    Silent,
    data_response,
)
from tests.connect_proxy import ConnectProxy

REGISTRATION = Request("POST", "/x", repeat=Repeat.IF_UNSENT)
CUT = Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def platform(context: ssl.SSLContext) -> Iterator[ScriptedServer]:
    with ScriptedServer(context) as scripted:
        yield scripted


@pytest.fixture(params=["http", "https"])
def proxy(
    request: pytest.FixtureRequest, context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ConnectProxy]:
    """A proxy that the environment names, reached by ``http`` and by ``https``."""
    with ConnectProxy.start(context if request.param == "https" else None) as made:
        monkeypatch.setenv("HTTPS_PROXY", made.url)
        yield made


@pytest.fixture
def transport(
    platform: ScriptedServer,
    authority: trustme.CA,
    make_transport: MakeTransport,
    tmp_path: Path,
) -> Transport:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    return make_transport(platform.url, ca_bundle=str(bundle), max_retries=1, request_timeout=0.5)


@pytest.mark.parametrize("lost", [Closed(), Reset(), CUT, Silent()], ids=lambda each: str(each)[:6])
@pytest.mark.parametrize("kept_alive", [False, True])
def test_a_registration_whose_response_is_lost_through_a_proxy_is_not_repeated(
    platform: ScriptedServer,
    proxy: ConnectProxy,
    transport: Transport,
    lost: Scripted,
    kept_alive: bool,
) -> None:
    if kept_alive:
        platform.enqueue(data_response("hello"))
        transport.send(Request("GET", "/x"))
    platform.always = lost
    with pytest.raises(RequestError) as caught:
        transport.send(REGISTRATION)
    assert caught.value.may_have_changed
    assert [each.method for each in platform.received].count("POST") == 1
    assert proxy.tunnels == 1


def test_a_write_that_can_be_repeated_is_repeated_through_a_proxy(
    platform: ScriptedServer, proxy: ConnectProxy, transport: Transport
) -> None:
    platform.enqueue(Closed(), data_response("done"))
    assert transport.send(Request("PATCH", "/x")) == {"data": "done"}
    assert proxy.tunnels == 2


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_registration_is_repeated_after_the_proxy_refused_a_tunnel(
    proxy: ConnectProxy, transport: Transport, sleeps: list[float], status: int
) -> None:
    proxy.refuse = status
    with pytest.raises(RequestError, match=f"the proxy returned {status} to CONNECT") as caught:
        transport.send(REGISTRATION)
    assert len(sleeps) == 1
    assert not caught.value.may_have_changed


def test_a_proxy_that_closes_before_the_tunnel_is_open_proves_nothing(
    platform: ScriptedServer, proxy: ConnectProxy, transport: Transport
) -> None:
    """The client sees the same as after a request that was sent."""
    proxy.refuse = 0
    with pytest.raises(RequestError) as caught:
        transport.send(REGISTRATION)
    assert caught.value.may_have_changed
    assert platform.received == []


def test_a_registration_is_repeated_where_the_proxy_cannot_be_reached(
    transport: Transport, sleeps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConnectProxy.start() as gone:
        monkeypatch.setenv("HTTPS_PROXY", gone.url)
    with pytest.raises(RequestError, match="could not connect to") as caught:
        transport.send(REGISTRATION)
    assert len(sleeps) == 1
    assert not caught.value.may_have_changed
    assert str(caught.value).endswith(
        ": the proxy could not be reached; check the network, HTTPS_PROXY and NO_PROXY"
    )


def test_a_proxy_whose_certificate_is_refused_sends_nothing(
    platform: ScriptedServer, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(foreign)
    with ConnectProxy.start(foreign) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(RequestError, match="TLS certificate") as caught:
            transport.send(REGISTRATION)
    assert not caught.value.may_have_changed
    assert platform.received == []


@pytest.mark.parametrize(
    "url",
    ["http://", "http:///nowhere", "http://[half", "ftp://127.0.0.1:9", "socks5://127.0.0.1:9"],
)
def test_a_proxy_that_is_no_url_is_an_error_of_one_line(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, sleeps: list[float], url: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(OltError) as caught:
        transport.send(REGISTRATION)
    assert "HTTPS_PROXY" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert not caught.value.may_have_changed
    assert sleeps == []
