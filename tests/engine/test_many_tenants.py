"""One application in many tenants, each reached with its own token."""

from __future__ import annotations

import pytest

from olt_provider.emulator import Emulator, Fault
from tests.emulated import calls_of, changes_in, new_tenant
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.hosts import both_hosts_long
from tests.engine.olt import has_traceback, reaching_as, steps_of

pytestmark = [both_hosts_long]


def ids(stack: Stack, name: str) -> set[str]:
    """The IDs in the state under one name, one that waits for its deletion included."""
    found = (item for item in stack.resources() if item["urn"].rsplit("::", 1)[1] == name)
    return {item["id"] for item in found}


COMPONENT = """
import pulumi
from olt_provider import OltBackgroundApplication
app = OltBackgroundApplication("app", tenants={tenants!r}, tenant_id={owner!r})
pulumi.export("application_id", app.application_id)
pulumi.export("client_id", app.client_id)
pulumi.export("client_secret", app.client_secret)
pulumi.export("installed_at", app.installed_at)
"""


@pytest.fixture
def tenants(emulator: Emulator) -> list[str]:
    return sorted(new_tenant(emulator) for _ in range(3))


@pytest.fixture
def stack(emulator: Emulator, new_stack: MakeStack, owner: str, tenants: list[str]) -> Stack:
    stack = new_stack("")
    stack.env.update(reaching_as(emulator, owner, *tenants))
    return stack


def where(emulator: Emulator, application_id: str) -> set[str]:
    return {item["tenantId"] for item in emulator.platform.installations(application_id)}


def test_one_declaration_registers_allows_and_installs(
    emulator: Emulator, stack: Stack, owner: str, tenants: list[str]
) -> None:
    first, second, third = tenants
    stack.program(COMPONENT.format(tenants={first: "a", second: "b"}, owner=owner))
    stack.up()
    outputs = stack.outputs()
    application = outputs["application_id"]
    assert where(emulator, application) == {first, second}
    assert set(outputs["installed_at"]) == {first, second}
    assert emulator.platform.secret_is_valid(outputs["client_id"], outputs["client_secret"])
    emulator.clear_calls()

    stack.program(COMPONENT.format(tenants={first: "a", second: "b", third: ""}, owner=owner))
    stack.up()
    assert [call.method for call in calls_of(emulator)] == ["PUT", "PUT"]
    assert {call.tenant for call in calls_of(emulator)} == {owner, third}
    emulator.clear_calls()

    stack.program(COMPONENT.format(tenants=[first, third], owner=owner))
    stack.up()
    assert where(emulator, application) == {first, third}
    assert sorted(call.method for call in calls_of(emulator)) == ["DELETE", "DELETE", "PUT"]

    stack.destroy()
    assert emulator.platform.application(application) is None


OWNED = """
from olt_provider import OltApplication, OltInstallation
app = OltApplication("app", tenant_id={owner!r}, allowed_tenants={tenants!r})
for number, tenant in enumerate({tenants!r}):
    OltInstallation(f"installation-{{number}}", application_id=app.id, tenant_id=tenant)
"""


@pytest.mark.long
def test_another_owner_registers_moves_and_deletes_in_that_order(
    emulator: Emulator, stack: Stack, owner: str, tenants: list[str]
) -> None:
    new_owner, *users = tenants
    stack.program(OWNED.format(owner=owner, tenants=users))
    stack.up()
    old = stack.resource("app")["id"]
    emulator.clear_calls()

    stack.program(OWNED.format(owner=new_owner, tenants=users))
    assert steps_of(stack.preview_json()) == {
        "app": "replace",
        "installation-0": "replace",
        "installation-1": "replace",
    }
    refused = emulator.add_fault(
        Fault(
            method="DELETE",
            path=f"/application-developer/applications/{old}",
            kind="status",
            status=503,
            times=None,
        )
    )
    stack.env["OLT_MAX_RETRIES"] = "0"
    stack.up(expect_failure=True)
    assert refused.fired == 1
    new = ids(stack, "app") - {old}
    assert len(new) == 1
    assert old in ids(stack, "app")  # it exists, so the state still has it
    assert where(emulator, new.pop()) == set(users)
    assert changes_in(emulator) == [
        "POST /application-developer/applications",
        "PUT /applications/{applicationId}/installation",
        "PUT /applications/{applicationId}/installation",
        "DELETE /applications/{applicationId}/installation",
        "DELETE /applications/{applicationId}/installation",
        "DELETE /application-developer/applications/{applicationId}",
    ]

    emulator.clear_faults()
    stack.up()
    assert emulator.platform.application(old) is None
    assert stack.resource("app")["outputs"]["tenant_id"] == new_owner


LOOKUPS = """
import json
import pulumi
from olt_provider import (
    OltApplication, OltInstallation, find_applications, get_application,
    get_application_output, get_installation_output, list_applications,
)
app = OltApplication.get("app", {application!r}, tenant_id={owner!r})
there = OltInstallation.get("there", "{user}/{application}")
pulumi.export("name", app.name)
pulumi.export("installed_at", there.installed_at)
pulumi.export("listed", [item.name for item in list_applications(tenant_id={owner!r})])
pulumi.export("found", [item.id for item in find_applications(name="b", tenant_id={owner!r})])
pulumi.export("got", get_application({application!r}, tenant_id={owner!r}).client_id)
pulumi.export("output", get_application_output(app.id, tenant_id={owner!r}).name)
pulumi.export(
    "tenant", get_installation_output(app.id, tenant_id={user!r}).apply(lambda it: it.tenant_id)
)
"""


def test_programs_can_read_what_is_managed_elsewhere(
    emulator: Emulator, stack: Stack, owner: str, tenants: list[str]
) -> None:
    user = tenants[0]
    made = [emulator.platform.register(owner, name=name, allowed_tenants=[user]) for name in "ba"]
    application = made[0]["id"]
    at = emulator.platform.install(application, user)["createdAt"]
    stack.program(LOOKUPS.format(application=application, owner=owner, user=user))
    stack.preview()
    # Each costs its calls in every preview, but those whose arguments are not known yet.
    assert len(calls_of(emulator)) == 5
    stack.up()
    assert stack.outputs() == {
        "name": "b",
        "installed_at": at,
        "listed": ["a", "b"],
        "found": [application],
        "got": made[0]["oauth2Client"]["id"],
        "output": "b",
        "tenant": user,
    }
    stack.destroy()
    assert emulator.platform.application(application) is not None

    stack.program(
        "from olt_provider import OltApplication\n"
        f"OltApplication.get('app', {owner!r}, tenant_id={owner!r})\n"
    )
    result = stack.preview(expect_failure=True)
    assert "returned 404" in result.output
    assert not has_traceback(result.output)
