"""One deadline for a whole request, from connecting to the last byte of the response.

A socket's own time-out restarts with each byte, so a server that sends headers, chunk extensions or
trailers slowly, or ``100 Continue`` repeatedly, could keep a request open without limit. At the
deadline the connection is shut down, which ends every wait for it.
"""

from __future__ import annotations

import heapq
import os
import socket
import threading
import time
from contextlib import suppress
from typing import Any, Final

_current = threading.local()


def current() -> Deadline | None:
    """Return the deadline of the request that this thread is making."""
    deadline: Deadline | None = getattr(_current, "deadline", None)
    return deadline


class Deadline:
    """A context manager for one request. The time starts when its connection is used."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._done = False
        self._began = False
        self.ends = 0.0
        self.expired = False
        """Whether the deadline passed and the connection was shut down."""
        self.sent = False
        """Whether a part of the request may have been sent."""

    def __enter__(self) -> Deadline:
        self._outer = current()
        _current.deadline = self
        return self

    def __exit__(self, *_: object) -> None:
        _current.deadline = self._outer
        with self._lock:
            self._done = True
            self._release()

    def begin(self) -> None:
        """Start the time, unless it has started already."""
        if not self._began:
            self._began = True
            self.ends = time.monotonic() + self._seconds
            _watchdog.add(self)

    def watch(self, connected: Any) -> None:
        """Shut this socket down at the deadline, instead of the one before."""
        # of its own, because wrapping a socket in TLS, and closing it, detach the original
        copy = socket.socket(fileno=os.dup(connected.fileno()))
        with self._lock:
            self._release()
            self._socket = copy
            if self.expired:
                self._shut_down()

    def expire(self) -> None:
        """Shut the connection down, unless the request is done."""
        with self._lock:
            if not self._done:
                self.expired = True
                self._shut_down()

    def _shut_down(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it may not be connected any more
                self._socket.shutdown(socket.SHUT_RDWR)

    def _release(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _Watchdog:
    """A thread that expires deadlines. It starts with the first request."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int, Deadline]] = []
        self._count = 0
        self._thread: threading.Thread | None = None

    def add(self, deadline: Deadline) -> None:
        with self._changed:
            self._count += 1
            heapq.heappush(self._waiting, (deadline.ends, self._count, deadline))
            if self._thread is None or not self._thread.is_alive():  # none survives a fork
                self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)
                self._thread.start()
            elif self._waiting[0][2] is deadline:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            self._next().expire()

    def _next(self) -> Deadline:
        with self._changed:
            while True:
                left = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if left is not None and left <= 0:
                    return heapq.heappop(self._waiting)[2]
                self._changed.wait(left)


NAME: Final = "olt-deadlines"
_watchdog = _Watchdog()
