"""The run record protects within its run only: not in a later run, nor in a parallel one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from olt_provider.emulator import Emulator, Fault
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.hosts import both_hosts_long
from tests.engine.olt import reaching
from tests.engine.running import running

pytestmark = [both_hosts_long]

APPLICATION: Final = """
import pulumi
from olt_provider import AdoptArgs, OltApplication
OltApplication({name!r}, name="app", {arguments})
"""
UP: Final = ("up", "--yes", "--skip-preview")
REACHED: Final = 60.0
"""Seconds until the CLI has come to the call that is held, on a busy machine."""
HELD: Final = 300.0


@pytest.fixture
def stacks(emulator: Emulator, new_stack: MakeStack, owner: str, tmp_path: Path) -> list[Stack]:
    """Two stacks of one user on one tenant. The first manages an application, "a"."""
    made = []
    for _ in range(2):
        stack = new_stack(APPLICATION.format(name="a", arguments=""))
        stack.env.update(reaching(emulator, emulator.token(owner)))
        stack.env["XDG_RUNTIME_DIR"] = str(tmp_path)
        made.append(stack)
    made[0].up()
    return made


def adopting(stack: Stack, application: str, arguments: str = "") -> None:
    adopt = f"adopt=AdoptArgs({application!r}), {arguments}"
    stack.program(APPLICATION.format(name="b", arguments=adopt))


def hold(emulator: Emulator, method: str) -> Fault:
    return emulator.add_fault(Fault(method=method, kind="hold", when="before", seconds=HELD))


def test_what_another_stack_declares_at_the_same_time_is_deleted(
    emulator: Emulator, stacks: list[Stack]
) -> None:
    stack, other = stacks
    application = stack.resource("a")["id"]
    adopting(other, application, 'url="https://new.example"')
    fault = hold(emulator, "PATCH")
    with running(other, *UP):
        fault.wait_until_fired(timeout=REACHED)
        output = stack.destroy().output
    assert "was not deleted" not in output
    assert emulator.platform.application(application) is None


def test_what_a_killed_run_declared_is_deleted_by_the_next_while_its_orphan_lives(
    emulator: Emulator, stacks: list[Stack], tmp_path: Path
) -> None:
    stack = stacks[0]
    application = stack.resource("a")["id"]
    adopting(stack, application, 'url="https://new.example"')
    fault = hold(emulator, "PATCH")
    with running(stack, *UP) as process:
        fault.wait_until_fired(timeout=REACHED)
        process.kill_engine()
        stack.run("cancel", "--yes")
        stack.program("")
        assert "was not deleted" not in stack.up(preview=True).output
        assert emulator.platform.application(application) is None
    stack.program(APPLICATION.format(name="a", arguments=""))
    stack.up()
    assert len(list(tmp_path.glob("pulumi-olt-*/*.jsonl"))) <= 1, "records of earlier runs are left"
