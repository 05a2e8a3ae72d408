"""Names that move between resources of a program, on the real engine."""

from __future__ import annotations

import pytest

from olt_provider.emulator import Emulator
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.hosts import both_hosts, both_hosts_long
from tests.engine.olt import reaching

pytestmark = [both_hosts_long]

HEAD = "import pulumi\nfrom olt_provider import OltApplication\n"


@pytest.fixture
def stack(emulator: Emulator, new_stack: MakeStack, owner: str) -> Stack:
    stack = new_stack("")
    stack.env.update(reaching(emulator, emulator.token(owner)))
    return stack


def declared(**names: str) -> str:
    return HEAD + "".join(
        f"OltApplication({resource!r}, name={name!r})\n" for resource, name in names.items()
    )


@pytest.mark.parametrize("first", ["old", "new"])
def test_name_moves_to_a_new_resource_in_one_run(
    emulator: Emulator, stack: Stack, owner: str, first: str
) -> None:
    stack.program(declared(old="X"))
    stack.up()
    (before,) = emulator.platform.applications(owner)
    after = {"old": "Y", "new": "X"}
    stack.program(declared(**dict(sorted(after.items(), key=lambda item: item[0] != first))))
    stack.up()
    held = {each["name"]: each["id"] for each in emulator.platform.applications(owner)}
    assert held.keys() == {"X", "Y"}
    assert held["Y"] == before["id"]


@both_hosts
def test_renamed_resource_is_refused_with_the_alias_that_keeps_it(
    emulator: Emulator, stack: Stack, owner: str
) -> None:
    stack.program(declared(old="X"))
    stack.up()
    (before,) = emulator.platform.applications(owner)
    stack.program(declared(new="X"))
    refused = stack.up(expect_failure=True).output
    line = 'opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="OLD")])'
    assert stack.text(line) in refused
    declaration = f"OltApplication('new', name='X', {line.replace('OLD', 'old')})\n"
    stack.program(HEAD + declaration)
    stack.up()
    assert [each["id"] for each in emulator.platform.applications(owner)] == [before["id"]]
