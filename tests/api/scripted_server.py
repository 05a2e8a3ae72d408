"""A real HTTP/1.1 server on loopback that returns the responses of a script, faults included."""

from __future__ import annotations

import json
import os
import socket
import ssl
import struct
import threading
from collections import deque
from dataclasses import dataclass, field
from email.message import Message
from http.client import parse_headers
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Received:
    """A received request. ``connection`` counts the connections from 1."""

    method: str
    target: str
    headers: Message
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True))


@dataclass(frozen=True)
class ScriptedResponse:
    """A complete response. The connection stays open."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        headers = dict(self.headers)
        if self.status not in {204, 304}:
            headers.setdefault("Content-Length", str(len(self.body)))
        lines = [f"HTTP/1.1 {self.status} Scripted", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


def json_response(value: object, status: int = 200, **headers: str) -> ScriptedResponse:
    """``value`` as JSON; a header ``Retry_After`` is sent as ``Retry-After``."""
    named = {key.replace("_", "-"): text for key, text in headers.items()}
    return ScriptedResponse(
        status, json.dumps(value).encode(), {"Content-Type": "application/json", **named}
    )


def data_response(value: object, status: int = 200) -> ScriptedResponse:
    """The platform's envelope of a single object, or of a list without ``meta``."""
    return json_response({"data": value}, status)


def list_response(*items: object) -> ScriptedResponse:
    """The platform's envelope of a list whose only page this is."""
    return json_response({"data": items, "meta": {"page": 0, "pageSize": 100}})


def error_response(
    status: int, code: str = "CODE", message: str = "reason", **headers: str
) -> ScriptedResponse:
    """The platform's error envelope."""
    return json_response({"errorCode": code, "errorMessage": message}, status, **headers)


@dataclass(frozen=True)
class Raw:
    """Bytes that are sent unchanged, HTTP or not; then the connection closes."""

    data: bytes


@dataclass(frozen=True)
class Closed:
    """The connection closes before any response."""


@dataclass(frozen=True)
class Reset:
    """The connection is reset before any response."""


@dataclass(frozen=True)
class Silent:
    """No response. The connection stays open until the client or the server closes it."""


@dataclass(frozen=True)
class Trickle:
    """Some bytes, then one byte (or ``drip``) after the other without an end."""

    head: bytes
    pause: float = 0.005
    drip: bytes = b" "


Scripted = ScriptedResponse | Raw | Closed | Reset | Silent | Trickle
EXHAUSTED = error_response(500, "SCRIPT_EXHAUSTED", "the script has no further response")


class ScriptedServer(ThreadingTCPServer):
    """Responds to requests by a script, in order, and records them."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._tls = tls
        self._lock = threading.Lock()
        self._script: deque[Scripted] = deque()
        self.always: Scripted = EXHAUSTED
        self.received: list[Received] = []
        self.connections = 0
        self.leaving = threading.Event()
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.002}, daemon=True
        )

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leaving.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def url(self) -> str:
        """A base URL with a path, as the platform's has one."""
        return f"{'https' if self._tls else 'http'}://{self.host}/v1"

    def enqueue(self, *script: Scripted) -> None:
        """Append to the script."""
        with self._lock:
            self._script.extend(script)

    @property
    def only(self) -> Received:
        """The one request that arrived."""
        assert len(self.received) == 1, f"{len(self.received)} requests arrived, not one"
        return self.received[0]

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        if self._tls is not None:
            connection.settimeout(5)
            connection = self._tls.wrap_socket(connection, server_side=True)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing: what matters is what the client makes of it."""

    def connected(self) -> int:
        with self._lock:
            self.connections += 1
            return self.connections

    def take(self, received: Received) -> Scripted:
        with self._lock:
            self.received.append(received)
            return self._script.popleft() if self._script else self.always


class _Handler(StreamRequestHandler):
    server: ScriptedServer

    def handle(self) -> None:
        number = self.server.connected()
        try:
            while (received := self._receive(number)) is not None:
                if not self._respond(self.server.take(received)):
                    return
        except OSError:
            return  # the client left

    def _receive(self, connection: int) -> Received | None:
        line = self.rfile.readline().decode("latin-1").split()
        if len(line) != 3:
            return None
        headers = parse_headers(self.rfile)
        body = self.rfile.read(int(headers.get("Content-Length", 0)))
        return Received(line[0], line[1], headers, body, connection)

    def _respond(self, response: Scripted) -> bool:
        """Send it; whether the connection stays open."""
        if isinstance(response, ScriptedResponse):
            self.connection.sendall(response.encoded())
            return True
        if isinstance(response, Raw):
            self.connection.sendall(response.data)
        elif isinstance(response, Reset):
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            os.close(self.connection.detach())
        elif isinstance(response, Silent):
            self.server.leaving.wait(30)
        elif isinstance(response, Trickle):
            self._trickle(response)
        return False

    def _trickle(self, response: Trickle) -> None:
        self.connection.sendall(response.head)
        for _ in range(5000):
            if self.server.leaving.wait(response.pause):
                return
            self.connection.sendall(response.drip)
