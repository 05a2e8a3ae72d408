"""Every request that carries a secret reaches its own host, and no other."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

import pytest
import requests
import trustme

from olt_provider.api.errors import OltError
from olt_provider.background import BackgroundClient
from olt_provider.settings import Settings
from tests.api.conftest import _no_proxy_and_no_certificates_from_outside, elsewhere
from tests.api.samples import TENANT, issued, make_token
from tests.api.scripted_server import (
    Received,
    Scripted,
    ScriptedResponse,
    ScriptedServer,
    data_response,
    json_response,
)

__all__ = ["_no_proxy_and_no_certificates_from_outside", "elsewhere"]

SECRET = "the-client-secret"
REFRESH = "the-refresh-token"
TOKEN = make_token(exp=4102444800)
ODD_NAME = "xn--bcher-kva.example"
"""The host of the odd URLs over TLS, whose users write it with an umlaut."""


class Platform(ScriptedServer):
    """Issues tokens and returns lists, unless ``token`` or ``api`` is another response."""

    token: Scripted = json_response(issued(access_token=TOKEN))
    api: Scripted = data_response([])

    def __enter__(self) -> Platform:
        super().__enter__()
        return self

    def take(self, received: Received) -> Scripted:
        super().take(received)
        return self.token if received.method == "POST" else self.api


def background(base_url: str, **options: Any) -> BackgroundClient:
    return BackgroundClient(
        "client",
        SECRET,
        TENANT,
        **{"api_url": base_url, "identity_url": base_url, "max_retries": 0, **options},
    )


def typed_call(base_url: str, **options: Any) -> None:
    with background(base_url, **options) as client:
        list(client.devices())


def session_call(base_url: str, **options: Any) -> None:
    with background(base_url, **options) as client:
        client.session.get(f"{client.api_url}/devices")


def provider_call(credentials: dict[str, str]) -> Callable[..., None]:
    def call(base_url: str, *, ca_bundle: str | None = None) -> None:
        given = {"apiUrl": base_url, "identityUrl": base_url, "maxRetries": "0", **credentials}
        if ca_bundle is not None:
            given["caBundle"] = ca_bundle
        config = {f"olt:{key}": value for key, value in given.items()}
        client = Settings.load(config.get, {}).client(notify=lambda message: None)
        list(client.as_tenant(TENANT).applications.list())

    return call


Call = Callable[..., None]

FETCHES: dict[str, Call] = {
    "background, typed": typed_call,
    "background, session": session_call,
    "provider, client credentials": provider_call({"clientId": "client", "clientSecret": SECRET}),
    "provider, refresh token": provider_call(
        {"clientId": "client", "clientSecret": SECRET, "refreshToken": REFRESH}
    ),
}
CALLS: dict[str, Call] = {**FETCHES, "provider, API token": provider_call({"apiToken": TOKEN})}

fetches = pytest.mark.parametrize("call", FETCHES.values(), ids=FETCHES)
calls = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
redirects = pytest.mark.parametrize("status", [302, 307])

ODD_URLS = [
    "http://127.0.0.1:{port}/%7Eid",
    "http://127.0.0.1:{port}/./v1",
    "http://127.0.0.1:{port}/a/../v1",
    "http://127.0.0.1:{port}/é",
    "http://127.0.0.1:{port}/a|b",
    "http://127.0.0.1:{port}//v1//",
    "http://127.0.0.1:{port}/v1/",
    "http://127.0.0.1:{port}",
    "HTTP://127.0.0.1:0{port}/v1",
    "Http://LOCALHOST:{port}/v1",
]
ODD_TLS_URLS = [
    "HTTPS://BÜCHER.example:0443/%7Eid",
    "https://XN--BCHER-KVA.example:443//v1/",
    "https://bücher.example/./v1",
]


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform() as scripted:
        yield scripted


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return str(file)


@pytest.fixture
def tls_platform(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """The platform over TLS under ``ODD_NAME``; every name and port 443 lead to it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(ODD_NAME).configure_cert(context)
    resolve = socket.getaddrinfo
    with Platform(context) as scripted:

        def to_the_platform(host: Any, port: Any, *args: Any, **options: Any) -> Any:
            ported = scripted.server_address[1] if port == 443 else port
            return resolve("127.0.0.1", ported, *args, **options)

        monkeypatch.setattr(socket, "getaddrinfo", to_the_platform)
        yield scripted


