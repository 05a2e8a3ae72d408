"""The journal: the requests that the emulator received."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

MAX_CALLS: Final = 200_000
"""The number of calls that are kept; the oldest are dropped."""


@dataclass(frozen=True)
class Call:
    """A recorded request, without anything that may be secret."""

    method: str
    path: str
    """The path without ``/v1``; a path that the contract lacks is kept whole."""
    query: str
    template: str | None
    """The route, such as ``/applications/{applicationId}``; None if the contract lacks the path."""
    status: int | None
    """The response's status; None without a response."""
    tenant: str | None
    """The tenant of the request: the token's claim, verified or not, or the header."""
    connection: int
    """Counts the TCP connections since the start, from 1."""
    client_port: int
    user_agent: str
    fault: str | None
    """The kind of the fault that was injected, if any."""
    started: float
    """``time.monotonic()`` when the request was received."""
    seconds: float
    """The duration in seconds."""


class Journal:
    """The calls since it was last cleared, in the order they ended, and the requests in flight."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._calls: deque[Call] = deque(maxlen=MAX_CALLS)
        self._in_flight = 0
        self._accepted = 0
        self._before = 0

    @property
    def calls(self) -> list[Call]:
        """A copy of the calls."""
        with self._changed:
            return list(self._calls)

    @property
    def in_flight(self) -> int:
        """The number of requests in flight."""
        with self._changed:
            return self._in_flight

    @property
    def connections(self) -> int:
        """The number of TCP connections accepted since it was last cleared."""
        with self._changed:
            return self._accepted - self._before

    def clear(self) -> None:
        """Remove the calls, and count connections from 0."""
        with self._changed:
            self._calls.clear()
            self._before = self._accepted

    def accept(self) -> int:
        """Count a TCP connection and return its number."""
        with self._changed:
            self._accepted += 1
            return self._accepted

    def begin(self) -> None:
        """Record the start of a request."""
        with self._changed:
            self._in_flight += 1

    def end(self, call: Call) -> None:
        """Record the end of a request, with or without a response."""
        with self._changed:
            self._in_flight -= 1
            self._calls.append(call)
            self._changed.notify_all()

    def wait_until_idle(self, timeout: float) -> bool:
        """Wait until no request is in flight; False after ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._in_flight == 0, timeout)
