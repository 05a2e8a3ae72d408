"""The engine that runs the plugin: warnings to its user, and cancellation."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import grpc

from olt_provider.api.errors import OltError
from olt_provider.native.protocol import engine_pb2, engine_pb2_grpc
from olt_provider.provider_process import engine_is_running

LOG_SECONDS: Final = 5.0

log = logging.getLogger("olt_provider")
_urn: contextvars.ContextVar[str] = contextvars.ContextVar("urn", default="")


class Engine:
    """The engine at an address; ``None``: not known yet. Safe to share by threads."""

    def __init__(self, address: str | None = None) -> None:
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._warned: set[tuple[str, str]] = set()
        self._address = address
        self._stub: engine_pb2_grpc.EngineStub | None = None
        self._on_cancel: Callable[[], None] | None = None

    @property
    def address(self) -> str | None:
        """Host and port of the engine."""
        return self._address

    def attach(self, address: str) -> None:
        """Serve the engine at another address, which starts another run."""
        with self._lock:
            if address != self._address:
                self._address, self._stub = address, None
                self._warned.clear()
            self._cancelled.clear()

    def cancel(self) -> None:
        """Start nothing more: the user cancelled the run, or it is over."""
        self._cancelled.set()
        if self._on_cancel is not None:
            self._on_cancel()

    def on_cancel(self, call: Callable[[], None]) -> None:
        """Call this, too, when the run is cancelled."""
        self._on_cancel = call

    def check_cancelled(self) -> None:
        """Raise ``OltError`` if the run was cancelled or the engine is gone."""
        if self._cancelled.is_set():
            raise OltError("the run was cancelled, so nothing more is registered or repeated")
        if not self.is_running():
            raise OltError("the engine is gone, so nothing more is registered or repeated")

    def is_running(self) -> bool:
        """Whether the engine still accepts connections; true if its address is not known."""
        return self._address is None or engine_is_running(self._address)

    @contextmanager
    def resource(self, urn: str) -> Iterator[None]:
        """Attach the warnings of the thread to a resource."""
        token = _urn.set(urn)
        try:
            yield
        finally:
            _urn.reset(token)

    def warn(self, text: str) -> None:
        """Show a warning once: of the whole stack, or one whose text names its resource."""
        self._show("", text)

    def warn_of_resource(self, text: str) -> None:
        """Show a warning once at each resource: two tenants may have applications of one name."""
        self._show(_urn.get(), text)

    def _show(self, scope: str, text: str) -> None:
        urn = _urn.get()
        with self._lock:
            if (scope, text) in self._warned:
                return
            self._warned.add((scope, text))
            if self._stub is None and self._address is not None:
                self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(self._address))
            stub = self._stub
        if stub is None:
            log.warning("%s", text)
            return
        request = engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=text, urn=urn)
        try:
            stub.Log(request, timeout=LOG_SECONDS)
        except grpc.RpcError:
            log.warning("%s", text)
