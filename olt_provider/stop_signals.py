"""Waiting for the signals that stop a process, without losing one."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType


@contextmanager
def stop_signals(*numbers: int) -> Iterator[socket.socket]:
    """Yield a socket to receive the number of a signal from, as a byte, while the block runs.

    The interpreter writes to the socket as soon as a signal arrives. A handler would run only after
    the present call of the main thread. If the signal arrives just before a call that waits, or in
    another thread, that call does not return. Only the main thread can use this.
    """
    receiving, sending = socket.socketpair()
    with receiving, sending:
        sending.setblocking(False)
        before = {number: signal.signal(number, _ignore) for number in numbers}
        previous = signal.set_wakeup_fd(sending.fileno())
        try:
            yield receiving
        finally:
            signal.set_wakeup_fd(previous)
            for number, handler in before.items():
                signal.signal(number, handler)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Do nothing. Unlike ``SIG_IGN`` it lets the interpreter write to the socket."""
