"""An application that was deleted outside Pulumi, on the real engine."""

from __future__ import annotations

import pytest

from olt_provider.emulator import Emulator, Fault
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.hosts import both_hosts_long
from tests.engine.olt import application, installed, reaching
from tests.long import long

pytestmark = [both_hosts_long]


@pytest.fixture
def stack(emulator: Emulator, new_stack: MakeStack, owner: str) -> Stack:
    stack = new_stack("")
    stack.env.update(reaching(emulator, emulator.token(owner)))
    return stack


def test_change_of_a_deleted_application_fails_with_the_command_that_registers_it_again(
    emulator: Emulator, stack: Stack, owner: str
) -> None:
    stack.program(application(name="Sample"))
    stack.up()
    (made,) = emulator.platform.applications(owner)
    emulator.platform.delete(made["id"])
    stack.program(application(name="Sample", url="https://new.example"))
    refused = stack.up(expect_failure=True).output
    assert f"application {made['id']} was deleted outside Pulumi: run `pulumi up" in refused
    stack.run("up", "--yes", "--skip-preview", "--refresh", "--run-program")
    (again,) = emulator.platform.applications(owner)
    assert again["id"] != made["id"]
    assert again["url"] == "https://new.example"


def test_the_command_brings_its_installation_back_too(
    emulator: Emulator, stack: Stack, owner: str
) -> None:
    program = installed(owner, name="Sample", allowed_tenants=[owner])
    stack.program(program)
    stack.up()
    (made,) = emulator.platform.applications(owner)
    emulator.platform.delete(made["id"])
    stack.run("up", "--yes", "--skip-preview", "--refresh", "--run-program")
    (again,) = emulator.platform.applications(owner)
    assert [each["tenantId"] for each in emulator.platform.installations(again["id"])] == [owner]


@pytest.mark.parametrize(
    ("status", "end"),
    [
        (401, "set a new one"),
        long(429, "try again later"),
        long(
            500,
            "or, if you take the change out of the program, `pulumi up --refresh --run-program`",
        ),
    ],
)
def test_refused_update_ends_with_what_to_do(
    emulator: Emulator, stack: Stack, status: int, end: str
) -> None:
    stack.program(application(name="Sample"))
    stack.up()
    stack.program(application(name="Other"))
    stack.env["OLT_MAX_RETRIES"] = "0"
    emulator.add_fault(Fault(method="PATCH", kind="status", status=status, times=None))
    refused = stack.up(expect_failure=True).output
    lines = [line.strip() for line in refused.splitlines() if "PATCH " in line]
    assert lines
    assert all(line.endswith(end) for line in lines)
