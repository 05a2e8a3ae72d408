"""A pair of background applications: each raise rotates the idle one and makes it current."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from olt_provider.emulator import Emulator, Fault
from tests.consumer import token_status
from tests.emulated import changes_in, new_tenant
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.hosts import both_hosts_long
from tests.engine.olt import reaching_as, steps_of
from tests.long import long

pytestmark = [both_hosts_long]

PAIR = """
import pulumi
from olt_provider import AdoptArgs, OltBackgroundApplicationPair
pair = OltBackgroundApplicationPair("app", generation={generation}, tenants={tenants!r}{more})
pulumi.export("application_id", pair.application_id)
pulumi.export("client_id", pair.client_id)
pulumi.export("client_secret", pair.client_secret)
pulumi.export("previous_client_id", pair.previous_client_id)
"""
ALONE = """
import pulumi
from olt_provider import OltBackgroundApplication
app = OltBackgroundApplication("app", tenants={tenants!r}{more})
pulumi.export("application_id", app.application_id)
pulumi.export("client_id", app.client_id)
pulumi.export("client_secret", app.client_secret)
"""
PLAIN = """
import pulumi
from olt_provider import OltApplication, OltInstallation
app = OltApplication("reporting", allowed_tenants=[{tenant!r}])
OltInstallation("reporting-there", application_id=app.id, tenant_id={tenant!r})
pulumi.export("application_id", app.id)
pulumi.export("client_id", app.client_id)
pulumi.export("client_secret", app.client_secret)
"""
ROTATION = "POST /application-developer/applications/{applicationId}/secret"

Accepted = Callable[[dict[str, str]], bool]


@pytest.fixture
def user(emulator: Emulator) -> str:
    return new_tenant(emulator)


@pytest.fixture
def stack(emulator: Emulator, new_stack: MakeStack, owner: str, user: str) -> Stack:
    stack = new_stack("")
    stack.env.update(reaching_as(emulator, owner, user))
    stack.env["OLT_TENANT_ID"] = owner
    return stack


@pytest.fixture
def accepted(emulator: Emulator, user: str) -> Accepted:
    """Whether the token endpoint accepts the client of a stack's outputs."""

    def ask(outputs: dict[str, str]) -> bool:
        return token_status(emulator.identity_url, user, outputs) == 200

    return ask


def pair(generation: int, *tenants: str, more: str = "") -> str:
    return PAIR.format(generation=generation, tenants=list(tenants), more=more)


def test_each_raise_rotates_the_idle_client_and_keeps_the_previous_one(
    emulator: Emulator, stack: Stack, user: str, owner: str, accepted: Accepted
) -> None:
    stack.program(pair(1, user))
    stack.up()
    first = stack.outputs()
    assert accepted(first)
    names = sorted(item["name"] for item in emulator.platform.applications(owner))
    assert names == ["app-a", "app-b"]

    stack.program(pair(2, user))
    changed = stack.preview_json()
    assert {name: op for name, op in steps_of(changed).items() if "test-dev" not in name} == {
        "app-b": "update"
    }
    emulator.clear_calls()
    stack.up()
    assert changes_in(emulator) == [ROTATION]
    second = stack.outputs()
    assert second["previous_client_id"] == first["client_id"] != second["client_id"]
    assert accepted(first)
    assert accepted(second)

    stack.program(pair(3, user))
    emulator.clear_calls()
    stack.up()
    assert changes_in(emulator) == [ROTATION]
    third = stack.outputs()
    assert third["client_id"] == first["client_id"]
    assert third["application_id"] == first["application_id"]
    assert not accepted(first)
    assert accepted(second)
    assert accepted(third)


def test_a_tenant_that_is_added_gets_both_applications(
    emulator: Emulator, stack: Stack, user: str, owner: str
) -> None:
    stack.program(pair(1, user))
    stack.up()
    stack.program(pair(1, user, owner))
    stack.up()
    for application in emulator.platform.applications(owner):
        installed = emulator.platform.installations(application["id"])
        assert {item["tenantId"] for item in installed} == {user, owner}
    stack.destroy()
    assert emulator.platform.applications(owner) == []


