"""Pulumi's resource options and targets."""

from __future__ import annotations

import pytest

from olt_provider.emulator import Emulator
from tests.emulated import new_tenant
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.hosts import both_hosts_long
from tests.engine.olt import counted, reaching, steps_of

pytestmark = [both_hosts_long]

HEADER = """
import pulumi
from pulumi import ResourceOptions as Options
from olt_provider import OltApplication, OltInstallation
"""


@pytest.fixture
def stack(emulator: Emulator, new_stack: MakeStack, owner: str) -> Stack:
    stack = new_stack("")
    stack.env.update(reaching(emulator, emulator.token(owner)))
    return stack


def names(emulator: Emulator, owner: str) -> list[str]:
    return sorted(item["name"] for item in emulator.platform.applications(owner))


def test_options_are_obeyed(emulator: Emulator, stack: Stack, owner: str) -> None:
    other = new_tenant(emulator)

    def program(changed: bool) -> str:
        suffix, note = ("-2", "b") if changed else ("", "a")
        moved = ", aliases=[pulumi.Alias(name='moved')]" if changed else ""
        return (
            HEADER
            + f"""
OltApplication("named", name="named{suffix}", opts=Options(ignore_changes=["name"]))
OltApplication("tenant", allowed_tenants={{{owner!r}: {note!r}, {other!r}: {note!r}}},
    opts=Options(ignore_changes=['allowed_tenants["{other}"]']))
OltApplication("replacing", name="replacing{suffix}",
    opts=Options(replace_on_changes=["name"]))
parent = OltApplication("{"moved-2" if changed else "moved"}", name="moved",
    opts=Options(protect=True{moved}))
OltApplication("child", opts=Options(parent=parent, depends_on=[parent]))
OltApplication("retained", opts=Options(retain_on_delete=True))
"""
        )

    stack.program(program(changed=False))
    stack.up()
    first = stack.resource("replacing")["id"]
    moved = stack.resource("moved")["id"]

    stack.program(program(changed=True))
    assert steps_of(stack.preview_json()) == {"tenant": "update", "replacing": "replace"}
    stack.up()
    assert names(emulator, owner) == sorted(
        ["named", "tenant", "replacing-2", "moved", "child", "retained"]
    )
    assert stack.resource("moved-2")["id"] == moved
    assert stack.resource("replacing")["id"] != first
    held = emulator.platform.application(stack.resource("tenant")["id"])
    assert held is not None
    assert {item["tenantId"]: item["comment"] for item in held["allowedTenants"]} == {
        owner: "b",
        other: "a",
    }
    refused = stack.destroy(expect_failure=True)
    assert "protected" in refused.output
    assert "moved" in names(emulator, owner)
    stack.run("state", "unprotect", "--all", "--yes")
    stack.destroy()
    assert names(emulator, owner) == ["retained"]


@pytest.mark.long
def test_replacing_in_place_of_its_own_name_needs_a_word(
    emulator: Emulator, stack: Stack, owner: str
) -> None:
    stack.program(HEADER + 'OltApplication("app")\nOltApplication("bystander")\n')
    stack.up()
    urn, first = stack.resource("app")["urn"], stack.resource("app")["id"]
    result = stack.up("--replace", urn, expect_failure=True)
    assert stack.text("delete_before_replace=True") in result.output
    assert stack.text("prevent_duplicate_name=False") in result.output
    assert stack.resource("app")["id"] == first
    assert names(emulator, owner) == ["app", "bystander"]

    stack.program(
        HEADER + 'OltApplication("app", opts=Options(delete_before_replace=True))\n'
        'OltApplication("bystander")\n'
    )
    stack.run("state", "taint", urn, "--yes")
    stack.up()
    assert stack.resource("app")["id"] != first
    assert names(emulator, owner) == ["app", "bystander"]

    stack.program(
        HEADER + 'OltApplication("app", name="targeted")\nOltApplication("bystander", name="no")\n'
    )
    counted(emulator)
    stack.up("--target", urn)
    assert counted(emulator) == ["PATCH"]
    assert names(emulator, owner) == ["bystander", "targeted"]


def test_guards_refuse_with_the_remedy(emulator: Emulator, stack: Stack, owner: str) -> None:
    taken = emulator.platform.register(owner, name="taken")
    stack.program(HEADER + 'OltApplication("app", name="taken")')
    result = stack.up(expect_failure=True)
    assert stack.text(f'adopt=AdoptArgs(application_id="{taken["id"]}")') in result.output
    assert names(emulator, owner) == ["taken"]

    other = new_tenant(emulator)
    declared = f'OltApplication("app", allowed_tenants=[{owner!r}, {other!r}]'
    installation = 'OltInstallation("installation", application_id=app.id)'
    stack.program(f"{HEADER}app = {declared})\n{installation}")
    stack.up()
    application = stack.resource("app")["id"]
    emulator.platform.install(application, other)
    result = stack.destroy(expect_failure=True)
    assert f"still installed in tenant {other}" in result.output
    assert stack.text("force_destroy=True") in result.output
    assert emulator.platform.application(application) is not None

    stack.program(f"{HEADER}app = {declared}, force_destroy=True)\n{installation}")
    stack.up()
    tenants = {item["tenantId"] for item in emulator.platform.installations(application)}
    assert tenants == {owner, other}
    stack.destroy()
    assert emulator.platform.application(application) is None
