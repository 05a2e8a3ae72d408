"""Times: their format on the wire, and the server's clock, read from ``Date`` headers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime


def format_timestamp(moment: datetime | None) -> str:
    """Format a time as the platform does: RFC 3339, UTC, milliseconds, ``Z``. ``""`` for none."""
    if moment is None:
        return ""
    text = moment.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


class ServerClock:
    """The latest ``Date`` header of a server, used instead of this machine's clock."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._seen: tuple[datetime, float] | None = None

    def observe(self, header: str | None) -> None:
        """Record the ``Date`` header of a response. An unreadable header is ignored."""
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
        """Return a time, in whole seconds, that the server's clock has certainly reached.

        ``None`` if no response has had a ``Date`` header yet.
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