def attempt(call: Call, base_url: str, **options: Any) -> None:
    """Make the call, and ignore its errors."""
    try:
        call(base_url, **options)
    except (OltError, requests.RequestException):
        return


def secrets_in(received: Received) -> bool:
    sent = f"{received.headers}{received.body.decode()}"
    return any(secret in sent for secret in (SECRET, REFRESH, TOKEN))


# Redirects


def redirect(status: int, server: ScriptedServer) -> ScriptedResponse:
    return ScriptedResponse(status, b"", {"Location": f"{server.url}/x"})


@pytest.mark.parametrize("url", ODD_URLS)
@redirects
@fetches
def test_no_redirect_of_a_token_request_is_followed(
    platform: Platform, elsewhere: ScriptedServer, call: Call, status: int, url: str
) -> None:
    platform.token = redirect(status, elsewhere)
    attempt(call, url.format(port=platform.server_address[1]))
    assert [secrets_in(each) for each in platform.received] == [True]
    assert elsewhere.connections == 0


@pytest.mark.parametrize("url", ODD_URLS)
@redirects
@calls
def test_no_redirect_of_a_call_with_a_token_is_followed(
    platform: Platform, elsewhere: ScriptedServer, call: Call, status: int, url: str
) -> None:
    platform.api = redirect(status, elsewhere)
    attempt(call, url.format(port=platform.server_address[1]))
    assert secrets_in(platform.received[-1])
    assert [each.method for each in platform.received].count("GET") == 1
    assert elsewhere.connections == 0


@pytest.mark.parametrize("url", ODD_TLS_URLS)
@redirects
@calls
def test_no_redirect_is_followed_over_tls(
    tls_platform: Platform,
    elsewhere: ScriptedServer,
    bundle: str,
    call: Call,
    status: int,
    url: str,
) -> None:
    tls_platform.api = redirect(status, elsewhere)
    attempt(call, url, ca_bundle=bundle)
    assert secrets_in(tls_platform.received[-1])
    assert [each.method for each in tls_platform.received].count("GET") == 1
    tls_platform.token = redirect(status, elsewhere)
    attempt(call, url, ca_bundle=bundle)
    assert elsewhere.connections == 0


# Proxies


