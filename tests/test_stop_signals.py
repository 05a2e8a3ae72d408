"""Signals that stop a process."""

from __future__ import annotations

import os
import signal
import threading
from typing import Final

from olt_provider.stop_signals import stop_signals

TIMEOUT: Final = 30.0
NUMBER: Final = signal.SIGTERM


def test_signal_that_another_thread_receives_ends_the_wait() -> None:
    with stop_signals(NUMBER) as stopped:
        late = threading.Timer(0.1, os.kill, (os.getpid(), NUMBER))
        late.start()
        # from here on the other thread receives it, and no call of this one is interrupted
        signal.pthread_sigmask(signal.SIG_BLOCK, {NUMBER})
        try:
            stopped.settimeout(TIMEOUT)
            assert stopped.recv(1) == bytes([NUMBER])
        finally:
            late.join()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {NUMBER})


def test_handlers_are_restored() -> None:
    before = signal.getsignal(NUMBER)
    with stop_signals(NUMBER):
        assert signal.getsignal(NUMBER) != before
    assert signal.getsignal(NUMBER) == before
    assert signal.set_wakeup_fd(-1) == -1
