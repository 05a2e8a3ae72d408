"""Rotation of client secrets: when an update rotates, its warning, and the rules for pairs."""

from __future__ import annotations

import enum
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from olt_provider.api.clock import format_timestamp
from olt_provider.lifecycle.application.secret_age import DAYS, due_at
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.values import UNKNOWN, has_unknown

TRIGGER: Final = "rotate_secret_when_changed"
PAIR: Final = "olt:pair"
GENERATION: Final = "generation"
"""Keys of the rotation trigger of an application in a pair."""

Props = Mapping[str, Any]


class Rotation(enum.Enum):
    """Whether an update rotates the client secret."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


def by_trigger(before: Any, after: Any) -> Rotation:
    """Whether a changed trigger rotates the client secret. The trigger may hold unknown values.

    An application that joins a pair keeps its secret: only the trigger is recorded.
    """
    if after is UNKNOWN or (after and before is UNKNOWN):
        return Rotation.MAYBE
    last = before or {}
    if not after or joins_pair(last, after):
        return Rotation.NO
    known = {key: value for key, value in after.items() if not has_unknown((value, last.get(key)))}
    if after.keys() != last.keys() or any(last[key] != value for key, value in known.items()):
        return Rotation.YES
    return Rotation.NO if known.keys() == after.keys() else Rotation.MAYBE


def joins_pair(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the application is moved into the pair that the trigger names."""
    return PAIR in after and before.get(PAIR) != after[PAIR]


def by_age(outputs: Props, inputs: Props, now: datetime) -> Rotation:
    """Whether the client secret of the last outputs is due for rotation under checked inputs."""
    days = inputs.get(DAYS)
    if days is None:
        return Rotation.NO
    if days is UNKNOWN:
        return Rotation.MAYBE
    due = due_at(outputs, days)
    return Rotation.YES if due is not None and now >= due else Rotation.NO


def note(rotation: Rotation, outputs: Props, inputs: Props, now: datetime) -> str | None:
    """Return the warning of an update that rotates, with the client whose secret stops working."""
    name, client_id = outputs.get("name"), outputs.get("client_id")
    stops = f"the present secret of client {client_id} stops working at once"
    if rotation is Rotation.YES:
        why = _why(outputs, inputs, now)
        return f"application {name!r}: its client secret is rotated{why}, so {stops}"
    if rotation is Rotation.MAYBE:
        unknown = TRIGGER if has_unknown(inputs.get(TRIGGER)) else DAYS
        return (
            f"application {name!r}: {unknown} is not known yet, so its client secret may be "
            f"rotated, and then {stops}"
        )
    return None


def _why(outputs: Props, inputs: Props, now: datetime) -> str:
    """The dates of a rotation by age. Other reasons are in the engine's diff."""
    if by_age(outputs, inputs, now) is not Rotation.YES:
        return ""
    days = inputs[DAYS]
    due = due_at(outputs, days)
    after = format_timestamp(now + timedelta(days=days))
    return f", because it is due since {format_timestamp(due) if due else '?'} (next due {after})"


class Pairs:
    """The applications that a run rotates, at most one of each pair. Safe to share by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rotated: dict[str, dict[str, int]] = {}

    def require_next(self, id_: str, outputs: Props, inputs: Props) -> None:
        """Raise ``LifecycleError`` if both secrets of a pair would be rotated.

        This happens if the generation is lowered or skipped, and if it is raised again before an
        earlier raise has finished.
        """
        before, after = outputs.get(TRIGGER) or {}, inputs.get(TRIGGER) or {}
        if by_trigger(before, after) is not Rotation.YES or PAIR not in after:
            return
        pair, last, now = after[PAIR], before.get(GENERATION), after.get(GENERATION)
        if not isinstance(last, int | float) or not isinstance(now, int | float):
            return
        if now != last + 2:
            raise LifecycleError(
                f"generation of pair {pair!r} can only be raised by one: application {id_} was "
                f"last rotated by generation {last:g} and would be by {now:g}. Set generation to "
                "the one that the last `pulumi up` has applied, plus one"
            )
        with self._lock:
            rotated = self._rotated.setdefault(pair, {})
            rotated[id_] = int(last)
        if len(rotated) > 1:
            expected = max(rotated.values()) + 1
            raise LifecycleError(
                f"generation of pair {pair!r} can only be raised by one, because otherwise both "
                f"client secrets are rotated at once: set generation={expected} and run `pulumi "
                "up` first"
            )
