"""A deadline for the whole request, and a limit on the decoded body."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import tracemalloc
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme
from requests.auth import AuthBase

from olt_provider.api.deadline import NAME, Deadline
from olt_provider.api.errors import OltError, RequestError
from olt_provider.api.request import Request
from olt_provider.api.retry import Repeat
from olt_provider.api.transport import MAX_BODY, NoAuth
from tests.api.conftest import MakeTransport
from tests.api.scripted_server import ScriptedResponse, ScriptedServer, Trickle, data_response

GET = Request("GET", "/x")
POST = Request("POST", "/x", repeat=Repeat.IF_UNSENT)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

NO_HEADERS = {
    "status line": Trickle(b"HTTP/1.1 2", drip=b"0"),
    "name of a header": Trickle(OK + b"X-", drip=b"y"),
    "value of a header": Trickle(OK + b"X-Y: ", drip=b"z"),
    "100 Continue": Trickle(b"", drip=b"HTTP/1.1 100 Continue\r\n\r\n"),
    "100 Continue with headers": Trickle(b"HTTP/1.1 100 Continue\r\n", drip=b"X: y\r\n"),
    "102 Processing": Trickle(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 ", drip=b"x"),
}
NO_END = {
    "announced body": Trickle(OK + b"Content-Length: 100000\r\n\r\n"),
    "chunk": Trickle(CHUNKED + b"fffff\r\n"),
    "length of a chunk": Trickle(CHUNKED, drip=b"0"),
    "chunk extension": Trickle(CHUNKED + b"5;", drip=b"x"),
    "chunks": Trickle(CHUNKED, drip=b"1;x=y\r\n \r\n"),
    "trailers": Trickle(CHUNKED + b"2\r\n{}\r\n0\r\n", drip=b"X-Y: z\r\n"),
    "one trailer": Trickle(CHUNKED + b"2\r\n{}\r\n0\r\nX-Y:", drip=b"z"),
    "until the end": Trickle(OK + b"Connection: close\r\n\r\n{}"),
    "compressed": Trickle(
        OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10],
        drip=b"\x00\x00\x00\xff\xff",  # an empty block that is not the last
    ),
    "of an error": Trickle(b"HTTP/1.1 500 Oh\r\nContent-Length: 100000\r\n\r\n"),
    "of a redirect": Trickle(b"HTTP/1.1 302 Oh\r\nLocation: /x\r\n\r\n"),
}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return str(file)


@pytest.fixture(params=["http", "https"])
def served(request: pytest.FixtureRequest, authority: trustme.CA) -> Iterator[ScriptedServer]:
    context = None
    if request.param == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
    with ScriptedServer(context) as scripted:
        yield scripted


# The server drips for 25 s and leaves then, which would be another error than that of the deadline


@pytest.mark.parametrize("response", NO_HEADERS.values(), ids=NO_HEADERS)
def test_headers_that_do_not_end_are_given_up(
    served: ScriptedServer, make_transport: MakeTransport, bundle: str, response: Trickle
) -> None:
    served.enqueue(response)
    with pytest.raises(RequestError, match=r"no response from 127.* within 0\.3 s") as caught:
        make_transport(served.url, ca_bundle=bundle, request_timeout=0.3, max_retries=0).send(POST)
    assert caught.value.temporary
    assert caught.value.may_have_changed


@pytest.mark.parametrize("response", NO_END.values(), ids=NO_END)
def test_a_body_that_does_not_end_is_given_up(
    served: ScriptedServer, make_transport: MakeTransport, bundle: str, response: Trickle
) -> None:
    served.enqueue(response)
    with pytest.raises(RequestError, match="took too long to arrive") as caught:
        make_transport(served.url, ca_bundle=bundle, request_timeout=0.8, max_retries=0).send(GET)
    assert caught.value.temporary


def test_what_is_given_up_is_repeated_on_a_new_connection(
    served: ScriptedServer, make_transport: MakeTransport, bundle: str, sleeps: list[float]
) -> None:
    served.enqueue(NO_END["trailers"], data_response("hello"))
    transport = make_transport(served.url, ca_bundle=bundle, request_timeout=0.5)
    assert transport.send(GET) == {"data": "hello"}
    assert served.connections == 2
    assert len(sleeps) == 1


class Dripping:
    """A server that takes connections and drips bytes that are no response."""

    def __init__(self, head: bytes, drip: bytes) -> None:
        self._head, self._drip = head, drip
        self._leaving = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.port = self._socket.getsockname()[1]

    def __enter__(self) -> Dripping:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        self._socket.settimeout(20)
        connected, _ = self._socket.accept()
        with connected:
            connected.recv(65536)
            try:
                connected.sendall(self._head)
                while not self._leaving.wait(0.005):
                    connected.sendall(self._drip)
            except OSError:
                return


def test_a_tls_handshake_that_does_not_end_is_given_up(make_transport: MakeTransport) -> None:
    with Dripping(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03", b"\x00") as server:
        url = f"https://127.0.0.1:{server.port}/v1"
        with pytest.raises(RequestError, match=r"no connection to 127.* within 0\.3 s") as caught:
            make_transport(url, request_timeout=0.3, max_retries=0).send(POST)
    assert not caught.value.may_have_changed


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-Y: ", b"HTTP/1.1 2"])
def test_a_proxy_that_does_not_respond_is_given_up(
    make_transport: MakeTransport, monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    with Dripping(head, b"0") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        transport = make_transport("https://127.0.0.1:1/v1", request_timeout=0.3, max_retries=0)
        with pytest.raises(RequestError, match=r"no connection to 127.* within 0\.3 s") as caught:
            transport.send(POST)
    assert not caught.value.may_have_changed


def test_waiting_for_a_free_connection_does_not_count(
    server: ScriptedServer, make_transport: MakeTransport
) -> None:
    busy = Deadline(1000)
    with busy:
        assert not busy.expired
    server.always = data_response("hello")
    transport = make_transport(request_timeout=1.0, max_retries=0)
    with ThreadPoolExecutor(16) as pool:
        responses = [pool.submit(transport.send, GET) for _ in range(64)]
        assert {each.result(30)["data"] for each in responses} == {"hello"}


def test_request_that_waited_for_a_connection_is_not_sent_after_the_run_was_cancelled(
    server: ScriptedServer, make_transport: MakeTransport
) -> None:
    cancelled, waiting = threading.Event(), threading.Event()

    class Connections(threading.BoundedSemaphore):
        def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
            if blocking:
                waiting.set()
            return super().acquire(blocking, timeout)

    def wait(_seconds: float) -> None:
        if cancelled.is_set():
            raise OltError("the run was cancelled")

    first_is_authorized, release = threading.Event(), threading.Event()

    def hold() -> AuthBase:
        first_is_authorized.set()
        assert release.wait(30)
        return NoAuth()

    server.always = data_response("hello")
    transport = make_transport(sleep=wait)
    transport._free = Connections(1)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(transport.send, GET, authorize=hold)
        assert first_is_authorized.wait(30)
        cancelled.set()
        second = pool.submit(transport.send, POST)
        assert waiting.wait(30)
        release.set()
        assert first.result(30)["data"] == "hello"
        with pytest.raises(OltError, match="the run was cancelled"):
            second.result(30)
    assert [each.method for each in server.received] == ["GET"]


def test_one_thread_keeps_all_deadlines(
    server: ScriptedServer, make_transport: MakeTransport
) -> None:
    server.always = data_response("hello")
    for _ in range(20):
        make_transport().send(GET)
    assert [each.name for each in threading.enumerate()].count(NAME) == 1


def test_a_request_that_ended_in_time_is_never_cut(
    server: ScriptedServer, make_transport: MakeTransport
) -> None:
    server.always = data_response("hello")
    transport = make_transport(request_timeout=0.2)
    for _ in range(300):
        transport.send(GET)
    assert server.connections <= 2


# What a body decodes to


def coded(body: bytes, coding: str) -> ScriptedResponse:
    return ScriptedResponse(200, body, {"Content-Encoding": coding})


def deflated(body: bytes, bits: int) -> bytes:
    compressor = zlib.compressobj(wbits=bits)
    return compressor.compress(body) + compressor.flush()


HELLO = b'{"data": "hello"}'
READABLE = {
    "gzip": coded(gzip.compress(HELLO), "gzip"),
    "x-gzip": coded(gzip.compress(HELLO), "X-GZIP"),
    "two members": coded(gzip.compress(HELLO[:5]) + gzip.compress(HELLO[5:]), "gzip"),
    "deflate": coded(deflated(HELLO, zlib.MAX_WBITS), "deflate"),
    "bare deflate": coded(deflated(HELLO, -zlib.MAX_WBITS), "deflate"),
    "identity": coded(HELLO, "identity"),
    "nothing named": coded(HELLO, " , "),
    "twice": coded(gzip.compress(gzip.compress(HELLO)), "gzip, gzip"),
    "both": coded(gzip.compress(deflated(HELLO, zlib.MAX_WBITS)), "deflate,gzip"),
}


@pytest.mark.parametrize("response", READABLE.values(), ids=READABLE)
def test_a_compressed_body_is_read(
    server: ScriptedServer, make_transport: MakeTransport, response: ScriptedResponse
) -> None:
    server.enqueue(response, data_response("again"))
    transport = make_transport(max_retries=0)
    assert transport.send(GET) == {"data": "hello"}
    transport.send(GET)
    assert server.connections == 1


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
def test_an_empty_body_needs_no_coding(
    server: ScriptedServer, make_transport: MakeTransport, coding: str
) -> None:
    server.enqueue(ScriptedResponse(204, b"", {"Content-Encoding": coding}))
    assert make_transport(max_retries=0).send(Request("DELETE", "/x")) is None


UNREADABLE = {
    "cut off": coded(gzip.compress(HELLO)[:-10], "gzip"),
    "not compressed": coded(HELLO, "gzip"),
    "cut off deflate": coded(deflated(HELLO, zlib.MAX_WBITS)[:-6], "deflate"),
    "unknown": coded(HELLO, "br"),
    "unknown below": coded(gzip.compress(HELLO), "zstd, gzip"),
    "many": coded(HELLO, "gzip, gzip, gzip, gzip"),
}


@pytest.mark.parametrize("response", UNREADABLE.values(), ids=UNREADABLE)
def test_a_body_that_cannot_be_decoded_is_an_error(
    server: ScriptedServer, make_transport: MakeTransport, response: ScriptedResponse
) -> None:
    server.enqueue(response)
    with pytest.raises(RequestError, match="unreadable response from 127") as caught:
        make_transport(max_retries=0).send(GET)
    assert not caught.value.temporary


def bomb(levels: int) -> bytes:
    body = b"\0" * (8 * MAX_BODY)
    for _ in range(levels):
        body = gzip.compress(body, 9)
    return body


@pytest.mark.parametrize(
    "coding", ["gzip", "gzip, gzip", "gzip, gzip, gzip"], ids=["once", "twice", "three times"]
)
def test_a_small_body_that_decodes_to_a_large_one_takes_no_memory(
    server: ScriptedServer, make_transport: MakeTransport, coding: str
) -> None:
    body = bomb(coding.count("gzip"))
    server.enqueue(coded(body, coding))
    transport = make_transport(max_retries=0)
    tracemalloc.start()
    try:
        with pytest.raises(RequestError, match="over 8 MiB"):
            transport.send(GET)
        assert tracemalloc.get_traced_memory()[1] < 4 * MAX_BODY
    finally:
        tracemalloc.stop()


def test_members_without_content_end_too(
    server: ScriptedServer, make_transport: MakeTransport
) -> None:
    empty = gzip.compress(b"")
    server.enqueue(coded(empty * (MAX_BODY // len(empty) + 1), "gzip"))
    with pytest.raises(RequestError, match="over 8 MiB"):
        make_transport(max_retries=0).send(GET)
