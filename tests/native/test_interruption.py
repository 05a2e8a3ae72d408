"""Ctrl-C, and a platform that becomes unreachable, during an update of the native form."""

from __future__ import annotations

import re

from olt_provider.emulator import TENANT_A, Emulator, Fault
from tests.emulated import changes_in
from tests.engine.olt import has_traceback, reaching
from tests.engine.running import running
from tests.native.conftest import MakeStack
from tests.native.stacks import application, installed

APPLICATIONS = "/application-developer/applications"
UP = ("up", "--yes", "--skip-preview")
REACHED = 60.0


def test_registration_survives_ctrl_c_and_nothing_more_is_begun(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = new_stack(installed(owner, allowed_tenants={owner: ""}))
    stack.env.update(reaching(emulator, emulator.token(owner)))
    held = emulator.add_fault(Fault(kind="hold", method="POST", path=APPLICATIONS))
    with running(stack, *UP) as process:
        held.wait_until_fired(timeout=REACHED)
        process.press_ctrl_c()
        held.release()
        assert process.result().returncode != 0
        assert process.is_over(REACHED)
    assert changes_in(emulator) == [f"POST {APPLICATIONS}"]
    (registered,) = emulator.platform.applications(owner)
    assert stack.resource("app")["id"] == registered["id"]

    emulator.clear_calls()
    stack.up()
    assert changes_in(emulator) == ["PUT /applications/{applicationId}/installation"]
    outputs = stack.outputs()
    assert emulator.platform.secret_is_valid(outputs["client_id"], outputs["client_secret"])


def test_registrations_that_wait_for_a_connection_are_not_sent_after_ctrl_c(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    others = "".join(f'OltApplication("other-{i}")\n' for i in range(8))
    stack = new_stack(application() + others)
    stack.env.update(reaching(emulator, emulator.token(owner)))
    stack.config("olt:maxConnections", "1")
    held = emulator.add_fault(Fault(kind="hold", method="POST", path=APPLICATIONS, seconds=3))
    with running(stack, *UP) as process:
        held.wait_until_fired(timeout=REACHED)
        process.press_ctrl_c()  # the plugin is cancelled some time before the response arrives
        assert process.result().returncode != 0
    assert changes_in(emulator) == [f"POST {APPLICATIONS}"]
    (registered,) = emulator.platform.applications(owner)
    kept = [each["id"] for each in stack.resources() if each["type"] == "olt:index:Application"]
    assert kept == [registered["id"]]


def test_platform_that_goes_away_is_reported_in_one_line_and_changes_no_state(
    new_stack: MakeStack,
) -> None:
    stack = new_stack(application(name="Before"))
    stack.config("olt:maxRetries", "1")
    with Emulator.start() as emulator:
        stack.env.update(reaching(emulator, emulator.token(TENANT_A)))
        stack.up()
        stack.program(application(name="After"))
        held = emulator.add_fault(Fault(kind="hold_before", method="PATCH"))
        with running(stack, *UP) as process:
            held.wait_until_fired(timeout=REACHED)
            emulator.drop_connections()
            emulator.add_fault(Fault(kind="reset_before", times=None))
            held.release()
            result = process.result()
    assert result.returncode != 0
    assert not has_traceback(result.output)
    errors = re.findall(r"^ +error: (.*)$", result.output, re.MULTILINE)
    assert [each for each in errors if "the connection to" in each and "broke off" in each]
    shown = stack.refresh(expect_failure=True).output
    assert "could not connect to 127.0.0.1" in shown
    assert not has_traceback(shown)
    assert stack.resource("app")["outputs"]["name"] == "Before"
