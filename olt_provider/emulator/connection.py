"""ASGI types, and an HTTP protocol class that passes the TCP connection to the application."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

from olt_provider.emulator.journal import Journal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SCOPE_KEY: Final = "olt.connection"
_NO_LINGER: Final = struct.pack("ii", 1, 0)


class Connection:
    """One accepted TCP connection."""

    def __init__(self, transport: asyncio.Transport, number: int) -> None:
        self._transport = transport
        self.number = number

    def reset(self) -> None:
        """Close it with a TCP reset: the client loses even bytes that it has not read yet."""
        sock = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._transport.abort()

    def close(self, last: bytes = b"") -> None:
        """Close it in order, after some last bytes."""
        if last:
            self._transport.write(last)
        self._transport.close()


def protocol(journal: Journal) -> type[H11Protocol]:
    """Return a protocol class that counts its connections in a journal."""

    class CountingProtocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            connection = Connection(transport, journal.accept())
            app = self.app

            async def with_connection(scope: Any, receive: Any, send: Any) -> None:
                scope[SCOPE_KEY] = connection
                await app(scope, receive, send)

            self.app = with_connection

    return CountingProtocol
