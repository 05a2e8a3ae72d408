from __future__ import annotations

import gzip
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from olt_provider import __version__
from olt_provider.api.errors import ConfigurationError, OltError, RequestError
from olt_provider.api.request import Request
from olt_provider.api.transport import MAX_BODY, BearerAuth, Transport
from tests.api.conftest import MakeTransport
from tests.api.samples import TOKEN
from tests.api.scripted_server import (
    Raw,
    ScriptedResponse,
    ScriptedServer,
    Silent,
    Trickle,
    data_response,
    error_response,
    json_response,
)

GET = Request("GET", "/x")


def bearer() -> BearerAuth:
    return BearerAuth(TOKEN)


def redirect(status: int, location: str, body: bytes = b"") -> ScriptedResponse:
    return ScriptedResponse(status, body, {"Location": location})


# What every request holds


def test_the_user_agent_names_this_packages_version(
    server: ScriptedServer, transport: Transport
) -> None:
    server.enqueue(data_response({}))
    transport.send(GET)
    assert server.only.headers["User-Agent"].startswith(f"pulumi-olt/{__version__} ")


def test_the_user_agent_names_who_uses_this_package(
    server: ScriptedServer, make_transport: MakeTransport
) -> None:
    server.enqueue(data_response({}))
    make_transport(user_agent="pulumi/3.272.0").send(GET)
    assert " pulumi/3.272.0 " in server.only.headers["User-Agent"]


def test_json_is_asked_for(server: ScriptedServer, transport: Transport) -> None:
    server.enqueue(data_response({}))
    transport.send(GET)
    assert server.only.headers["Accept"] == "application/json"


def test_a_slash_at_the_end_of_the_base_url_is_not_doubled(
    server: ScriptedServer, make_transport: MakeTransport
) -> None:
    server.enqueue(data_response({}))
    make_transport(f"{server.url}/").send(GET)
    assert server.only.target == "/v1/x"


# The token, and that of no other tenant


def test_the_token_is_requested_again_before_every_attempt(
    server: ScriptedServer, transport: Transport
) -> None:
    tokens = iter(["first", "second"])
    server.enqueue(error_response(503), data_response({}))
    transport.send(GET, authorize=lambda: BearerAuth(next(tokens)))
    sent = [received.headers["Authorization"] for received in server.received]
    assert sent == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize("token", ["a\nb", "a\r\nX-Injected: 1", "caf\xe9", "a\N{SNOWMAN}b"])
def test_a_token_that_no_header_can_hold_is_an_error_that_does_not_show_it(
    server: ScriptedServer, transport: Transport, token: str
) -> None:
    with pytest.raises(OltError, match="characters") as caught:
        transport.send(GET, authorize=lambda: BearerAuth(token))
    assert token not in str(caught.value)
    assert server.received == []


def test_plain_http_to_this_machine_never_goes_through_a_proxy(
    server: ScriptedServer,
    elsewhere: ScriptedServer,
    transport: Transport,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", f"http://{elsewhere.host}")
    server.enqueue(data_response({}))
    transport.send(GET, authorize=bearer)
    assert elsewhere.received == []


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_never_followed(
    server: ScriptedServer,
    elsewhere: ScriptedServer,
    transport: Transport,
    status: int,
    method: str,
) -> None:
    server.enqueue(redirect(status, f"{elsewhere.url}/x"))
    with pytest.raises(RequestError, match="redirects are not followed"):
        transport.send(Request(method, "/x"), authorize=bearer)
    assert (len(server.received), elsewhere.received) == (1, [])


def test_a_redirect_names_its_target(server: ScriptedServer, transport: Transport) -> None:
    server.enqueue(redirect(302, "https://login.example/session?ticket=secret"))
    with pytest.raises(RequestError, match=r"redirect to https://login\.example;"):
        transport.send(GET)


def test_a_redirect_without_a_host_is_an_error_too(
    server: ScriptedServer, transport: Transport
) -> None:
    server.enqueue(redirect(302, "/login"))
    with pytest.raises(RequestError, match="redirect to another path"):
        transport.send(GET)


@pytest.mark.parametrize("location", ["http://[::1", "//[", "http://a:b:c/", "\xff\xfe", ""])
def test_a_redirect_to_nonsense_is_an_error_of_one_line(
    server: ScriptedServer, transport: Transport, location: str
) -> None:
    server.enqueue(redirect(302, location))
    with pytest.raises(RequestError, match="redirects are not followed"):
        transport.send(GET)


def test_the_body_of_a_redirect_is_limited_too(
    server: ScriptedServer, transport: Transport
) -> None:
    server.enqueue(redirect(302, "https://login.example/", b" " * (MAX_BODY + 1)))
    with pytest.raises(RequestError, match="over 8 MiB"):
        transport.send(GET)


# Cookies


def test_cookies_are_not_kept(server: ScriptedServer, transport: Transport) -> None:
    server.enqueue(json_response({}, Set_Cookie="session=abc; Path=/"), data_response({}))
    for _ in range(2):
        transport.send(GET)
    assert "Cookie" not in server.received[1].headers


# Connections


def test_sequential_calls_use_one_connection(server: ScriptedServer, transport: Transport) -> None:
    server.always = data_response({})
    for _ in range(10):
        transport.send(GET)
    assert server.connections == 1


@pytest.mark.parametrize(
    "response",
    [
        ScriptedResponse(204),
        error_response(404),
        redirect(302, "https://x.example/"),
        ScriptedResponse(200, b"<html>"),
    ],
    ids=["204", "404", "redirect", "not JSON"],
)
def test_a_connection_is_used_again_after(
    server: ScriptedServer, transport: Transport, response: ScriptedResponse
) -> None:
    server.enqueue(response, data_response({}))
    with suppress(OltError):
        transport.send(GET)
    transport.send(GET)
    assert server.connections == 1


@pytest.mark.parametrize("threads", [4, 12])
def test_threads_share_at_most_four_connections(
    server: ScriptedServer, transport: Transport, threads: int
) -> None:
    server.always = data_response({})
    together = threading.Barrier(threads)

    def calls() -> None:
        together.wait(10)
        for _ in range(5):
            transport.send(GET)

    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(calls) for _ in range(threads)]:
            future.result(30)
    assert len(server.received) == 5 * threads
    assert server.connections <= 4


