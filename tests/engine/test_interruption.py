"""After a process is interrupted or killed during a call, the next `pulumi up` finds its effect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

import pytest

from olt_provider.emulator import Emulator, Fault
from tests.emulated import changes_in
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.hosts import both_hosts_long
from tests.engine.olt import APPLICATION, application, installed, reaching
from tests.engine.running import Running, running
from tests.long import long

pytestmark = [both_hosts_long]

Victim = Literal["ctrl_c", "engine", "host"]

APPLICATIONS: Final = "/application-developer/applications"
SECRET: Final = f"{APPLICATIONS}/{{applicationId}}/secret"
INSTALLATION: Final = "/applications/{applicationId}/installation"
UP: Final = ("up", "--yes", "--skip-preview")
REACHED: Final = 60.0
"""Seconds until the CLI has come to the call that is interrupted, on a busy machine."""
HELD: Final = 300.0
RETRY_AFTER: Final = 2
QUIET: Final = 3.0
"""Seconds in which an orphan would have done the next thing, if it did any."""


@pytest.fixture
def stack(emulator: Emulator, new_stack: MakeStack, owner: str) -> Stack:
    stack = new_stack(application(allowed_tenants=[owner]))
    stack.env.update(reaching(emulator, emulator.token(owner)))
    return stack


def hold(emulator: Emulator, method: str, path: str) -> Fault:
    return emulator.add_fault(Fault(method=method, path=path, kind="hold", seconds=HELD))


@contextmanager
def orphaned(stack: Stack, fault: Fault) -> Iterator[Running]:
    """Yield a provider process whose engine was killed during `up`, while a fault is active."""
    with running(stack, *UP) as process:
        fault.wait_until_fired(timeout=REACHED)
        process.kill_engine()
        yield process


@contextmanager
def interrupted(emulator: Emulator, stack: Stack, fault: Fault, victim: Victim) -> Iterator[None]:
    """Interrupt `up` while a fault holds a response, and do what a user does before the next `up`.

    Where the engine was killed, its orphaned host waits on, and gets its response after the block.
    """
    if victim == "engine":
        with orphaned(stack, fault):
            stack.run("cancel", "--yes")
            yield
            fault.release()
            assert_no_call(emulator)
        return
    with running(stack, *UP) as process:
        fault.wait_until_fired(timeout=REACHED)
        if victim == "host":
            process.kill_host()
        else:
            process.press_ctrl_c()
            fault.release()
        assert process.result().returncode != 0
        assert process.is_over(REACHED)
    yield


def assert_no_call(emulator: Emulator, seconds: float = QUIET) -> None:
    """Assert that no request reaches the platform for this long."""
    noticed = emulator.add_fault(Fault(kind="latency", seconds=0))
    with pytest.raises(TimeoutError):
        noticed.wait_until_fired(timeout=seconds)


def the_one_application(emulator: Emulator, stack: Stack, owner: str) -> dict[str, Any]:
    """The only application of the tenant, which the state names with a secret that is valid."""
    (held,) = emulator.platform.applications(owner)
    assert stack.resource("app")["id"] == held["id"]
    outputs = stack.outputs()
    assert outputs["client_id"] == held["oauth2Client"]["id"]
    assert emulator.platform.secret_is_valid(outputs["client_id"], outputs["client_secret"])
    return held


def test_a_registration_survives_ctrl_c_with_its_secret(
    emulator: Emulator, stack: Stack, owner: str
) -> None:
    with interrupted(emulator, stack, hold(emulator, "POST", APPLICATIONS), "ctrl_c"):
        stack.up()
    the_one_application(emulator, stack, owner)
    assert changes_in(emulator) == [f"POST {APPLICATIONS}"]


@pytest.mark.parametrize("victim", ["engine", long("host")])
def test_orphaned_registration_is_named_and_adopted(
    emulator: Emulator, stack: Stack, owner: str, victim: Victim
) -> None:
    with interrupted(emulator, stack, hold(emulator, "POST", APPLICATIONS), victim):
        (registered,) = emulator.platform.applications(owner)
        refusal = stack.up(expect_failure=True).output
        way_out = stack.text('adopt=AdoptArgs(application_id="ID")')
        (named,) = set(re.findall(re.escape(way_out).replace("ID", '([^"]+)'), refusal))
        declared = f"allowed_tenants={[owner]!r}, adopt=AdoptArgs({named!r})"
        stack.program(APPLICATION.format(arguments=declared))
        stack.up()
    assert the_one_application(emulator, stack, owner)["id"] == registered["id"]


@pytest.mark.parametrize("victim", [long("ctrl_c"), "engine", long("host")])
def test_an_interrupted_rotation_ends_with_a_secret_that_is_valid(
    emulator: Emulator, stack: Stack, owner: str, victim: Victim
) -> None:
    stack.up()
    stack.program(application(allowed_tenants=[owner], rotate_secret_when_changed={"no": "2"}))
    with interrupted(emulator, stack, hold(emulator, "POST", SECRET), victim):
        stack.up()
    the_one_application(emulator, stack, owner)


@pytest.mark.parametrize("victim", [long("ctrl_c"), "engine", long("host")])
def test_an_interrupted_installation_is_finished_by_the_next_up(
    emulator: Emulator, stack: Stack, owner: str, victim: Victim
) -> None:
    stack.program(installed(owner, allowed_tenants=[owner]))
    with interrupted(emulator, stack, hold(emulator, "PUT", INSTALLATION), victim):
        stack.up()
    (held,) = emulator.platform.applications(owner)
    assert stack.resource("app")["id"] == held["id"]
    assert stack.resource("installation")["id"] == f"{owner}/{held['id']}"
    assert len(emulator.platform.installations(held["id"])) == 1


def test_an_installation_that_a_killed_process_left_is_removed_by_the_documented_steps(
    emulator: Emulator, stack: Stack, owner: str
) -> None:
    """Taken out of the program before the next run, it is in no state."""
    without = application(allowed_tenants=[owner])
    declared = installed(owner, allowed_tenants=[owner])
    stack.program(declared)
    with interrupted(emulator, stack, hold(emulator, "PUT", INSTALLATION), "host"):
        stack.program(without)
        stack.up("--refresh", "--run-program")
        (held,) = emulator.platform.applications(owner)
        assert len(emulator.platform.installations(held["id"])) == 1
        for program in (declared, without):
            stack.program(program)
            stack.up()
    assert emulator.platform.installations(held["id"]) == []


def test_ctrl_c_in_the_wait_before_a_repetition_loses_nothing(
    emulator: Emulator, stack: Stack, owner: str
) -> None:
    busy = emulator.add_fault(too_many_requests(times=1))
    with interrupted(emulator, stack, busy, "ctrl_c"):
        stack.up()
    the_one_application(emulator, stack, owner)


def test_a_killed_engine_locks_the_stack_and_what_it_left_pending_can_be_cleared(
    emulator: Emulator, stack: Stack, owner: str
) -> None:
    with orphaned(stack, emulator.add_fault(too_many_requests())):
        assert "pulumi cancel" in stack.up(expect_failure=True).output
        stack.run("cancel", "--yes")
        assert [each["type"] for each in stack.state()["pending_operations"]] == ["creating"]
        stack.refresh("--clear-pending-creates")
        assert not stack.state().get("pending_operations")
        emulator.clear_faults()
        assert "pending operations" not in stack.up().output
    assert len(emulator.platform.applications(owner)) == 1


def too_many_requests(times: int | None = None) -> Fault:
    return Fault(
        method="POST",
        path=APPLICATIONS,
        kind="status",
        status=429,
        retry_after=RETRY_AFTER,
        times=times,
    )


def test_an_orphaned_host_does_not_repeat_a_registration(emulator: Emulator, stack: Stack) -> None:
    with orphaned(stack, emulator.add_fault(too_many_requests())):
        assert_no_call(emulator, RETRY_AFTER + QUIET)
    assert changes_in(emulator) == [f"POST {APPLICATIONS}"]


def test_an_orphaned_host_begins_no_registration(
    emulator: Emulator, stack: Stack, owner: str
) -> None:
    listing = hold(emulator, "GET", APPLICATIONS)
    with orphaned(stack, listing):
        listing.release()
        assert_no_call(emulator)
    assert emulator.platform.applications(owner) == []


def test_an_orphaned_host_rotates_no_secret_of_an_application_adopted_since(
    emulator: Emulator, stack: Stack
) -> None:
    with orphaned(stack, hold(emulator, "POST", APPLICATIONS)):
        emulator.drop_connections()
        assert_no_call(emulator)
    assert changes_in(emulator) == [f"POST {APPLICATIONS}"]
