"""The effects on client secrets: which stop working in place, and which stay valid until a date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from olt_provider.cli.preview.facts import Facts
from olt_provider.cli.preview.resources import Resource
from olt_provider.cli.preview.steps import UNKNOWN, State, an_id
from olt_provider.cli.review.findings import ADOPTED, ROTATED, DeadSecret, SecretAge
from olt_provider.lifecycle.application.rotation import GENERATION, PAIR, TRIGGER
from olt_provider.lifecycle.application.secret_age import DAYS, DUE, read
from olt_provider.lifecycle.application.secret_age import ROTATED as ROTATED_AT
from olt_provider.lifecycle.plan import Plan

LISTED: Final = frozenset({TRIGGER, DUE})
"""Inputs whose changes the review lists with the client secrets."""


def of_adoption(
    name: str, after: State, application_id: str | None, base: Facts | None
) -> DeadSecret | None:
    """Return the present secret of an application that is adopted without a declared secret."""
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


def of_update(name: str, resource: Resource, plan: Plan) -> DeadSecret | None:
    """Return the secret that the plan of an update ends; ``None`` if it stays valid.

    A secret that is due now and unchanged in the preview has become due since the preview.
    """
    old, rotation = resource.before, plan.new_secret
    if old is None or rotation is None:
        return None
    by_age = rotation.because == DAYS
    certain = rotation.because not in plan.undecided
    return DeadSecret(
        application=name,
        application_id=an_id(old.id),
        client_id=an_id(old.outputs.get("client_id")),
        why=ROTATED,
        due=_date(old.outputs.get(DUE)) if by_age and certain else "",
        certain=certain and resource.change == "updated",
    )


def age(name: str, resource: Resource) -> SecretAge | None:
    """Return the age and due date of a secret that stays valid; ``None`` if it has no due date."""
    old, new = resource.before, resource.after
    if old is None or new is None:
        return None
    due = _date({**old.outputs, **new.inputs}.get(DUE))
    if not due or new.inputs.get(DAYS) is None:
        return None
    rotated = _date(old.outputs.get(ROTATED_AT))
    return SecretAge(application=name, application_id=an_id(old.id), rotated=rotated, due=due)


def partner(resource: Resource, resources: Iterable[Resource]) -> tuple[Resource, str] | None:
    """Return the other application of the pair of a rotated one, with a note on its secret.

    ``None`` if the rotated application belongs to no pair, or the preview does not show the other.
    """
    trigger = _trigger(resource)
    generation = trigger.get(GENERATION)
    if PAIR not in trigger or not isinstance(generation, int | float):
        return None
    for other in resources:
        if other is resource or other.before is None or _trigger(other).get(PAIR) != trigger[PAIR]:
            continue
        client = an_id(other.before.outputs.get("client_id")) or "?"
        return other, (
            f"client {client} stays valid until generation {generation + 1:g} is applied, then its "
            "secret stops working"
        )
    return None


def _trigger(resource: Resource) -> Mapping[str, Any]:
    found = resource.after.inputs.get(TRIGGER) if resource.after else None
    return found if isinstance(found, Mapping) else {}


def _date(text: object) -> str:
    """Return the date of a time in a state, whose value is not trusted."""
    moment = read(text)
    return moment.date().isoformat() if moment is not None else ""
