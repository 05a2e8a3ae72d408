"""Rotation by age on the real engine, with a clock that the test moves."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from olt_provider.emulator import Emulator
from tests.emulated import changes_in
from tests.engine.conftest import MakeStack
from tests.engine.hosts import both_hosts_long
from tests.engine.moved_clock import move_clock
from tests.engine.olt import application, reaching, steps_of
from tests.engine.shown import blocks, changed_lines

pytestmark = [both_hosts_long]

ROTATION = "POST /application-developer/applications/{applicationId}/secret"


def test_first_up_after_the_due_date_rotates_with_one_line_in_its_preview(
    emulator: Emulator, new_stack: MakeStack, owner: str, tmp_path: Path
) -> None:
    stack = new_stack(application(rotate_secret_after_days=90))
    stack.env.update(reaching(emulator, emulator.token(owner)))
    stack.up()
    state, first = stack.resource("app"), stack.outputs()
    due = state["outputs"]["secret_due_at"]
    assert state["inputs"]["secret_due_at"] == due
    assert state["outputs"]["secret_rotated_at"] < due
    emulator.clear_calls()

    move_clock(stack, tmp_path / "clock", timedelta(days=89))
    assert steps_of(stack.preview_json()) == {}
    stack.refresh()
    refreshed = stack.resource("app")
    assert refreshed["inputs"]["secret_due_at"] == refreshed["outputs"]["secret_due_at"] == due
    assert refreshed["outputs"]["secret_rotated_at"] == state["outputs"]["secret_rotated_at"]
    stack.up()
    assert changes_in(emulator) == []

    move_clock(stack, tmp_path / "clock", timedelta(days=91))
    shown = stack.preview("--diff")
    (line,) = changed_lines(blocks(shown.stdout)["app", "update"])
    assert line.startswith(f'~ {stack.name_of("secret_due_at")}: "{due}" => "')
    assert f"because it is due since {due}" in shown.output
    assert f"the present secret of client {first['client_id']} stops working" in shown.output
    stack.up()
    assert changes_in(emulator) == [ROTATION]
    second = stack.outputs()
    assert second["client_id"] == first["client_id"]
    assert emulator.platform.secret_is_valid(second["client_id"], second["client_secret"])
    assert not emulator.platform.secret_is_valid(first["client_id"], first["client_secret"])
    assert stack.resource("app")["outputs"]["secret_rotated_at"] == max(
        stack.resource("app")["outputs"]["secret_rotated_at"], due
    )
    emulator.clear_calls()
    stack.up()
    assert changes_in(emulator) == []


def test_days_that_are_declared_later_count_from_the_known_time_of_the_secret(
    emulator: Emulator, new_stack: MakeStack, owner: str, tmp_path: Path
) -> None:
    stack = new_stack(application())
    stack.env.update(reaching(emulator, emulator.token(owner)))
    stack.up()
    move_clock(stack, tmp_path / "clock", timedelta(days=60))
    stack.program(application(rotate_secret_after_days=90))
    emulator.clear_calls()
    stack.up()
    assert changes_in(emulator) == []
    move_clock(stack, tmp_path / "clock", timedelta(days=91))
    assert steps_of(stack.preview_json()) == {"app": "update"}
    stack.up()
    assert changes_in(emulator) == [ROTATION]
    emulator.clear_calls()
    stack.up()
    assert changes_in(emulator) == []
