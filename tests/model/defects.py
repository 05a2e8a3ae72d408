"""Deliberate defects that a provider of this kind is likely to have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from olt_provider.api.retry import Repeat
from olt_provider.lifecycle.application import operations as application_operations
from olt_provider.lifecycle.installation import operations as installation_operations
from olt_provider.lifecycle.plan import NewSecret, Plan, plan
from olt_provider.lifecycle.rechecks import Check, Rechecks
from olt_provider.lifecycle.run_record import RunRecord
from olt_provider.native import resources
from tests.model import stage


def rotation_first(patch: pytest.MonkeyPatch) -> None:
    """The new secret is the first step of a plan, so that a later one may still fail."""

    def first(*arguments: Any, **named: Any) -> Plan:
        made = plan(*arguments, **named)
        steps = sorted(made.steps, key=lambda step: not isinstance(step, NewSecret))
        return replace(made, steps=tuple(steps))

    patch.setattr(application_operations, "plan", first)


def not_found_means_gone(patch: pytest.MonkeyPatch) -> None:
    """A 404 counts as a deletion without a check."""
    for module in (application_operations, installation_operations):
        patch.setattr(module, "check_deletion", lambda *_args, **_kwargs: None)


def lost_registration_repeated(patch: pytest.MonkeyPatch) -> None:
    """A registration is repeated like everything else, also where its response was lost."""
    allows = Repeat.allows
    patch.setattr(Repeat, "allows", lambda _self, error: allows(Repeat.SAFELY, error))


def nothing_is_held(patch: pytest.MonkeyPatch) -> None:
    """A deletion is carried out although other resources manage the object."""
    patch.setattr(RunRecord, "holders", lambda *_args: [])


def each_process_by_itself(patch: pytest.MonkeyPatch) -> None:
    """The run record is not shared among the processes of a run."""
    patch.setattr(stage.SharedEvents, "read", lambda _self: [])


def never_released(patch: pytest.MonkeyPatch) -> None:
    """A resource that is replaced does not release the deleted application."""
    patch.setattr(RunRecord, "release", lambda *_args: None)


def every_comparison_holds(patch: pytest.MonkeyPatch) -> None:
    """Every comparison holds, also that of a refresh and that before a deletion."""
    diffed = Rechecks.diffed

    def recorded(self: Rechecks, inputs: Mapping[str, Any], *, changes: bool) -> Check:
        return diffed(self, inputs, changes=changes) or Check({}, inputs, inputs)

    patch.setattr(Rechecks, "diffed", recorded)


def record_outlives_its_run(patch: pytest.MonkeyPatch) -> None:
    """The run record of a run is still used in the next one."""
    events: list[Mapping[str, Any]] = []
    patch.setattr(stage.SharedEvents, "append", lambda _self, event: events.append(event))
    patch.setattr(stage.SharedEvents, "read", lambda _self: list(map(dict, events)))


def lost_secret_not_marked(patch: pytest.MonkeyPatch) -> None:
    """A rotation whose every response was lost leaves no mark in the state."""
    kept = resources._application
    patch.setattr(
        resources, "_application", lambda state: kept(replace(state, needs_new_secret=False))
    )
