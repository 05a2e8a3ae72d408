"""Plans of changes: pure, complete, in a safe order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from olt_provider.api.clock import format_timestamp as written
from olt_provider.lifecycle.application.execution import Outcome
from olt_provider.lifecycle.application.model import TABLE, Adoption, ApplicationInputs
from olt_provider.lifecycle.application.rotation import TRIGGER, Rotation
from olt_provider.lifecycle.application.secret_age import DAYS, ROTATED
from olt_provider.lifecycle.plan import (
    Allow,
    NewSecret,
    Patch,
    Plan,
    Revoke,
    Step,
    plan,
    plan_of,
)
from olt_provider.lifecycle.properties import Sent, differing
from olt_provider.lifecycle.values import UNKNOWN

NOW: Final = datetime(2026, 11, 26, tzinfo=timezone.utc)
TENANTS: Final = ("a", "b", "c")
NAMED: Final = {"name": "x", "tenant_id": "t"}

some_tenants = st.dictionaries(st.sampled_from(TENANTS), st.sampled_from(["", "one", "two"]))
triggers = st.none() | st.dictionaries(st.sampled_from("kl"), st.integers(0, 2), max_size=2)
applications = st.builds(
    ApplicationInputs,
    name=st.sampled_from(["x", "y"]),
    tenant_id=st.just("t"),
    allowed_tenants=some_tenants,
    with_public_oauth2_client=st.booleans(),
    redirect_uris=st.sampled_from([(), ("https://a",), ("https://a", "https://b")]),
    teaser_description=st.sampled_from(["", "text"]),
    url=st.sampled_from([None, "https://a"]),
    status=st.sampled_from(["active", "inactive"]),
    rotate_secret_when_changed=triggers,
    force_destroy=st.booleans(),
    prevent_duplicate_name=st.booleans(),
)
ORDER: Final = (Patch, Allow, Revoke, NewSecret)


def on_platform(inputs: ApplicationInputs) -> dict[str, Any]:
    return {name: getattr(inputs, name) for name, each in TABLE.items() if each.on_platform}


@given(applications, applications)
def test_the_steps_lead_to_what_is_declared(
    current: ApplicationInputs, desired: ApplicationInputs
) -> None:
    steps = list(plan(current, desired).steps)
    assert on_platform(Outcome(steps).applied_to(current)) == on_platform(desired)


@given(applications, applications)
def test_the_rest_of_a_plan_that_stopped_is_the_plan_of_what_it_reached(
    current: ApplicationInputs, desired: ApplicationInputs
) -> None:
    steps = plan(current, desired).steps
    for done in range(len(steps)):
        reached = Outcome(list(steps[:done])).applied_to(current)
        assert plan(reached, desired).steps == steps[done:]


@given(applications, applications)
def test_the_steps_are_in_a_safe_order_and_none_is_repeated(
    current: ApplicationInputs, desired: ApplicationInputs
) -> None:
    made = plan(current, desired)
    kinds = [ORDER.index(type(step)) for step in made.steps]
    assert kinds == sorted(kinds)
    assert kinds.count(ORDER.index(Patch)) <= 1
    assert kinds.count(ORDER.index(NewSecret)) <= 1
    assert not set(made.allowed) & set(made.revoked)
    assert made.undecided == frozenset()


@given(applications)
def test_nothing_is_planned_where_nothing_differs(inputs: ApplicationInputs) -> None:
    assert plan(inputs, inputs) == Plan()


@given(applications, applications)
def test_what_is_planned_is_what_the_diff_reports(
    current: ApplicationInputs, desired: ApplicationInputs
) -> None:
    outputs, inputs = current.to_props(), desired.to_props()
    changed = set(differing(TABLE, outputs, inputs))
    made = plan_of(outputs, inputs, NOW)
    assert set(made.patched) == {name for name in changed if Sent.PATCH in TABLE[name].sent}
    assert bool(made.allowed or made.revoked) == ("allowed_tenants" in changed)
    if made.new_secret:
        assert "rotate_secret_when_changed" in changed


@given(applications, applications)
def test_unmanaged_tenants_are_left_alone(
    current: ApplicationInputs, desired: ApplicationInputs
) -> None:
    made = plan(current, replace(desired, allowed_tenants=None))
    assert not made.allowed
    assert not made.revoked
    assert made.undecided == frozenset()


@given(applications, st.sampled_from([each for each in TABLE if each != "adopt"]))
def test_an_unknown_value_is_undecided_and_reported_only_where_it_has_an_effect(
    inputs: ApplicationInputs, name: str
) -> None:
    made = plan_of(inputs.to_props(), {**inputs.to_props(), name: UNKNOWN}, NOW)
    effects = {each for each in TABLE if Sent.PATCH in TABLE[each].sent}
    effects |= {"allowed_tenants", TRIGGER, DAYS}
    assert made.undecided == {name} & effects
    assert set(made.patched) == {name} & {each for each in TABLE if Sent.PATCH in TABLE[each].sent}
    assert bool(made.new_secret) == (name in (TRIGGER, DAYS))


@pytest.mark.parametrize(
    ("before", "trigger", "steps", "undecided"),
    [
        (None, {"a": 1}, (NewSecret(TRIGGER),), False),
        ({"a": 1}, {"a": 1}, (), False),
        ({"a": 1}, {"a": 2}, (NewSecret(TRIGGER),), False),
        ({"a": 1}, {}, (), False),
        ({"a": 1}, None, (), False),
        (None, {}, (), False),
        (None, None, (), False),
        ({"a": 1}, {"a": UNKNOWN}, (NewSecret(TRIGGER),), True),
        ({"a": 1}, {"b": UNKNOWN}, (NewSecret(TRIGGER),), False),
        ({"a": 1, "b": 1}, {"a": 2, "b": UNKNOWN}, (NewSecret(TRIGGER),), False),
        (None, UNKNOWN, (NewSecret(TRIGGER),), True),
    ],
)
def test_only_a_new_trigger_that_is_not_empty_rotates(
    before: object, trigger: object, steps: tuple[Step, ...], undecided: bool
) -> None:
    old, new = (
        {**NAMED, **({"rotate_secret_when_changed": each} if each is not None else {})}
        for each in (before, trigger)
    )
    made = plan_of(old, new, NOW)
    assert made.steps == steps
    assert made.undecided == ({"rotate_secret_when_changed"} if undecided else set())


def test_tenants_that_become_managed_are_undecided() -> None:
    made = plan_of(NAMED, {**NAMED, "allowed_tenants": {"a": ""}}, NOW)
    assert made.steps == (Allow("a", ""),)
    assert made.undecided == {"allowed_tenants"}


@pytest.mark.parametrize(
    ("adopt", "rotates", "undecided"),
    [
        ({"application_id": "a"}, True, False),
        ({"application_id": "a", "client_secret": "s"}, False, False),
        ({"application_id": UNKNOWN, "client_secret": UNKNOWN}, False, False),
        (UNKNOWN, True, True),
    ],
)
def test_an_adoption_rotates_without_the_secret_only(
    adopt: object, rotates: bool, undecided: bool
) -> None:
    trigger = {"rotate_secret_when_changed": {"on": "monday"}}
    made = plan_of(NAMED, {**NAMED, **trigger, "adopt": adopt}, NOW)
    assert made.new_secret == (NewSecret("adopt") if rotates else None)
    assert ("adopt" in made.undecided) is undecided


def test_a_secret_that_is_due_or_lost_is_rotated_once() -> None:
    inputs = ApplicationInputs("x", "t")
    assert plan(inputs, inputs, age=Rotation.YES).steps == (NewSecret(DAYS),)
    assert plan(inputs, inputs, secret_lost=True).steps == (NewSecret("client_secret"),)
    triggered = replace(inputs, rotate_secret_when_changed={"on": "monday"})
    both = plan(inputs, triggered, age=Rotation.YES, secret_lost=True)
    assert both.steps == (NewSecret(TRIGGER),)
    adopting = replace(inputs, adopt=Adoption("a", SecretStr("s")))
    assert plan(inputs, adopting, age=Rotation.YES, secret_lost=True).steps == ()


@pytest.mark.parametrize(
    ("days", "steps", "undecided"),
    [
        (30, (), set()),
        (10, (NewSecret(DAYS),), set()),
        (UNKNOWN, (NewSecret(DAYS),), {DAYS}),
        (None, (), set()),
    ],
)
def test_a_preview_plans_the_rotation_by_age(
    days: object, steps: tuple[Step, ...], undecided: set[str]
) -> None:
    outputs = {**NAMED, ROTATED: written(NOW - timedelta(days=20))}
    made = plan_of(outputs, {**NAMED, **({} if days is None else {DAYS: days})}, NOW)
    assert made.steps == steps
    assert made.undecided == undecided
