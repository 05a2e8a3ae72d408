"""Update plans (experimental in the engine): an `up` makes the reviewed changes only."""

from __future__ import annotations

from pathlib import Path

from olt_provider.emulator import Emulator
from tests.engine.conftest import MakeStack
from tests.engine.hosts import both_hosts_long
from tests.engine.olt import application, reaching

pytestmark = [both_hosts_long]


def test_update_that_differs_from_its_plan_is_refused_before_any_call(
    emulator: Emulator, new_stack: MakeStack, owner: str, tmp_path: Path
) -> None:
    reviewed = application(name="Reporting", rotate_secret_when_changed={"month": "05"})
    stack = new_stack(reviewed)
    stack.env.update(reaching(emulator, emulator.token(owner)), PULUMI_EXPERIMENTAL="1")
    plan = tmp_path / "plan.json"
    stack.preview("--save-plan", str(plan))

    stack.program(application(name="Reporting", status="inactive"))
    refused = stack.up("--plan", str(plan), expect_failure=True).output
    assert "violates plan" in refused
    assert emulator.platform.applications(owner) == []

    stack.program(reviewed)
    stack.up("--plan", str(plan))
    (made,) = emulator.platform.applications(owner)

    # the rotation of a later plan: the same again, and the plan holds no secret
    secret = stack.outputs()["client_secret"]
    stack.program(application(name="Reporting", rotate_secret_when_changed={"month": "06"}))
    stack.preview("--save-plan", str(plan))
    assert secret not in plan.read_text()
    stack.up("--plan", str(plan))
    assert not emulator.platform.secret_is_valid(made["oauth2Client"]["id"], secret)
