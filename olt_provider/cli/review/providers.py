"""Changes of the providers that resources use: what a run contacts, and as whom."""

from __future__ import annotations

from olt_provider.cli.review.findings import ProviderChange
from olt_provider.cli.review.preview import DEFAULT_PROVIDER as DEFAULT
from olt_provider.cli.review.preview import PROVIDER, Preview, Step

PREFIX = "olt:"


def changed_providers(preview: Preview) -> tuple[ProviderChange, ...]:
    """Providers that are new, removed, or have other ``olt:`` settings. Names only, no value."""
    found = [
        (step.name, what, keys)
        for step in preview.steps
        if step.kind == PROVIDER and (what := _what(step))
        for keys in [_keys(step)]
        if keys
    ]
    return tuple(
        ProviderChange(provider=name, what=what, settings=keys)
        for name, what, keys in sorted(found)
    )


def _what(step: Step) -> str:
    if step.op == "same" or (DEFAULT.fullmatch(step.name) and not (step.old and step.new)):
        return ""
    if step.old is None:
        return "new"
    return "removed" if step.new is None else "changed"


def _keys(step: Step) -> tuple[str, ...]:
    """The settings that are there now, or differ."""
    before, after = (state.inputs if state else {} for state in (step.old, step.new))
    if before and after:
        return tuple(sorted(key for key in step.changed if key.startswith(PREFIX)))
    return tuple(sorted(key for key in {**before, **after} if key.startswith(PREFIX)))
