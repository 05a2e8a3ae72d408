"""Rotation by age: since when the client secret exists, and until when it may be used.

The date of the next rotation is an output, and also an input that ``check`` fills in, because the
engine's diff shows only inputs. The outputs decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from olt_provider.lifecycle.values import UNKNOWN

DAYS: Final = "rotate_secret_after_days"
DUE: Final = "secret_due_at"
ROTATED: Final = "secret_rotated_at"
TOLERANCE: Final = timedelta(hours=1)
"""Between the ``check`` that fills in the date and the response that holds the new secret."""

Props = Mapping[str, Any]


def written(moment: datetime) -> str:
    """RFC 3339 in UTC, as the other times of an application are written."""
    text = moment.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def read(text: object) -> datetime | None:
    """The time of a state; ``None`` where there is none."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def declared_due(olds: Props, inputs: Props, *, rotates: bool, now: datetime) -> Any:
    """The date that ``check`` fills in, in the form of a state; ``None``: nothing is due by age.

    It stays as it is until it has passed, or until something else rotates the secret.
    """
    days = inputs.get(DAYS)
    if days is None:
        return None
    if days is UNKNOWN:
        return UNKNOWN
    due = _moved(olds, days)
    if due is None or rotates or now >= due:
        due = now + timedelta(days=days)
    return written(due)


def _moved(before: Props, days: int) -> datetime | None:
    """The last date, moved by the days by which the declaration has changed."""
    due, last = read(before.get(DUE)), before.get(DAYS)
    if due is None or not isinstance(last, int | float):
        return None
    return due + timedelta(days=days - last)


def due_at(outputs: Props, days: int) -> datetime | None:
    """When a secret of the state is due under a declaration; ``None``: its age is not known."""
    return _settled(read(outputs.get(ROTATED)), days, _moved(outputs, days))


def next_due(rotated_at: str | None, days: int | None, declared: str | None) -> str | None:
    """The date for the state, from what ``check`` has filled in."""
    if days is None:
        return None
    due = _settled(read(rotated_at), days, read(declared))
    return None if due is None else written(due)


def _settled(rotated: datetime | None, days: int, declared: datetime | None) -> datetime | None:
    """The declared date, unless the known age of the secret makes it another one."""
    if rotated is None:
        return declared
    exact = rotated + timedelta(days=days)
    if declared is not None and abs(declared - exact) <= TOLERANCE:
        return declared
    return exact
