"""Client secrets that end in place: rotated, or replaced by an adoption."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from olt_provider.cli.review.facts import HIDDEN, Facts
from olt_provider.cli.review.findings import ADOPTED, ROTATED, DeadSecret, an_id
from olt_provider.cli.review.preview import SECRET, UNKNOWN, State

TRIGGER: Final = "rotate_secret_when_changed"


def secret_of_adoption(
    name: str, after: State, application_id: str | None, base: Facts | None
) -> DeadSecret | None:
    """The secret of an application that is adopted, unless its secret is declared."""
    adopt = after.inputs.get("adopt")
    shown = isinstance(adopt, Mapping)
    secret = adopt.get("client_secret") if isinstance(adopt, Mapping) else UNKNOWN
    if secret not in (None, "", UNKNOWN):
        return None
    return DeadSecret(
        application=name,
        application_id=application_id,
        client_id=base.client_id if base is not None else None,
        why=ADOPTED,
        certain=shown and secret != UNKNOWN,
    )


def secret_of_update(name: str, old: State, new: State) -> DeadSecret | None:
    """The secret that a changed trigger ends; ``None`` where the trigger is empty."""
    trigger = new.inputs.get(TRIGGER)
    if not trigger:
        return None
    return DeadSecret(
        application=name,
        application_id=an_id(old.id),
        client_id=an_id(old.outputs.get("client_id")),
        why=ROTATED,
        certain=_differs({**old.inputs, **old.outputs}.get(TRIGGER), trigger),
    )


def _differs(before: Any, after: Any) -> bool:
    """Whether two triggers certainly differ. The caller has made sure that something changes."""
    if after in HIDDEN:
        return False
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return not _holds_unknown(after)
    if not _holds_unknown(after) or before.keys() != after.keys():
        return True
    return any(
        before[key] != value and not _holds_unknown(value) and SECRET not in (value, before[key])
        for key, value in after.items()
    )


def _holds_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_unknown, value.values()))
    if isinstance(value, list):
        return any(map(_holds_unknown, value))
    return bool(value == UNKNOWN)
