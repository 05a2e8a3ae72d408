"""The clock of the process, which decides when a client secret is due for rotation."""

from __future__ import annotations

from datetime import datetime, timezone


def now() -> datetime:
    """The present time in UTC."""
    return datetime.now(timezone.utc)
