"""The platform's clock, as its responses show it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime


class ServerClock:
    """Keeps the latest ``Date`` header, so that no comparison needs this machine's clock."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._seen: tuple[datetime, float] | None = None

    def observe(self, header: str | None) -> None:
        """Record a response's ``Date`` header. An unreadable one is ignored."""
        if not header:
            return
        try:
            date = parsedate_to_datetime(header)
            date = date.replace(tzinfo=date.tzinfo or timezone.utc).astimezone(timezone.utc)
        except (ValueError, OverflowError):
            return
        with self._lock:
            self._seen = (date, self._monotonic())

    def at_least(self) -> datetime | None:
        """A time that the platform's clock has certainly reached, to the second.

        ``None`` if no response has carried a ``Date`` yet.
        """
        with self._lock:
            seen = self._seen
        if seen is None:
            return None
        date, at = seen
        try:
            return (date + timedelta(seconds=self._monotonic() - at)).replace(microsecond=0)
        except OverflowError:  # the last second that a calendar has
            return date
