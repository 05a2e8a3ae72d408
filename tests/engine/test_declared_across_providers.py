"""A resource of one ``Provider`` process protects its application from deletion by another."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest

from olt_provider.emulator import Emulator
from tests.emulated import new_tenant
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.hosts import both_hosts_long
from tests.engine.olt import reaching_as
from tests.long import long

pytestmark = [both_hosts_long]

HEADER: Final = """
import pulumi
from pulumi import ResourceOptions as Options
from olt_provider import AdoptArgs, OltApplication, OltInstallation, Provider
second = Provider("second", tenant_id={owner!r})
third = Provider("third", tenant_id={owner!r}, max_retries=1)
"""


@pytest.fixture
def user(emulator: Emulator) -> str:
    return new_tenant(emulator)


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """The base of the private directory in which the processes of a run share their record."""
    base = tmp_path / "runtime"
    base.mkdir(mode=0o700)
    return base


@pytest.fixture
def stack(emulator: Emulator, new_stack: MakeStack, owner: str, user: str, records: Path) -> Stack:
    stack = new_stack("")
    stack.env.update(reaching_as(emulator, owner, user))
    stack.env["XDG_RUNTIME_DIR"] = str(records)
    return stack


def declare(stack: Stack, owner: str, *lines: str) -> None:
    stack.program("\n".join([HEADER.format(owner=owner), *lines]))


def tenants(emulator: Emulator, application: str) -> list[str]:
    return sorted(item["tenantId"] for item in emulator.platform.installations(application))


@pytest.fixture
def application(emulator: Emulator, owner: str, user: str) -> str:
    made = emulator.platform.register(owner, name="app", allowed_tenants=[owner, user])
    return str(made["id"])


def test_installation_that_moves_to_another_provider_under_another_name_stays(
    emulator: Emulator, stack: Stack, owner: str, user: str, application: str, records: Path
) -> None:
    arguments = f"application_id={application!r}, tenant_id={user!r}"
    declare(stack, owner, f'OltInstallation("here", {arguments}, opts=Options(provider=second))')
    stack.up()
    declare(
        stack,
        owner,
        'parent = pulumi.ComponentResource("test:index:Parent", "parent")',
        f'OltInstallation("there", {arguments}, opts=Options(provider=third, parent=parent))',
    )
    result = stack.up(preview=True)
    assert tenants(emulator, application) == [user]
    assert f"application {application} was not uninstalled from tenant {user}" in result.output
    assert len([each for each in stack.resources() if "OltInstallation" in each["type"]]) == 1

    declare(stack, owner)
    stack.up(preview=True)
    assert tenants(emulator, application) == []
    assert len(list(records.glob("pulumi-olt-*/*.jsonl"))) <= 2


def test_application_that_another_provider_adopts_is_not_deleted(
    emulator: Emulator, stack: Stack, owner: str
) -> None:
    declare(stack, owner, 'OltApplication("a", name="app", opts=Options(provider=second))')
    stack.up()
    application = stack.resource("a")["id"]
    declare(
        stack,
        owner,
        f'OltApplication("b", name="app", adopt=AdoptArgs({application!r}),'
        " opts=Options(provider=third))",
    )
    result = stack.up(preview=True)
    assert f"application {application} was not deleted" in result.output
    assert emulator.platform.application(application) is not None
    assert stack.resource("b")["id"] == application

    stack.destroy()
    assert emulator.platform.application(application) is None


@pytest.mark.parametrize("other", ["adopts", long("manages")])
def test_two_providers_cannot_adopt_one_application(
    emulator: Emulator, stack: Stack, owner: str, other: str
) -> None:
    declare(stack, owner, 'OltApplication("a", name="app", opts=Options(provider=second))')
    stack.up()
    application = stack.resource("a")["id"]
    adopt = f"adopt=AdoptArgs({application!r}), "
    name = "a" if other == "manages" else "c"
    first = "" if other == "manages" else adopt
    declare(
        stack,
        owner,
        f'OltApplication({name!r}, name="app", {first}opts=Options(provider=second))',
        f'OltApplication("b", name="app", {adopt}opts=Options(provider=third))',
    )
    assert "only one resource can" in stack.preview(expect_failure=True).output
    assert "only one resource can" in stack.up(expect_failure=True).output
    assert emulator.platform.application(application) is not None


def test_background_application_is_renamed_with_everything_that_belongs_to_it(
    emulator: Emulator, stack: Stack, owner: str, user: str
) -> None:
    component = (
        "from olt_provider import OltBackgroundApplication\n"
        f"OltBackgroundApplication({{0!r}}, name='app', tenants=[{owner!r}, {user!r}], {{1}}"
        f" providers={{{{{user!r}: {{2}}}}}}, opts=Options(providers=[second]))"
    )
    stack.env["OLT_TENANT_ID"] = owner
    declare(stack, owner, component.format("old", "", "second"))
    stack.up()
    (made,) = emulator.platform.applications(owner)
    application = made["id"]
    adopt = f"adopt=AdoptArgs({application!r}),"
    declare(stack, owner, component.format("new", adopt, "third"))
    stack.up(preview=True)
    assert [each["id"] for each in emulator.platform.applications(owner)] == [application]
    assert tenants(emulator, application) == sorted([owner, user])
    declare(stack, owner)
    stack.up(preview=True)
    assert emulator.platform.applications(owner) == []


@pytest.mark.long
def test_moving_to_another_provider_alone_changes_nothing(
    emulator: Emulator, stack: Stack, owner: str, user: str, application: str
) -> None:
    arguments = f"application_id={application!r}, tenant_id={user!r}"
    lines = (
        'OltApplication("a", opts=Options(provider={0}))',
        f'OltInstallation("i", {arguments}, opts=Options(provider={{0}}))',
    )
    declare(stack, owner, *(line.format("second") for line in lines))
    stack.up()
    before = stack.resource("a")["id"]
    declare(stack, owner, *(line.format("third") for line in lines))
    stack.up()
    assert stack.resource("a")["id"] == before
    assert emulator.platform.application(before) is not None
    assert tenants(emulator, application) == [user]
    declare(stack, owner)
    stack.up()
    assert emulator.platform.application(before) is None
    assert tenants(emulator, application) == []


@pytest.mark.long
def test_without_a_usable_directory_each_process_protects_its_own(
    emulator: Emulator, stack: Stack, owner: str, records: Path, tmp_path: Path
) -> None:
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    (records / f"pulumi-olt-{os.getuid()}").symlink_to(hostile)
    stack.env["OLT_TENANT_ID"] = owner
    declare(stack, owner, 'OltApplication("a", name="app")')
    assert "warning" not in stack.up().output
    application = stack.resource("a")["id"]
    declare(stack, owner, f'OltApplication("b", name="app", adopt=AdoptArgs({application!r}))')
    assert "was not deleted" in stack.up().output
    assert emulator.platform.application(application) is not None
    assert list(hostile.iterdir()) == []
