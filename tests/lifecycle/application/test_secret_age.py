"""Rotation by age, with a clock that the tests move."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from olt_provider.api.clock import format_timestamp as written
from olt_provider.emulator import Emulator, Fault
from olt_provider.lifecycle.application import declaration, operations
from olt_provider.lifecycle.application.declaration import Difference
from olt_provider.lifecycle.application.model import ApplicationInputs, ApplicationState
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.values import UNKNOWN
from tests.emulated import changes_in

Connect = Callable[..., ProviderContext]
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
ROTATION = "POST /application-developer/applications/{applicationId}/secret"


class Stack:
    """One application in a state. Each run has a context of its own, as a process has."""

    def __init__(self, connect: Connect, owner: str, emulator: Emulator) -> None:
        self._connect = connect
        self._owner = owner
        self._emulator = emulator
        self.now = START
        self.inputs: dict[str, Any] = {}
        self.state: ApplicationState | None = None

    def context(self) -> ProviderContext:
        context = self._connect(self._owner)
        context.now = lambda: self.now
        return context

    @property
    def outputs(self) -> dict[str, Any]:
        assert self.state is not None
        return {key: value for key, value in self.state.to_props().items() if value is not None}

    def preview(
        self, context: ProviderContext | None = None, **declared: Any
    ) -> tuple[dict[str, Any], Difference]:
        """The checked inputs and what differs."""
        context = context or self.context()
        news = {"name": "app", "tenant_id": self._owner, **declared}
        checked = declaration.check(context, self.inputs, news)
        assert not checked.failures
        assert self.state is not None
        difference = declaration.compare(context, self.state.id, self.outputs, checked.inputs)
        return checked.inputs, difference

    def up(self, **declared: Any) -> list[str]:
        """Deploy; returns the changes on the platform."""
        context = self.context()
        self._emulator.clear_calls()
        if self.state is None:
            news = {"name": "app", "tenant_id": self._owner, **declared}
            inputs = declaration.check(context, {}, news).inputs
            made = operations.create(context, ApplicationInputs.from_props(inputs))
            self.inputs, self.state = _kept(inputs), made
            return changes_in(self._emulator)
        inputs, difference = self.preview(context, **declared)
        if difference.properties and (inputs != self.inputs or difference.hidden):
            desired = ApplicationInputs.from_props(inputs)
            assert self.state is not None
            before = ApplicationState.from_props(self.state.id, self.outputs)
            self.state = operations.update(context, before, desired)
        if difference.properties:
            self.inputs = inputs
        return [each for each in changes_in(self._emulator) if "token" not in each]

    def refresh(self) -> None:
        assert self.state is not None
        before = ApplicationState.from_props(self.state.id, self.outputs)
        found = operations.read(self.context(), before)
        assert found is not None
        self.state, self.inputs = found, found.inputs.to_props()

    def works(self) -> bool:
        return self._emulator.platform.secret_is_valid(
            self.outputs["client_id"], self.outputs["client_secret"]
        )


def _kept(inputs: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key != "adopt"}


@pytest.fixture
def stack(connect: Connect, owner: str, emulator: Emulator) -> Stack:
    return Stack(connect, owner, emulator)


def after(days: float) -> datetime:
    return START + timedelta(days=days)


def test_the_first_up_after_the_due_date_rotates_and_nothing_changes_before(stack: Stack) -> None:
    stack.up(rotate_secret_after_days=90)
    first = stack.outputs
    assert first["secret_rotated_at"] == written(START)
    assert first["secret_due_at"] == stack.inputs["secret_due_at"] == written(after(90))
    for days in (0.001, 30, 89, 89.99999):
        stack.now = after(days)
        inputs, difference = stack.preview(rotate_secret_after_days=90)
        assert inputs == stack.inputs
        assert difference == Difference(())
        assert stack.up(rotate_secret_after_days=90) == []

    stack.now = after(97)
    inputs, difference = stack.preview(rotate_secret_after_days=90)
    changed = {key for key in inputs if inputs[key] != stack.inputs.get(key)}
    assert changed == {"secret_due_at"}
    assert inputs["secret_due_at"] == written(after(187))
    assert difference.properties == ("secret_due_at",)
    assert not difference.hidden
    (note,) = difference.notes
    assert f"due since {written(after(90))} (next due {written(after(187))})" in note
    assert f"the present secret of client {first['client_id']} stops working at once" in note
    assert stack.up(rotate_secret_after_days=90) == [ROTATION]
    assert stack.outputs["secret_rotated_at"] == written(after(97))
    assert stack.outputs["secret_due_at"] == written(after(187))
    assert stack.works()
    assert stack.up(rotate_secret_after_days=90) == []
    stack.now = after(187)
    assert stack.up(rotate_secret_after_days=90) == [ROTATION]


def test_without_the_days_nothing_is_due_and_the_time_is_known(stack: Stack) -> None:
    stack.up()
    assert stack.outputs["secret_rotated_at"] == written(START)
    assert "secret_due_at" not in stack.outputs
    stack.now = after(10_000)
    assert stack.up() == []
    stack.up(rotate_secret_when_changed={"a": 1})
    assert stack.outputs["secret_rotated_at"] == written(after(10_000))


def test_a_refresh_changes_no_date(stack: Stack) -> None:
    stack.up(rotate_secret_after_days=90)
    inputs, outputs = stack.inputs, stack.outputs
    stack.now = after(40)
    stack.refresh()
    assert (stack.outputs, stack.inputs["secret_due_at"]) == (outputs, inputs["secret_due_at"])
    assert stack.up(rotate_secret_after_days=90) == []
    stack.now = after(90)
    stack.refresh()
    assert stack.up(rotate_secret_after_days=90) == [ROTATION]


def test_other_changes_before_the_due_date_show_no_other_date(stack: Stack) -> None:
    stack.up(rotate_secret_after_days=90)
    stack.now = after(89)
    inputs, difference = stack.preview(rotate_secret_after_days=90, teaser_description="x")
    assert inputs["secret_due_at"] == written(after(90))
    assert difference.notes == ()
    assert ROTATION not in stack.up(rotate_secret_after_days=90, teaser_description="x")
    stack.now = after(90)
    assert ROTATION in stack.up(rotate_secret_after_days=90, teaser_description="x")


def test_a_triggered_rotation_moves_the_due_date(stack: Stack) -> None:
    stack.up(rotate_secret_after_days=90)
    stack.now = after(60)
    declared: dict[str, Any] = {
        "rotate_secret_after_days": 90,
        "rotate_secret_when_changed": {"leak": 1},
    }
    inputs, _ = stack.preview(**declared)
    assert inputs["secret_due_at"] == written(after(150))
    assert stack.up(**declared) == [ROTATION]
    assert stack.outputs["secret_due_at"] == stack.inputs["secret_due_at"] == written(after(150))
    stack.now = after(100)
    assert stack.up(**declared) == []


@pytest.mark.parametrize(("days", "rotates"), [(61, False), (60, True), (30, True)])
def test_days_that_are_declared_later_count_from_the_known_time_of_the_secret(
    stack: Stack, days: int, rotates: bool
) -> None:
    stack.up()
    stack.now = after(60)
    assert (stack.up(rotate_secret_after_days=days) == [ROTATION]) is rotates
    due = after(60 + days) if rotates else after(61)
    assert stack.outputs["secret_due_at"] == written(due)
    stack.now = due - timedelta(seconds=1)
    assert stack.up(rotate_secret_after_days=days) == []
    stack.now = due
    _, difference = stack.preview(rotate_secret_after_days=days)
    assert "due since" in difference.notes[0]
    assert stack.up(rotate_secret_after_days=days) == [ROTATION]
    assert stack.up(rotate_secret_after_days=days) == []


@pytest.mark.parametrize("refreshed", [True, False])
def test_a_state_without_the_time_counts_from_the_declaration(
    stack: Stack, emulator: Emulator, refreshed: bool
) -> None:
    stack.up()
    outputs = {key: each for key, each in stack.outputs.items() if key != "secret_rotated_at"}
    assert stack.state is not None
    stack.state = ApplicationState.from_props(stack.state.id, outputs)
    stack.now = after(1000)
    assert stack.up() == []
    assert stack.up(rotate_secret_after_days=90) == []
    assert "secret_rotated_at" not in stack.outputs
    assert stack.outputs["secret_due_at"] == written(after(1090))
    if refreshed:
        stack.refresh()
    stack.now = after(1089)
    assert stack.up(rotate_secret_after_days=90) == []
    stack.now = after(1090)
    assert stack.up(rotate_secret_after_days=90) == [ROTATION]
    assert stack.outputs["secret_rotated_at"] == written(after(1090))
    assert stack.works()


@pytest.mark.parametrize("known", [True, False])
def test_an_adopted_secret_counts_from_its_adoption(
    stack: Stack, emulator: Emulator, owner: str, known: bool
) -> None:
    existing = emulator.platform.register(owner, name="app")
    adopt = {"application_id": existing["id"]}
    if known:
        adopt["client_secret"] = existing["oauth2Client"]["secret"]
    stack.up(rotate_secret_after_days=90, adopt=adopt)
    assert stack.outputs.get("secret_rotated_at") == (None if known else written(START))
    assert stack.outputs["secret_due_at"] == written(after(90))
    stack.now = after(89)
    assert stack.up(rotate_secret_after_days=90, adopt=adopt) == []
    stack.now = after(91)
    assert stack.up(rotate_secret_after_days=90) == [ROTATION]
    assert stack.outputs["secret_rotated_at"] == written(after(91))


def test_other_days_move_the_due_date(stack: Stack) -> None:
    stack.up(rotate_secret_after_days=90)
    stack.now = after(10)
    assert stack.up(rotate_secret_after_days=30) == []
    assert stack.outputs["secret_due_at"] == stack.inputs["secret_due_at"] == written(after(30))
    stack.now = after(29)
    assert stack.up(rotate_secret_after_days=30) == []
    assert stack.up(rotate_secret_after_days=60) == []
    stack.now = after(59)
    assert stack.up(rotate_secret_after_days=60) == []
    assert stack.up(rotate_secret_after_days=20) == [ROTATION]
    assert stack.up() == []
    assert "secret_due_at" not in {**stack.outputs, **stack.inputs}
    stack.now = after(5000)
    assert stack.up() == []


def test_a_rotation_that_failed_is_made_by_the_next_up(stack: Stack, emulator: Emulator) -> None:
    stack.up(rotate_secret_after_days=90)
    stack.now = after(90)
    fault = Fault(method="POST", path="**/secret", kind="status", status=500, times=None)
    emulator.add_fault(fault)
    with pytest.raises(LifecycleError, match=r"run `pulumi up` again"):
        stack.up(rotate_secret_after_days=90)
    emulator.clear_faults()
    stack.now = after(91)
    assert stack.up(rotate_secret_after_days=90) == [ROTATION]
    assert stack.outputs["secret_due_at"] == written(after(181))


def test_days_that_are_not_known_yet_may_rotate(stack: Stack) -> None:
    stack.up()
    inputs, difference = stack.preview(rotate_secret_after_days=UNKNOWN)
    assert inputs["secret_due_at"] is UNKNOWN
    (note,) = difference.notes
    assert "rotate_secret_after_days is not known yet" in note


def test_a_secret_that_is_due_is_rotated_also_where_the_resource_is_replaced(stack: Stack) -> None:
    stack.up(rotate_secret_after_days=90)
    stack.now = after(50)
    news = {"name": "app", "tenant_id": stack.outputs["tenant_id"], "rotate_secret_after_days": 90}
    replaced = declaration.check(stack.context(), {}, news).inputs
    assert replaced["secret_due_at"] == written(after(140))


@pytest.mark.parametrize("days", [0, -1, 1.5, True, "90", 36501])
def test_days_that_are_not_allowed_are_refused(stack: Stack, owner: str, days: object) -> None:
    news = {"name": "app", "tenant_id": owner, "rotate_secret_after_days": days}
    (failure,) = declaration.check(stack.context(), {}, news).failures
    assert failure.property == "rotate_secret_after_days"
    assert "whole number of days, from 1 to 36500" in failure.reason
