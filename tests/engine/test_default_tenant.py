"""A change of the default tenant moves no resource, also not by a replacement."""

from __future__ import annotations

import pytest

from olt_provider.emulator import Emulator
from tests.emulated import new_tenant
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.hosts import both_hosts_long
from tests.engine.olt import reaching_as
from tests.long import long

pytestmark = [both_hosts_long]

HEADER = """
import pulumi
from pulumi import ResourceOptions as Options
from olt_provider import AdoptArgs, OltApplication, OltInstallation
"""


@pytest.fixture
def other(emulator: Emulator) -> str:
    return new_tenant(emulator)


@pytest.fixture
def stack(emulator: Emulator, new_stack: MakeStack, owner: str, other: str) -> Stack:
    """A stack whose default tenant is the owner; it has credentials of both."""
    stack = new_stack("")
    stack.env.update(reaching_as(emulator, owner, other) | {"OLT_TENANT_ID": owner})
    return stack


def program(stack: Stack, *lines: str) -> None:
    stack.program("\n".join([HEADER, *lines]))


def names(emulator: Emulator, tenant_id: str) -> list[str]:
    return sorted(item["name"] for item in emulator.platform.applications(tenant_id))


def where(emulator: Emulator, application: str) -> list[str]:
    return sorted(item["tenantId"] for item in emulator.platform.installations(application))


def test_replaced_application_and_its_installation_stay_in_their_tenant(
    emulator: Emulator, stack: Stack, owner: str, other: str
) -> None:
    tenants = f"allowed_tenants=[{owner!r}, {other!r}]"
    lines = (
        f'app = OltApplication("app", {tenants}, name={{0!r}}, opts=Options({{1}}))',
        'OltInstallation("installation", application_id=app.id)',
    )
    replacing = 'replace_on_changes=["name"]'
    program(stack, *(line.format("one", replacing) for line in lines))
    stack.up()
    stack.env["OLT_TENANT_ID"] = other
    assert "no changes" not in stack.preview().output
    program(stack, *(line.format("two", replacing) for line in lines))
    stack.up(preview=True)
    assert names(emulator, owner) == ["two"]
    assert names(emulator, other) == []
    assert where(emulator, stack.resource("app")["id"]) == [owner]

    # deleted before its replacement, and so is the installation that depends on it
    replacing += ", delete_before_replace=True"
    program(stack, *(line.format("three", replacing) for line in lines))
    output = stack.preview(expect_failure=True).output
    assert stack.text("declare tenant_id") in output
    declared = f'OltInstallation("installation", application_id=app.id, tenant_id={owner!r})'
    program(stack, lines[0].format("three", replacing), declared)
    stack.up()
    assert names(emulator, owner) == ["three"]
    assert where(emulator, stack.resource("app")["id"]) == [owner]


@pytest.mark.parametrize("how", ["--replace", long("taint")])
def test_replacement_is_refused_where_the_default_is_seen_to_have_changed(
    emulator: Emulator, stack: Stack, owner: str, other: str, how: str
) -> None:
    program(stack, 'OltApplication("app")', 'OltApplication("bystander")')
    stack.up()
    urn = stack.resource("app")["urn"]
    stack.env["OLT_TENANT_ID"] = other
    if how == "taint":
        stack.run("state", "taint", urn, "--yes")
    arguments = ["--replace", urn] if how == "--replace" else []
    output = stack.preview(*arguments, expect_failure=True).output
    assert owner in output
    assert other in output
    assert stack.text("declare tenant_id") in output
    program(stack, f'OltApplication("app", tenant_id={other!r})', 'OltApplication("bystander")')
    stack.up(*arguments)
    assert names(emulator, owner) == ["bystander"]
    assert names(emulator, other) == ["app"]


def test_application_whose_replacement_the_default_moved_is_not_deleted(
    emulator: Emulator, stack: Stack, owner: str, other: str
) -> None:
    program(stack, 'OltApplication("app")')
    stack.up()
    first, urn = stack.resource("app")["id"], stack.resource("app")["urn"]
    stack.env["OLT_TENANT_ID"] = other
    for arguments in (("--replace", urn), ()):
        output = stack.up(*arguments, expect_failure=True).output
        assert f"was not deleted from tenant {owner}" in output
        assert stack.text(f'declare tenant_id="{other}" to confirm the move') in output
        assert emulator.platform.application(first) is not None

    program(
        stack,
        f'OltApplication("app", tenant_id={owner!r}, adopt=AdoptArgs({first!r}))',
    )
    stack.up()
    assert stack.resource("app")["id"] == first
    assert names(emulator, owner) == ["app"]
    assert names(emulator, other) == []


@pytest.mark.long
def test_move_that_is_confirmed_is_completed(
    emulator: Emulator, stack: Stack, owner: str, other: str
) -> None:
    program(stack, 'OltApplication("app")')
    stack.up()
    stack.env["OLT_TENANT_ID"] = other
    stack.up("--replace", stack.resource("app")["urn"], expect_failure=True)
    program(stack, f'OltApplication("app", tenant_id={other!r})')
    stack.up(preview=True)
    assert names(emulator, owner) == []
    assert names(emulator, other) == ["app"]


@pytest.mark.long
def test_installation_whose_replacement_the_default_moved_is_not_uninstalled(
    emulator: Emulator, stack: Stack, owner: str, other: str
) -> None:
    app = emulator.platform.register(owner, name="app", allowed_tenants=[owner, other])["id"]
    program(stack, f'OltInstallation("installation", application_id={app!r})')
    stack.up()
    stack.env["OLT_TENANT_ID"] = other
    output = stack.up("--replace", stack.resource("installation")["urn"], expect_failure=True)
    assert f"was not uninstalled from tenant {owner}" in output.output
    assert owner in where(emulator, app)


def test_unknown_tenant_previews_with_tokens_of_several_tenants(
    emulator: Emulator, stack: Stack, owner: str, other: str
) -> None:
    del stack.env["OLT_TENANT_ID"]
    program(
        stack,
        f'first = OltApplication("first", tenant_id={owner!r}, allowed_tenants=[{owner!r}])',
        f"tenant = first.id.apply(lambda _: {other!r})",
        'OltApplication("second", tenant_id=tenant)',
        f"there = first.id.apply(lambda _: {owner!r})",
        'OltInstallation("installation", application_id=first.id, tenant_id=there)',
    )
    stack.up(preview=True)
    assert names(emulator, other) == ["second"]
    assert where(emulator, stack.resource("first")["id"]) == [owner]
