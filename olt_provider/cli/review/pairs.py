"""The application of a pair that keeps its client secret in a raise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from olt_provider.cli.preview.resources import Resource
from olt_provider.cli.preview.steps import an_id
from olt_provider.lifecycle.application.rotation import GENERATION, PAIR, TRIGGER


def partner(resource: Resource, resources: Iterable[Resource]) -> tuple[Resource, str] | None:
    """The other application of the pair of one that is rotated, and what a review states of it."""
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
