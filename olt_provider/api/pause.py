"""A wait that all threads of a process share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pause:
    """How long nobody should call the platform, because one caller was told to wait."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._until = 0.0

    def begin(self, seconds: float) -> None:
        """Wait for so long from now; a longer wait that has begun is kept."""
        with self._lock:
            self._until = max(self._until, self._monotonic() + seconds)

    @property
    def until(self) -> float:
        """When it ends, by the clock of this pause."""
        with self._lock:
            return self._until

    def left(self) -> float:
        """Seconds still to wait; 0 if none."""
        with self._lock:
            return max(0.0, self._until - self._monotonic())
