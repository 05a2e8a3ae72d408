"""Derive the effects on the platform from the steps of a preview: the entry point of a review."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from olt_provider.cli.preview.facts import Facts
from olt_provider.cli.preview.stack import Stack
from olt_provider.cli.preview.steps import DEFAULT_PROVIDER, Preview, Step, an_id
from olt_provider.cli.preview.types import PROVIDER
from olt_provider.cli.review import drift
from olt_provider.cli.review.access import Tenants
from olt_provider.cli.review.applications import Applications
from olt_provider.cli.review.failures import failures
from olt_provider.cli.review.findings import Affected, ProviderChange, Review
from olt_provider.cli.review.refusals import refusals
from olt_provider.lifecycle.application.secret_age import utc_now

NO_REPLACEMENT_STEPS: Final = (
    "deletions that earlier runs left over, and the order of replacements, are not shown: make the "
    "preview with --show-replacement-steps"
)
PREFIX: Final = "olt:"


def review(preview: Preview, platform: Mapping[str, Facts] | None = None) -> Review:
    """Return the effects of a preview. ``platform``: the platform's data, by application ID.

    Without it the state is used, and effects that only the platform shows are marked as uncertain.
    """
    stack_name = preview.stack
    found_drift = drift.found(preview)
    if drift.refresh_only(preview):
        return Review(
            stack=stack_name,
            failed=preview.failed,
            failures=failures(preview),
            refresh_only=True,
            drift=found_drift,
        )
    stack = Stack(preview, platform)
    found = Applications(stack, utc_now())
    tenants = Tenants(stack)
    return Review(
        stack=stack_name,
        failed=preview.failed,
        failures=failures(preview),
        replaced=tuple(found.replaced),
        deleted=tuple(found.deleted),
        inactive=tuple(found.inactive),
        dead_secrets=tuple(found.dead_secrets),
        secret_ages=tuple(found.secret_ages),
        logins=tuple(found.logins),
        loses_access=tenants.loses,
        needs_credentials=tenants.keeps,
        gains_access=tenants.gains,
        refused=refusals(stack),
        other=tuple(
            sorted(
                (*found.other, *tenants.notes, *_of_other_types(stack)),
                key=lambda each: each.application,
            )
        ),
        providers=changed_providers(preview),
        drift=found_drift,
        notes=_notes(preview),
    )


def _notes(preview: Preview) -> tuple[str, ...]:
    operations = {step.op for step in preview.steps}
    if "replace" in operations and "create-replacement" not in operations:
        return (NO_REPLACEMENT_STEPS,)
    return ()


def _of_other_types(stack: Stack) -> list[Affected]:
    note = "becomes a resource of another type, so it leaves the stack: it stays on the platform"
    return [
        Affected(application=each.name, application_id=an_id(each.before.id), note=note)
        for each in stack.of_other_types
        if each.before is not None
    ]


def changed_providers(preview: Preview) -> tuple[ProviderChange, ...]:
    """Return providers that are new, removed, or have other ``olt:`` settings, without values."""
    found = [
        (step.name, what, keys)
        for step in preview.steps
        if step.kind == PROVIDER and (what := _provider_change(step))
        for keys in [_keys(step)]
        if keys
    ]
    return tuple(
        ProviderChange(provider=name, what=what, settings=keys)
        for name, what, keys in sorted(found)
    )


def _provider_change(step: Step) -> str:
    if step.op == "same" or (DEFAULT_PROVIDER.fullmatch(step.name) and not (step.old and step.new)):
        return ""
    if step.old is None:
        return "new"
    return "removed" if step.new is None else "changed"


def _keys(step: Step) -> tuple[str, ...]:
    """Return the settings that are present, or that differ."""
    before, after = (state.inputs if state else {} for state in (step.old, step.new))
    if before and after:
        return tuple(sorted(key for key in step.changed if key.startswith(PREFIX)))
    return tuple(sorted(key for key in {**before, **after} if key.startswith(PREFIX)))