def test_a_connection_that_the_server_closed_in_between_is_made_again(
    server: ScriptedServer, transport: Transport, sleeps: list[float]
) -> None:
    whole = ScriptedResponse(200, b"{}", {"Connection": "close"}).encoded()
    server.enqueue(Raw(whole), data_response({}))
    transport.send(GET)
    transport.send(GET)
    assert (server.connections, sleeps) == (2, [])


# Bodies


@pytest.mark.parametrize("status", [200, 201, 204])
def test_an_empty_body_is_nothing(
    server: ScriptedServer, transport: Transport, status: int
) -> None:
    server.enqueue(ScriptedResponse(status))
    assert transport.send(Request("DELETE", "/x")) is None


def test_a_body_of_just_the_limit_is_read(server: ScriptedServer, transport: Transport) -> None:
    server.enqueue(ScriptedResponse(200, b'"' + b"x" * (MAX_BODY - 2) + b'"'))
    assert len(transport.send(GET)) == MAX_BODY - 2


def chunked(size: int) -> Raw:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return Raw(head + b"%x\r\n" % size + b" " * size + b"\r\n0\r\n\r\n")


def compressed(size: int) -> ScriptedResponse:
    return ScriptedResponse(200, gzip.compress(b" " * size), {"Content-Encoding": "gzip"})


@pytest.mark.parametrize(
    "response",
    [ScriptedResponse(200, b" " * (MAX_BODY + 1)), chunked(MAX_BODY + 1), compressed(MAX_BODY + 1)],
    ids=["announced", "chunked", "compressed"],
)
def test_a_body_over_the_limit_is_not_read(
    server: ScriptedServer, transport: Transport, response: ScriptedResponse | Raw
) -> None:
    server.enqueue(response)
    with pytest.raises(RequestError, match="over 8 MiB"):
        transport.send(GET)


def test_an_error_with_a_body_over_the_limit_is_not_read(
    server: ScriptedServer, transport: Transport
) -> None:
    server.enqueue(ScriptedResponse(400, b" " * (MAX_BODY + 1)))
    with pytest.raises(RequestError, match="over 8 MiB"):
        transport.send(GET)


def test_a_body_over_the_limit_is_not_asked_for_again(
    server: ScriptedServer, transport: Transport
) -> None:
    server.always = ScriptedResponse(200, b" " * (MAX_BODY + 1))
    with pytest.raises(RequestError):
        transport.send(GET)
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "body",
    [b"<html>login</html>", b"{", b'{"data": ', b"\xff\xfe\x00", b"[" * 100_000, b"9" * 5000, b" "],
    ids=["HTML", "open", "cut", "bytes", "deep", "long number", "blank"],
)
def test_a_body_that_is_not_json_is_an_error_that_asks_for_the_address(
    server: ScriptedServer, transport: Transport, body: bytes
) -> None:
    server.enqueue(ScriptedResponse(200, body, {"Content-Type": "text/html"}))
    with pytest.raises(RequestError, match=r"not JSON \(text/html\); is http://.* the platform's"):
        transport.send(GET)


# Time


def test_a_response_that_does_not_arrive_in_time_is_given_up(
    server: ScriptedServer, make_transport: MakeTransport
) -> None:
    server.enqueue(Silent())
    with pytest.raises(RequestError, match=r"no response from 127\.0\.0\.1:\d+ within 0\.1 s"):
        make_transport(request_timeout=0.1, max_retries=0).send(GET)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    ],
    ids=["announced", "chunked", "until the end"],
)
def test_a_response_that_trickles_is_given_up(
    server: ScriptedServer, make_transport: MakeTransport, head: bytes
) -> None:
    server.enqueue(Trickle(head))
    began = time.monotonic()
    with pytest.raises(RequestError, match="took too long to arrive") as caught:
        make_transport(request_timeout=0.2, max_retries=0).send(GET)
    assert caught.value.temporary
    assert time.monotonic() - began < 10


def test_the_servers_clock_is_observed(server: ScriptedServer, transport: Transport) -> None:
    server.enqueue(json_response({}, Date="Mon, 23 Nov 2026 21:20:18 GMT"))
    transport.send(GET)
    assert transport.clock.at_least() is not None


def test_no_connection_is_made_before_the_first_call(
    server: ScriptedServer, transport: Transport
) -> None:
    assert (transport.base_url, server.connections) == (server.url, 0)


@pytest.mark.parametrize("content", [None, "", "not a certificate"])
def test_a_certificate_authority_that_cannot_be_read_is_named(
    make_transport: MakeTransport, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "authority.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigurationError, match=r"^ca_bundle .*authority\.pem"):
        make_transport("https://127.0.0.1:1/v1", ca_bundle=str(file))
