"""Faults outside the server: a request that does not reach it, or whose response comes too late."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from requests.adapters import HTTPAdapter

from olt_provider.api import transport
from olt_provider.emulator import Fault
from olt_provider.emulator.contract import BASE_PATH
from tests.connect_proxy import ConnectProxy
from tests.faults.kinds import LIMIT, Wire

SHORT = 0.02
"""Seconds of a simulated time-out, which is really waited for."""


@contextmanager
def never_accepting() -> Iterator[int]:
    """A port of this machine that lets a connection attempt wait for ever: its queue is full."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        address = listening.getsockname()
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        yield address[1]


@contextmanager
def closed() -> Iterator[int]:
    """A port that refuses connections: it is bound, but not listening."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


class Crossing:
    """Manipulates the requests that a fault selects, before they are sent."""

    def __init__(self, closed_port: int, silent_port: int, proxy: str, refusing: str) -> None:
        self._ports = {"refused": closed_port, "connect_timeout": silent_port}
        self._proxy, self._refusing = proxy, refusing
        self._meant: Fault | None = None
        self._held: Fault | None = None
        self._wire: Wire = "refused"

    def play(self, wire: Wire, meant: Fault, held: Fault) -> None:
        """``meant`` selects the requests; ``held`` is what the emulator has for a time-out."""
        self._wire, self._meant, self._held = wire, meant, held

    def clear(self) -> None:
        self._meant = None

    def send(self, adapter: HTTPAdapter, request: requests.PreparedRequest, **how: Any) -> Any:
        meant, held = self._meant, self._held
        url = urlsplit(request.url or "")
        path = url.path.removeprefix(BASE_PATH)
        if url.scheme == "https":
            how["proxies"] = {"https": self._proxy}
        if meant is None or held is None or not meant.matches(request.method or "", path):
            return _SEND(adapter, request, **how)
        if not meant.take():
            return _SEND(adapter, request, **how)
        meant.injected()
        if self._wire == "read_timeout":
            return self._not_waited_for(held, adapter, request, how)
        if self._wire == "tunnel_refused":
            return _SEND(adapter, request, **{**how, "proxies": {"https": self._refusing}})
        request.url = urlunsplit(url._replace(netloc=f"127.0.0.1:{self._ports[self._wire]}"))
        return _SEND(adapter, request, **{**how, "timeout": (SHORT, SHORT)})

    @staticmethod
    def _not_waited_for(
        held: Fault, adapter: HTTPAdapter, request: requests.PreparedRequest, how: dict[str, Any]
    ) -> Any:
        before = held.fired
        try:
            return _SEND(adapter, request, **{**how, "timeout": (how["timeout"][0], SHORT)})
        except requests.ReadTimeout:
            held.wait_until_fired(before + 1)  # the client gives up after the change is made
            raise


_SEND = HTTPAdapter.send


@contextmanager
def crossing() -> Iterator[Crossing]:
    """All requests of this process pass by the one that is yielded."""
    with (
        closed() as refusing,
        never_accepting() as silent,
        ConnectProxy.start() as proxy,
        ConnectProxy.start() as without_tunnels,
        pytest.MonkeyPatch.context() as patch,
    ):
        without_tunnels.refuse = 502
        made = Crossing(refusing, silent, proxy.url, without_tunnels.url)

        def send(adapter: HTTPAdapter, request: requests.PreparedRequest, **how: Any) -> Any:
            return made.send(adapter, request, **how)

        patch.setattr(HTTPAdapter, "send", send)
        yield made


@pytest.fixture(scope="module", autouse=True)
def low_limit() -> Iterator[None]:
    """Lower the limit of response bodies, which saves time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport, "MAX_BODY", LIMIT)
        yield