class _Tunnel(StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.rfile.readline() or b"\r\n\r\n"
        self.server.seen.append(head)
        if not head.startswith(b"CONNECT "):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            return
        with socket.create_connection(("127.0.0.1", self.server.target)) as there:
            self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            back = threading.Thread(target=self._relay, args=(there, self.connection), daemon=True)
            back.start()
            self._relay(self.connection, there)
            back.join(10)

    def _relay(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                self.server.seen.append(data)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return


class Proxy(ThreadingTCPServer):
    """An HTTP proxy that tunnels to one port and records every byte that it sees."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, target: int) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.target = target
        self.seen: list[bytes] = []
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.002}, daemon=True
        )

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@pytest.mark.parametrize("url", ODD_TLS_URLS)
@calls
def test_a_proxy_sees_no_secret(
    tls_platform: Platform,
    bundle: str,
    call: Call,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Proxy(tls_platform.server_address[1]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        call(url, ca_bundle=bundle)
        assert f"CONNECT {ODD_NAME}:443".encode() in proxy.seen[0]
        seen = b"".join(proxy.seen)
    assert any(secrets_in(each) for each in tls_platform.received)
    assert not any(secret.encode() in seen for secret in (SECRET, REFRESH, TOKEN))


@pytest.mark.parametrize("url", ODD_URLS)
@calls
def test_plain_http_to_this_machine_uses_no_proxy(
    platform: Platform, call: Call, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy(platform.server_address[1]) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        call(url.format(port=platform.server_address[1]))
        assert proxy.seen == []
    assert any(secrets_in(each) for each in platform.received)


def test_proxies_of_the_callers_session_do_not_see_plain_http_to_this_machine(
    platform: Platform,
) -> None:
    with Proxy(platform.server_address[1]) as proxy, background(platform.url) as client:
        client.session.proxies = {"http": proxy.url, "all": proxy.url}
        url = f"{client.api_url}/devices"
        client.session.get(url)
        client.session.get(url, proxies={"http": proxy.url})
        assert proxy.seen == []
    assert [each.method for each in platform.received] == ["POST", "GET", "GET"]


# Certificates


@pytest.mark.parametrize("url", ODD_TLS_URLS)
@calls
def test_only_the_given_authority_is_trusted(
    tls_platform: Platform,
    bundle: str,
    tmp_path: Path,
    call: Call,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = str(tmp_path / "other.pem")
    trustme.CA().cert_pem.write_to_path(other)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    attempt(call, url, ca_bundle=other)
    assert tls_platform.received == []
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", other)
    call(url, ca_bundle=bundle)
    assert any(secrets_in(each) for each in tls_platform.received)


@calls
def test_without_a_bundle_a_private_authority_is_refused(
    tls_platform: Platform, call: Call
) -> None:
    attempt(call, ODD_TLS_URLS[0])
    assert tls_platform.received == []


# The caller's own session: where its token goes


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}\\@{api}/v1/devices",
        "http://{api}@127.0.0.1:{port}/v1/devices",
        "http://{api}:x@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}#@{api}/v1/devices",
        "http://127.0.0.1:{port}?{api}/v1/devices",
        "http://localhost:{port}/v1/devices",
        " http://127.0.0.1:{port}/{api}",
    ],
)
def test_the_session_sends_no_token_elsewhere(
    platform: Platform, elsewhere: ScriptedServer, url: str
) -> None:
    elsewhere.always = json_response({})
    with background(platform.url) as client:
        client.session.get(url.format(port=elsewhere.server_address[1], api=platform.host))
    assert not secrets_in(elsewhere.only)
    assert platform.received == []


@pytest.mark.parametrize(
    "url",
    [
        "http://{api}\\@127.0.0.1:{port}/v1/devices",
        "HTTP://{api}/v1/../v1/devices",
        "http://{api}:0{own}/devices",
    ],
)
def test_the_session_sends_nothing_elsewhere_for_the_apis_url(
    platform: Platform, elsewhere: ScriptedServer, url: str
) -> None:
    port, own = elsewhere.server_address[1], platform.server_address[1]
    api = "127.0.0.1" if ":0{own}" in url else platform.host
    with background(platform.url) as client:
        client.session.get(url.format(port=port, api=api, own=own))
    assert elsewhere.connections == 0
    assert secrets_in(platform.received[-1])


def test_a_prepared_request_that_changes_hosts_loses_the_token(
    platform: Platform, elsewhere: ScriptedServer
) -> None:
    elsewhere.always = json_response({})
    with background(platform.url) as client:
        request = requests.Request("GET", f"{client.api_url}/devices")
        prepared = client.session.prepare_request(request)
        prepared.url = f"{elsewhere.url}/devices"
        client.session.send(prepared)
    assert not secrets_in(elsewhere.only)


def test_a_redirect_of_another_host_brings_no_token_anywhere(
    platform: Platform, elsewhere: ScriptedServer
) -> None:
    with ScriptedServer() as third, background(platform.url) as client:
        third.always = redirect(307, elsewhere)
        elsewhere.always = json_response({})
        list(client.devices())
        client.session.get(third.url)
        assert not secrets_in(third.only)
        assert not secrets_in(elsewhere.only)
