"""Rotation by age: the age of a client secret, and its due date.

The due date is an output, and also an input that ``check`` fills in, because the engine's diff
shows only inputs. The rotation is decided by the outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from olt_provider.api.clock import format_timestamp
from olt_provider.lifecycle.values import UNKNOWN

DAYS: Final = "rotate_secret_after_days"
DUE: Final = "secret_due_at"
ROTATED: Final = "secret_rotated_at"
TOLERANCE: Final = timedelta(hours=1)
"""The longest time between the ``check`` that fills in the date and the rotation's response."""

Props = Mapping[str, Any]


def utc_now() -> datetime:
    """Return the present time in UTC, by which client secrets age."""
    return datetime.now(timezone.utc)


def read(text: object) -> datetime | None:
    """Parse a time of a state; ``None`` if there is none."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def declared_due(olds: Props, inputs: Props, *, rotates: bool, now: datetime) -> Any:
    """Return the due date that ``check`` fills in; ``None`` without rotation by age.

    The date is kept until it has passed, or until the secret is rotated for another reason.
    """
    days = inputs.get(DAYS)
    if days is None:
        return None
    if days is UNKNOWN:
        return UNKNOWN
    due = _moved_date(olds, days)
    if due is None or rotates or now >= due:
        due = now + timedelta(days=days)
    return format_timestamp(due)


def _moved_date(before: Props, days: int) -> datetime | None:
    """The last due date, moved by the change of the declared number of days."""
    due, last = read(before.get(DUE)), before.get(DAYS)
    if due is None or not isinstance(last, int | float):
        return None
    return due + timedelta(days=days - last)


def due_at(outputs: Props, days: int) -> datetime | None:
    """Return when a secret of the state is due under a declaration; ``None`` if unknown."""
    return _final_date(read(outputs.get(ROTATED)), days, _moved_date(outputs, days))


def next_due(rotated_at: str | None, days: int | None, declared: str | None) -> str | None:
    """Return the due date for the state, from the one that ``check`` has filled in."""
    if days is None:
        return None
    due = _final_date(read(rotated_at), days, read(declared))
    return None if due is None else format_timestamp(due)


def _final_date(rotated: datetime | None, days: int, declared: datetime | None) -> datetime | None:
    """The declared due date, unless the secret's known age yields another one."""
    if rotated is None:
        return declared
    exact = rotated + timedelta(days=days)
    if declared is not None and abs(declared - exact) <= TOLERANCE:
        return declared
    return exact
