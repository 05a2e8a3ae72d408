"""Requests of foreign web pages: DNS rebinding and cross-site requests."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from olt_provider.emulator import TENANT_A, Emulator
from tests.emulator.support import OWNED, TIMEOUT

RESET = ("POST", "/_emulator/reset")
PATHS = [RESET, ("GET", "/_emulator/tenants"), ("POST", f"/v1{OWNED}"), ("GET", "/nothing")]


def ask(emulator: Emulator, method: str, path: str, **headers: str) -> tuple[int, str]:
    """Status and error code of a request as a browser makes it, with any ``Host``."""
    connection = http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=TIMEOUT)
    try:
        connection.putrequest(method, path, skip_host="Host" in headers)
        body = json.dumps({"tenantId": TENANT_A, "name": "x"}).encode()
        sent = {
            "Authorization": f"Bearer {emulator.token(TENANT_A)}",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        text = response.read().decode()
        body = json.loads(text) if text.startswith("{") else {}
        return response.status, body.get("errorCode", "")
    finally:
        connection.close()


FOREIGN = [
    "evil.example",
    "evil.example:80",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil@127.0.0.1",
    "10.0.0.1",
    "0.0.0.0",  # noqa: S104 (a header)
    "[::2]",
    "[::1",
    "127.0.0.1:x",
    "",
]


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize(("method", "path"), PATHS)
def test_a_foreign_host_is_refused_everywhere(
    emulator: Emulator, host: str, method: str, path: str
) -> None:
    emulator.platform.register(TENANT_A, name="stays")
    emulator.clear_calls()
    assert ask(emulator, method, path, Host=host) == (403, "FOREIGN_HOST")
    assert [each["name"] for each in emulator.platform.applications()] == ["stays"]
    assert emulator.calls == []


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1", "127.8.8.8", "[::1]:1"])
def test_a_loopback_host_is_accepted(emulator: Emulator, host: str) -> None:
    assert ask(emulator, *RESET, Host=host) == (200, "")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize(("method", "path"), PATHS)
def test_a_request_of_another_site_is_refused_everywhere(
    emulator: Emulator, headers: dict[str, str], method: str, path: str
) -> None:
    emulator.platform.register(TENANT_A, name="stays")
    assert ask(emulator, method, path, **headers) == (403, "CROSS_SITE")
    assert [each["name"] for each in emulator.platform.applications()] == ["stays"]


def test_a_page_of_the_emulator_itself_is_accepted(emulator: Emulator) -> None:
    own = emulator.api_url.removesuffix("/v1")
    assert ask(emulator, *RESET, Origin=own, Sec_Fetch_Site="same-origin") == (200, "")
    assert ask(emulator, *RESET, Sec_Fetch_Site="none") == (200, "")


@pytest.fixture
def anywhere() -> Iterator[Emulator]:
    with Emulator.start(host="0.0.0.0") as emulator:  # noqa: S104 (what is tested)
        yield emulator


def test_the_address_it_listens_on_is_accepted_as_host(anywhere: Emulator) -> None:
    assert ask(anywhere, *RESET, Host=f"0.0.0.0:{anywhere.port}") == (200, "")
    assert ask(anywhere, *RESET, Host=f"127.0.0.1:{anywhere.port}") == (200, "")
    assert ask(anywhere, *RESET, Host="evil.example") == (403, "FOREIGN_HOST")


def test_a_request_without_a_host_is_refused(emulator: Emulator) -> None:
    with socket.create_connection(("127.0.0.1", emulator.port), TIMEOUT) as connection:
        connection.sendall(b"POST /_emulator/reset HTTP/1.0\r\nContent-Length: 0\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 403"