@pytest.mark.parametrize(
    ("generation", "why"), [(1, "can only be raised by one"), long(4, "set generation=3")]
)
def test_a_generation_that_is_not_the_next_is_refused_by_the_preview(
    emulator: Emulator, stack: Stack, user: str, accepted: Accepted, generation: int, why: str
) -> None:
    stack.program(pair(1, user))
    stack.up()
    stack.program(pair(2, user))
    stack.up()
    before = stack.outputs()
    stack.program(pair(generation, user))
    refused = stack.preview(expect_failure=True).output
    assert why in refused
    emulator.clear_calls()
    stack.up(preview=True, expect_failure=True)
    assert changes_in(emulator) == []
    assert accepted(before)


@pytest.mark.long
def test_a_raise_before_the_last_one_is_finished_is_refused(
    emulator: Emulator, stack: Stack, user: str, accepted: Accepted
) -> None:
    stack.program(pair(1, user))
    stack.up()
    before = stack.outputs()
    emulator.add_fault(
        Fault(method="POST", path="**/secret", kind="status", status=500, times=None)
    )
    stack.program(pair(2, user))
    stack.up(expect_failure=True)
    emulator.clear_faults()
    stack.program(pair(3, user))
    refused = stack.preview(expect_failure=True).output
    assert "generation=2" in refused
    assert accepted(before)
    stack.program(pair(2, user))
    stack.up()
    assert accepted(before)
    assert accepted(stack.outputs())


def test_a_background_application_becomes_the_first_of_a_pair_with_its_client(
    emulator: Emulator, stack: Stack, user: str, accepted: Accepted
) -> None:
    trigger = ', rotate_secret_when_changed={"month": 1}'
    stack.program(ALONE.format(tenants=[user], more=trigger))
    stack.up()
    before = stack.outputs()
    emulator.clear_calls()

    stack.program(pair(1, user))
    stack.up()
    after = stack.outputs()
    for key in ("application_id", "client_id", "client_secret"):
        assert after[key] == before[key]
    assert accepted(after)
    assert ROTATION not in changes_in(emulator)
    assert not [change for change in changes_in(emulator) if change.startswith("DELETE")]

    stack.program(pair(2, user))
    stack.up()
    assert accepted(before)
    assert accepted(stack.outputs())


def test_an_adopted_application_becomes_the_first_of_a_pair_with_its_secret(
    emulator: Emulator, stack: Stack, user: str, owner: str, accepted: Accepted
) -> None:
    existing = emulator.platform.register(owner, name="reporting", allowed_tenants={user: ""})
    emulator.platform.install(existing["id"], user)
    client = existing["oauth2Client"]
    before = {"client_id": client["id"], "client_secret": client["secret"]}
    adopt = f", name='reporting', adopt=AdoptArgs({existing['id']!r}, {client['secret']!r})"
    stack.program(pair(1, user, more=adopt))
    stack.up()
    after = stack.outputs()
    assert {key: after[key] for key in before} == before
    assert accepted(before)
    stack.program(pair(2, user, more=", name='reporting'"))
    stack.up()
    assert accepted(before)
    assert accepted(stack.outputs())


def test_a_plain_application_of_the_program_becomes_the_first_of_a_pair_in_one_up(
    emulator: Emulator, stack: Stack, user: str, accepted: Accepted
) -> None:
    stack.program(PLAIN.format(tenant=user))
    stack.up()
    before = stack.outputs()
    emulator.clear_calls()

    adopt = f", adopt=AdoptArgs({before['application_id']!r}, {before['client_secret']!r})"
    stack.program(pair(1, user, more=adopt))
    stack.up()
    after = stack.outputs()
    for key in ("application_id", "client_id", "client_secret"):
        assert after[key] == before[key]
    assert accepted(after)
    assert not [change for change in changes_in(emulator) if change.startswith("DELETE")]

    stack.program(pair(2, user))
    stack.up()
    assert accepted(before)
    assert accepted(stack.outputs())
