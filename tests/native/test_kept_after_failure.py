"""Partial state on the engine: the next run completes the creation or change of a failed one."""

from __future__ import annotations

import json

from olt_provider.emulator import Emulator, Fault
from olt_provider.native.resources import SECRET_LOST
from tests.emulated import changes_in
from tests.engine.harness import Stack
from tests.engine.olt import reaching
from tests.native.conftest import MakeStack
from tests.native.stacks import application, native
from tests.native.test_partial_state import APPLICATIONS, PATCH, SECRET


def deployed_without_retries(
    new_stack: MakeStack, program: str, emulator: Emulator, owner: str
) -> Stack:
    stack = new_stack(program)
    stack.config("olt:maxRetries", "0")
    stack.env.update(reaching(emulator, emulator.token(owner)))
    return stack


def secret_is_valid(emulator: Emulator, stack: Stack) -> bool:
    found = stack.outputs()
    return emulator.platform.secret_is_valid(found["client_id"], found["client_secret"])


def test_registration_whose_later_step_fails_is_kept_and_finished_by_the_missing_call(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = deployed_without_retries(
        new_stack, application(name="Sample", status="inactive"), emulator, owner
    )
    emulator.add_fault(Fault(kind="status", status=500, method="PATCH"))
    emulator.clear_calls()
    output = stack.up(expect_failure=True).output
    assert "is kept in the state: run `pulumi up` again to finish it" in output
    assert changes_in(emulator) == [f"POST {APPLICATIONS}", PATCH]
    kept = stack.resource("app")
    (registered,) = emulator.platform.applications(owner)
    assert kept["id"] == registered["id"]
    assert kept["outputs"]["status"] == "active"
    assert set(kept["outputs"]["clientSecret"]) >= {"ciphertext"}
    (reason,) = kept["initErrors"]
    assert "is kept in the state" in reason

    emulator.clear_faults()
    emulator.clear_calls()
    stack.up()
    assert changes_in(emulator) == [PATCH]
    finished = stack.resource("app")
    assert finished["id"] == kept["id"]
    assert not finished.get("initErrors")
    assert finished["outputs"]["status"] == "inactive"
    assert secret_is_valid(emulator, stack)
    assert stack.preview_json()["changeSummary"] == {"same": 2}


def test_lost_rotation_that_was_taken_back_is_rotated_again_by_the_next_up(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = deployed_without_retries(new_stack, application(name="Sample"), emulator, owner)
    stack.up()
    before = stack.outputs()["client_secret"]

    stack.program(application(name="Sample", rotate_secret_when_changed={"month": "2026-11"}))
    emulator.add_fault(Fault(kind="reset_after", path="**/secret", times=None))
    output = stack.up(expect_failure=True).output
    kept = stack.resource("app")
    assert kept["outputs"][SECRET_LOST] is True
    assert kept["initErrors"]
    assert before not in output + json.dumps(kept)

    emulator.clear_faults()
    emulator.clear_calls()
    stack.program(application(name="Sample"))
    stack.up()
    assert changes_in(emulator) == [SECRET]
    assert SECRET_LOST not in stack.resource("app")["outputs"]
    assert stack.outputs()["client_secret"] != before
    assert secret_is_valid(emulator, stack)
    assert stack.preview_json()["changeSummary"] == {"same": 2}


def test_refresh_keeps_the_mark_of_a_lost_rotation(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = deployed_without_retries(new_stack, application(name="Sample"), emulator, owner)
    stack.up()
    stack.program(application(name="Sample", rotate_secret_when_changed={"month": "2026-11"}))
    emulator.add_fault(Fault(kind="reset_after", path="**/secret", times=None))
    stack.up(expect_failure=True)
    emulator.clear_faults()

    stack.refresh()
    assert stack.resource("app")["outputs"][SECRET_LOST] is True
    stack.program(application(name="Sample"))
    emulator.clear_calls()
    stack.up()
    assert changes_in(emulator) == [SECRET]
    assert secret_is_valid(emulator, stack)


def test_update_that_stopped_half_way_is_taken_back_by_a_plain_up(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    before = application(name="Sample", allowed_tenants={})
    stack = deployed_without_retries(new_stack, before, emulator, owner)
    stack.up()
    stack.program(application(name="Renamed", allowed_tenants={owner: ""}))
    emulator.add_fault(Fault(kind="status", status=500, method="PUT"))
    stack.up(expect_failure=True)
    assert stack.resource("app")["outputs"]["name"] == "Renamed"
    assert stack.resource("app")["outputs"]["allowedTenants"] == {}

    emulator.clear_faults()
    emulator.clear_calls()
    stack.program(before)
    stack.up()
    assert changes_in(emulator) == [PATCH]
    (held,) = emulator.platform.applications(owner)
    assert held["name"] == "Sample"
    assert stack.preview_json()["changeSummary"] == {"same": 2}


def test_adoption_that_failed_half_way_takes_nothing_from_the_resource_that_manages_it(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    """Also without ``adopt``, which would finish the adoption; removing the resource helps."""
    managing = 'OltApplication("app", name="Sample", opts=pulumi.ResourceOptions({}))\n'
    adopting = 'OltApplication("other", name="Sample", url="https://b.example", {})\n'
    header = native("import pulumi\nfrom olt_provider import AdoptArgs, OltApplication\n")
    stack = deployed_without_retries(new_stack, header + managing.format(""), emulator, owner)
    stack.up()
    before = stack.resource("app")

    stack.program(
        header
        + "other = "
        + adopting.format(f"adopt=AdoptArgs({before['id']!r})")
        + managing.format("depends_on=[other]")
    )
    emulator.add_fault(Fault(kind="status", status=403, method="POST", path="**/secret"))
    stack.up(expect_failure=True)
    emulator.clear_faults()
    assert stack.resource("other")["id"] == before["id"]

    stack.program(header + adopting.format("") + managing.format(""))
    output = stack.preview(expect_failure=True).output
    assert "only one resource can: remove one of them from the program" in output
    stack.program(header + managing.format(""))
    assert f"application {before['id']} was not deleted" in stack.up(preview=True).output
    (held,) = emulator.platform.applications(owner)
    (kept,) = [each for each in stack.exported() if each["type"] == "olt:index:Application"]
    secret = json.loads(kept["outputs"]["clientSecret"]["plaintext"])
    assert held["id"] == kept["id"] == before["id"]
    assert emulator.platform.secret_is_valid(held["oauth2Client"]["id"], secret)


def test_destroy_leaves_an_application_whose_adoption_was_not_finished(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    found = emulator.platform.register(owner, name="Sample")
    program = application(name="Renamed", adopt={"application_id": found["id"]})
    stack = deployed_without_retries(new_stack, program, emulator, owner)
    emulator.add_fault(Fault(kind="status", status=403, method="POST", path="**/secret"))
    assert "to finish its adoption" in stack.up(expect_failure=True).output
    emulator.clear_faults()
    assert "its adoption was not finished" in stack.destroy().output
    assert stack.resources() == []
    assert emulator.platform.application(found["id"]) is not None
