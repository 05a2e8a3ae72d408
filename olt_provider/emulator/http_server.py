"""The HTTP server (uvicorn), adapted to run in one thread of a process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import Final

import uvicorn

from olt_provider.emulator.app import create_app
from olt_provider.emulator.connection import protocol
from olt_provider.emulator.state import State

STOP_SECONDS: Final = 10
KEEP_ALIVE_SECONDS: Final = 75
"""Seconds that an idle connection stays open, as with common gateways."""


class Server(uvicorn.Server):
    """Signals when it is ready, and stops without waiting for clients."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()
        """Set once it accepts connections."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await self.on_tick(0)  # the Date header for the first responses
        await super().startup(sockets)
        self.up.set()

    async def main_loop(self) -> None:
        tick = 0
        while not await self.on_tick(tick) and self._stop is not None:
            tick += 1
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stop.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listening in sockets or ():
            listening.close()
        self._abort_all()
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS / 2)

    def drop_connections(self) -> None:
        """Close all connections, from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._abort_all)

    def _abort_all(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    def stop(self) -> None:
        """Stop the server, from any thread."""
        self.should_exit = True
        if self._loop is not None and self._stop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has already ended
                self._loop.call_soon_threadsafe(self._stop.set)


def listening(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises ``OSError`` for a port that is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Explicit, because asyncio sets TCP_NODELAY only on sockets with this protocol number.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(1024)
    except BaseException:
        bound.close()
        raise
    return bound


def configured(state: State, tls: tuple[str, str] | None) -> uvicorn.Config:
    """Return the server's configuration; ``tls`` is certificate and key file.

    Raises ``OSError`` if they cannot be used.
    """
    config = uvicorn.Config(
        create_app(state),
        http=protocol(state.journal),
        ws="none",
        loop="asyncio",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        ssl_certfile=tls[0] if tls else None,
        ssl_keyfile=tls[1] if tls else None,
    )
    config.load()  # checked here, because the server's thread could not report it
    return config
