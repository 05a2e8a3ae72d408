"""Runs of a part of the program (``--target``), on the real engine."""

from __future__ import annotations

from olt_provider.emulator import Emulator
from tests.engine.conftest import MakeStack
from tests.engine.hosts import both_hosts_long
from tests.engine.olt import installed, reaching

pytestmark = [both_hosts_long]


def test_installation_whose_application_is_left_out_names_the_target_to_add(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = new_stack("")
    stack.env.update(reaching(emulator, emulator.token(owner)))
    stack.up()
    stack.program(installed(owner, name="Sample", allowed_tenants=[owner]))
    only = ("--target", stack.urn("OltInstallation", "installation"))
    refused = " ".join(stack.up(*only, expect_failure=True).output.split())
    assert stack.name_of("application_id") in refused
    assert "--target leaves it out: add --target with its URN, or run without --target" in refused
    stack.up(*only, "--target", stack.urn("OltApplication", "app"))
    (made,) = emulator.platform.applications(owner)
    assert [each["tenantId"] for each in emulator.platform.installations(made["id"])] == [owner]
