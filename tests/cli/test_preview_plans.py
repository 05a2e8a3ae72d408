"""The lifecycle's plan of an update, derived from a preview."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any, Final

import pytest

from olt_provider.cli.preview.plans import plan_of_tenants, plan_of_update
from olt_provider.cli.preview.resources import Resource, resources_of
from olt_provider.cli.preview.steps import SECRET, UNKNOWN, read_preview
from olt_provider.emulator import TENANT_A, TENANT_B
from olt_provider.lifecycle.plan import Allow, NewSecret, Patch, Plan, Revoke

NOW: Final = datetime(2026, 4, 11, tzinfo=timezone.utc)
URN: Final = "urn:pulumi:dev::test::pulumi-python:dynamic/olt:OltApplication::app"
APP: Final = {"name": "app", "tenant_id": TENANT_A}


def _resource(before: dict[str, Any], after: dict[str, Any]) -> Resource:
    old = {"id": TENANT_B, "inputs": APP, "outputs": {**APP, **before}}
    new = {"inputs": {**APP, **after}}
    keys = {key: {"kind": "update"} for key in {*before, *after} if key in after}
    step = {"op": "update", "urn": URN, "oldState": old, "newState": new, "detailedDiff": keys}
    (found,) = resources_of(read_preview(json.dumps({"steps": [step], "changeSummary": {}})))
    return found


def _plan(before: dict[str, Any], after: dict[str, Any]) -> Plan:
    return plan_of_update(_resource(before, after), NOW)


def test_plan_holds_each_call_of_an_update() -> None:
    before = {"allowed_tenants": {TENANT_A: ""}, "status": "inactive"}
    after = {"allowed_tenants": {TENANT_B: "B"}, "rotate_secret_when_changed": {"k": 1}}
    assert _plan(before, after).steps == (
        Patch({"status": "active"}),
        Allow(TENANT_B, "B"),
        Revoke(TENANT_A),
        NewSecret("rotate_secret_when_changed"),
    )


@pytest.mark.parametrize("hidden", [SECRET, UNKNOWN, 7, ["x"]])
@pytest.mark.parametrize("name", ["status", "allowed_tenants", "rotate_secret_when_changed"])
def test_value_that_is_hidden_or_damaged_is_undecided(name: str, hidden: Any) -> None:
    assert name in _plan({}, {name: hidden}).undecided


def test_secret_trigger_that_changes_rotates() -> None:
    trigger = {"rotate_secret_when_changed": {"k": SECRET}}
    plan = _plan(trigger, trigger)
    assert plan.new_secret == NewSecret("rotate_secret_when_changed")
    assert plan.undecided == frozenset()


def test_date_beyond_the_calendar_is_no_error() -> None:
    dates = {"secret_rotated_at": "9999-12-01T00:00:00Z", "secret_due_at": "9999-12-31T00:00:00Z"}
    aged = {"rotate_secret_after_days": 36500}
    assert _plan({**dates, **aged}, aged).new_secret is None


def test_tenants_that_differ_are_allowed_and_revoked() -> None:
    plan = plan_of_tenants({TENANT_A: "A", TENANT_B: ""}, {TENANT_A: "other"})
    assert (plan.allowed, plan.revoked) == ({TENANT_A: "other"}, (TENANT_B,))
