"""A real HTTP proxy on loopback that opens tunnels with CONNECT, or refuses to."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

PIECE = 64 * 1024


class ConnectProxy(ThreadingTCPServer):
    """Opens a tunnel to any requested host of this machine."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self._tls = tls
        self.refuse: int | None = None
        self.tunnels = 0
        """The number of opened tunnels."""

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.server_address[1]}"

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: the tests check the client's errors."""

    @classmethod
    @contextmanager
    def start(cls, tls: ssl.SSLContext | None = None) -> Iterator[ConnectProxy]:
        """Run one while the block runs."""
        with cls(tls) as proxy:
            thread = threading.Thread(
                target=proxy.serve_forever, kwargs={"poll_interval": 0.002}, daemon=True
            )
            thread.start()
            try:
                yield proxy
            finally:
                proxy.shutdown()
                thread.join()


class _Tunnel(StreamRequestHandler):
    server: ConnectProxy

    def handle(self) -> None:
        method, target, _ = self.rfile.readline().decode("latin-1").split()
        while self.rfile.readline().strip():
            pass
        assert method == "CONNECT", "only CONNECT is expected"
        if self.server.refuse is not None:
            if self.server.refuse:
                line = f"HTTP/1.1 {self.server.refuse} No tunnel\r\nContent-Length: 0\r\n\r\n"
                self.connection.sendall(line.encode())
            return
        host, _, port = target.rpartition(":")
        with socket.create_connection((host, int(port))) as platform:
            self.server.tunnels += 1
            self.connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            up = threading.Thread(target=_pass_on, args=(self.connection, platform), daemon=True)
            up.start()
            _pass_on(platform, self.connection)
            up.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    """Copy bytes until either side ends, and pass on how it ended."""
    try:
        while piece := source.recv(PIECE):
            target.sendall(piece)
    except OSError:
        with suppress(OSError):
            target.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
