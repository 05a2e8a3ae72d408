"""Drift: manual changes in a preview with ``--refresh``, or of a refresh."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from olt_provider.cli.preview.steps import (
    SECRET,
    Preview,
    State,
    Step,
    an_id,
)
from olt_provider.cli.preview.types import APPLICATION, INSTALLATION
from olt_provider.cli.review.findings import Drift
from olt_provider.lifecycle.application.secret_age import DUE

OURS = (APPLICATION, INSTALLATION)
OWN = ("__provider", DUE)
"""Inputs of the provider that are not properties of the platform."""


def refresh_only(preview: Preview) -> bool:
    """Whether it is a preview of ``pulumi refresh``, which changes the state only.

    Its updates have outputs. The updates of a program have none before they are made.
    """
    operations = {step.op for step in preview.steps}
    if not operations <= {"same", "refresh", "update", "delete", "read"}:
        return False
    refreshed = {step.urn for step in preview.steps if step.op == "refresh"}
    changed = [step for step in preview.steps if step.op in ("update", "delete")]
    updated = [step for step in changed if step.op == "update" and step.kind in OURS]
    read = [step for step in updated if step.new is not None and step.new.outputs]
    # a resource that is refreshed and then changed by a program has both steps
    if read != updated or any(step.urn in refreshed for step in changed):
        return False
    return bool(read or refreshed)


def found(preview: Preview) -> tuple[Drift, ...] | None:
    """Return the drift of this package's resources; ``None`` if nothing was refreshed."""
    only = refresh_only(preview)
    if not only and not any(step.op == "refresh" for step in preview.steps):
        return None
    pairs = _of_refresh(preview) if only else _before_others(preview)
    return tuple(
        Drift(resource=step.name, what=what, name=name)
        for step, before, now, keys in sorted(pairs, key=lambda pair: pair[0].urn)
        for what, name in _differences(step, before, now, keys)
    )


Pair = tuple[Step, State, State | None, set[str]]
"""A step, the state before, the state on the platform, and the inputs that changed."""


def _of_refresh(preview: Preview) -> Iterator[Pair]:
    for step in preview.steps:
        if step.kind in OURS and step.op in ("update", "delete") and step.old is not None:
            yield step, step.old, step.new, step.changed


def _before_others(preview: Preview) -> Iterator[Pair]:
    """Read the platform's state from the next step, because a refresh step does not contain it."""
    later: dict[str, Step] = {}
    for step in preview.steps:
        if step.op != "refresh" and not (step.old is not None and step.old.marked):
            later.setdefault(step.urn, step)
    for step in preview.steps:
        if step.op != "refresh" or step.kind not in OURS or step.old is None:
            continue
        after = later.get(step.urn)
        if after is not None:
            yield step, step.old, after.old, after.changed


def _differences(
    step: Step, old: State, new: State | None, keys: set[str]
) -> list[tuple[str, str]]:
    if new is None:
        return [("uninstalled" if step.kind == INSTALLATION else "deleted", "")]
    before, now = old.inputs, new.inputs
    hidden = {key for key in keys if before.get(key) == now.get(key) == SECRET}
    changed = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    tenants = _tenants(before.get("allowed_tenants"), now.get("allowed_tenants"))
    others = [key for key in changed if key != "allowed_tenants" or not tenants]
    return (
        [("changed:", key) for key in others if key not in OWN]
        + tenants
        + [("may have changed, but is secret:", key) for key in sorted(hidden)]
    )


def _tenants(before: Any, now: Any) -> list[tuple[str, str]]:
    if not isinstance(before, dict) or not isinstance(now, dict):
        return []
    verbs = (
        ("allowed tenant", now.keys() - before.keys()),
        ("revoked tenant", before.keys() - now.keys()),
        (
            "changed the comment of tenant",
            {t for t in before.keys() & now.keys() if before[t] != now[t]},
        ),
    )
    return [(verb, an_id(tenant) or "?") for verb, tenants in verbs for tenant in sorted(tenants)]
