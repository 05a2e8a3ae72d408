"""Client secrets that end in place: rotated, or replaced by an adoption."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from olt_provider.cli.preview.facts import HIDDEN, Facts, checked
from olt_provider.cli.preview.resources import Resource
from olt_provider.cli.preview.steps import SECRET, UNKNOWN, State, an_id
from olt_provider.cli.review.findings import ADOPTED, ROTATED, DeadSecret, SecretAge
from olt_provider.lifecycle import values
from olt_provider.lifecycle.application import rotation, secret_age
from olt_provider.lifecycle.application.rotation import TRIGGER, Rotation
from olt_provider.lifecycle.application.secret_age import DAYS, DUE

LISTED: Final = frozenset({TRIGGER, DUE})
"""Inputs whose changes are listed with the client secrets."""


def of_adoption(
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


def of_update(name: str, resource: Resource, now: datetime) -> DeadSecret | None:
    """The secret that a changed trigger ends, or its age; ``None`` where it stays valid."""
    old, new = resource.before, resource.after
    if old is None or new is None:
        return None
    by_trigger, by_age = _by_trigger(resource, old, new), _by_age(resource, old, new, now)
    found = max(by_trigger, by_age, key=list(Rotation).index)
    if found is Rotation.NO:
        return None
    due = _date(old.outputs.get(DUE)) if by_trigger is not Rotation.YES and by_age is found else ""
    return DeadSecret(
        application=name,
        application_id=an_id(old.id),
        client_id=an_id(old.outputs.get("client_id")),
        why=ROTATED,
        due=due,
        certain=found is Rotation.YES,
    )


def _by_trigger(resource: Resource, old: State, new: State) -> Rotation:
    before, after = ({**old.inputs, **old.outputs}.get(TRIGGER), new.inputs.get(TRIGGER))
    if TRIGGER not in resource.keys or not after:
        return Rotation.NO
    if after in HIDDEN or not isinstance(after, Mapping):
        return Rotation.MAYBE
    last = before if isinstance(before, Mapping) else {}
    found = rotation.by_trigger(last, checked(after))
    # two secret values look alike, and one of them has changed
    return Rotation.YES if found is Rotation.NO and SECRET in after.values() else found


def _by_age(resource: Resource, old: State, new: State, now: datetime) -> Rotation:
    """What is due now and does not change in the preview has become due since it was made."""
    try:
        found = rotation.by_age(old.outputs, _days(new), now)
    except OverflowError:  # a date that no provider writes
        return Rotation.MAYBE
    shown = resource.change == "updated" or found is Rotation.NO
    return found if shown else Rotation.MAYBE


def _days(state: State) -> dict[str, Any]:
    """The declared days, as far as they are a number of days or unknown."""
    days = state.inputs.get(DAYS)
    if days in HIDDEN:
        return {DAYS: values.UNKNOWN}
    if not isinstance(days, int | float) or isinstance(days, bool):
        return {}
    return {DAYS: days} if 0 < days <= values.MOST_DAYS else {}


def age(name: str, resource: Resource) -> SecretAge | None:
    """Since when a secret exists that stays valid, and its due date; ``None``: it has none."""
    old, new = resource.before, resource.after
    if old is None or new is None:
        return None
    due = _date({**old.outputs, **new.inputs}.get(DUE))
    if not due or not _days(new):
        return None
    rotated = _date(old.outputs.get(secret_age.ROTATED))
    return SecretAge(application=name, application_id=an_id(old.id), rotated=rotated, due=due)


def _date(text: object) -> str:
    """The date of a time in a state, which may hold anything."""
    moment = secret_age.read(text)
    return moment.date().isoformat() if moment is not None else ""
