"""Times as the platform writes them."""

from __future__ import annotations

from datetime import datetime, timezone


def now() -> str:
    """The time in RFC 3339: UTC, milliseconds, ``Z``."""
    written = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    return written.replace("+00:00", "Z")
