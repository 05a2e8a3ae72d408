"""What a preview with ``--refresh`` found changed by hand."""

from __future__ import annotations

from typing import Any

from olt_provider.cli.review.findings import Drift, an_id
from olt_provider.cli.review.preview import APPLICATION, INSTALLATION, SECRET, Preview, Step


def found(preview: Preview) -> tuple[Drift, ...] | None:
    """The drift of this package's resources; ``None`` where nothing was refreshed.

    The refresh itself tells only what was in the state. What the platform holds is the old state
    of the step that comes after it.
    """
    if not any(step.op == "refresh" for step in preview.steps):
        return None
    later = {step.urn: step for step in preview.steps if step.op not in ("refresh", "same")}
    return tuple(
        Drift(resource=step.name, what=what, name=name)
        for step in sorted(preview.steps, key=lambda step: step.urn)
        if step.op == "refresh" and step.kind in (APPLICATION, INSTALLATION)
        for what, name in _of(step, later.get(step.urn))
    )


def _of(refresh: Step, after: Step | None) -> list[tuple[str, str]]:
    if after is None or refresh.old is None:
        return []
    if after.old is None:
        return [("uninstalled" if refresh.kind == INSTALLATION else "deleted", "")]
    before, now = refresh.old.inputs, after.old.inputs
    hidden = {key for key in after.changed if before.get(key) == now.get(key) == SECRET}
    changed = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    told = _tenants(before.get("allowed_tenants"), now.get("allowed_tenants"))
    others = [key for key in changed if key != "allowed_tenants" or not told]
    return (
        [("changed:", key) for key in others if key != "__provider"]
        + told
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
