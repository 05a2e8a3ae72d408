"""A declared application is never deleted, and one that is no longer declared is."""

from __future__ import annotations

import json
import re

import pytest

from olt_provider.emulator import Emulator, Fault
from tests.emulated import new_tenant
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.hosts import both_hosts, both_hosts_long
from tests.engine.olt import has_traceback, reaching_as
from tests.long import long

pytestmark = [both_hosts_long]

HEADER = """
import pulumi
from pulumi import ResourceOptions as Options
from olt_provider import AdoptArgs, OltApplication, OltInstallation, Provider
"""


@pytest.fixture
def stack(emulator: Emulator, new_stack: MakeStack, owner: str) -> Stack:
    stack = new_stack("")
    stack.env.update(reaching_as(emulator, owner))
    return stack


def program(*lines: str) -> str:
    return "\n".join([HEADER, *lines])


def declared(name: str, arguments: str = "", options: str = "") -> str:
    """The application that is called "app" on the platform, under a resource name."""
    return f'app = OltApplication({name!r}, name="app", {arguments} opts=Options({options}))'


def adopting(application_id: str) -> str:
    return f"adopt=AdoptArgs({application_id!r}),"


FAILING = 'OltApplication("failing", name="taken", opts=Options(depends_on=[app]))'
"""Fails after the application was adopted, so that no deletion is reached."""


@pytest.fixture
def app(emulator: Emulator, stack: Stack, owner: str) -> str:
    """The ID of an application that the stack manages as resource "a"; "taken" is in use."""
    emulator.platform.register(owner, name="taken")
    stack.program(program(declared("a")))
    stack.up()
    return str(stack.resource("a")["id"])


def ids(stack: Stack) -> list[str]:
    """The IDs of all applications in the state, those that wait for their deletion included."""
    return sorted(item["id"] for item in stack.resources() if "OltApplication" in item["type"])


def assert_kept(emulator: Emulator, stack: Stack, name: str, application_id: str) -> None:
    """The resource alone manages the application, whose secret in the state is valid."""
    held = emulator.platform.application(application_id)
    assert held is not None
    assert ids(stack) == [application_id]
    assert stack.resource(name)["id"] == application_id
    (outputs,) = [each["outputs"] for each in stack.exported() if each.get("id") == application_id]
    secret = json.loads(outputs["client_secret"]["plaintext"])
    assert emulator.platform.secret_is_valid(held["oauth2Client"]["id"], secret)


@pytest.mark.parametrize("parallel_diff", ["false", long("true")])
def test_renamed_application_is_kept_after_a_failed_up(
    emulator: Emulator, stack: Stack, app: str, parallel_diff: str
) -> None:
    stack.env["PULUMI_PARALLEL_DIFF"] = parallel_diff
    stack.program(program(declared("b", adopting(app)), FAILING))
    stack.up(expect_failure=True)
    assert ids(stack) == [app, app]

    stack.program(program(declared("b")))
    result = stack.up(preview=True)
    assert f"application {app} was not deleted: the resource with name='app' manages it" in (
        result.output
    )
    assert_kept(emulator, stack, "b", app)


def test_targeted_removal_deletes_what_a_resource_that_is_left_out_manages(
    emulator: Emulator, stack: Stack, app: str
) -> None:
    """The engine neither checks nor diffs what is not targeted: a documented limit of the guard."""
    stack.program(program(declared("b", adopting(app)), FAILING))
    stack.up(expect_failure=True)
    stack.program(program(declared("b")))
    removed = next(each["urn"] for each in stack.resources() if each["urn"].endswith("::a"))
    stack.up("--target", removed)
    assert emulator.platform.application(app) is None
    assert ids(stack) == [app]


def test_adopting_what_is_registered_in_the_same_run_is_an_error(
    emulator: Emulator, stack: Stack, owner: str
) -> None:
    exports = (
        'pulumi.export("client_id", app.client_id)',
        'pulumi.export("client_secret", app.client_secret)',
    )
    stack.program(program(declared("a"), 'OltApplication("b", adopt=AdoptArgs(app.id))', *exports))
    assert "only one resource can" in stack.up(expect_failure=True).output
    # an `up` that failed need not have got as far as the exports
    stack.program(program(declared("a"), *exports))
    stack.up()
    outputs = stack.outputs()
    assert emulator.platform.secret_is_valid(outputs["client_id"], outputs["client_secret"])


@pytest.mark.parametrize("how", ["--replace", long("taint")])
def test_adopted_application_is_kept_when_its_replacement_is_completed_later(
    emulator: Emulator, stack: Stack, app: str, how: str
) -> None:
    urn = stack.resource("a")["urn"]
    stack.program(program(declared("a", adopting(app)), FAILING))
    if how == "taint":
        stack.run("state", "taint", urn, "--yes")
        stack.up(expect_failure=True)
    else:
        stack.up("--replace", urn, expect_failure=True)
    assert ids(stack) == [app, app]

    stack.program(program(declared("a")))
    assert "was not deleted" in stack.up(preview=True).output
    assert_kept(emulator, stack, "a", app)


@pytest.mark.long
def test_failed_replacement_of_an_adopted_application_can_be_repeated(
    emulator: Emulator, stack: Stack, app: str
) -> None:
    stack.program(program(declared("a", adopting(app), "delete_before_replace=True")))
    stack.up()
    urn = stack.resource("a")["urn"]
    path = f"/application-developer/applications/{app}"
    emulator.add_fault(Fault(method="GET", path=path, kind="status", status=500, times=None))
    assert "was not deleted" in stack.up("--replace", urn, expect_failure=True).output
    emulator.clear_faults()
    assert "repeat that with `pulumi up --replace`" in stack.up(expect_failure=True).output
    stack.up("--replace", urn)
    assert_kept(emulator, stack, "a", app)


@both_hosts
def test_one_of_two_resources_that_manage_an_application_can_be_removed(
    emulator: Emulator, stack: Stack, app: str
) -> None:
    stack.program(program(declared("b", adopting(app)), FAILING))
    stack.up(expect_failure=True)
    stack.program(program(declared("a"), declared("b")))
    assert f"application {app} is managed by two resources" in stack.up().output

    # where the engine compares nothing unchanged, nothing shows that "b" is declared
    stack.program(program(declared("b")))
    legacy = {"PULUMI_ENABLE_LEGACY_DIFF": "true"}
    output = stack.up(env=legacy, expect_failure=True).output
    assert "unset PULUMI_ENABLE_LEGACY_DIFF" in output
    assert emulator.platform.application(app) is not None

    output = stack.up().output
    assert "was not deleted" in output
    assert "is dead" not in output
    assert_kept(emulator, stack, "b", app)


@pytest.mark.long
def test_dead_secret_is_reported_when_a_rename_with_adoption_is_taken_back(
    emulator: Emulator, stack: Stack, app: str
) -> None:
    stack.program(program(declared("b", adopting(app)), FAILING))
    stack.up(expect_failure=True)
    stack.program(program(declared("a")))
    output = stack.up().output
    assert f"the client secret that the state now holds of application {app} is dead" in output

    stack.program(program(declared("a", 'rotate_secret_when_changed={"no": "1"},')))
    assert "is dead" not in stack.up().output
    assert_kept(emulator, stack, "a", app)


def test_adopt_on_a_resource_that_manages_another_application_fails_the_preview(
    emulator: Emulator, stack: Stack, app: str, owner: str
) -> None:
    other = emulator.platform.register(owner, name="other")
    secret = "not-to-be-shown"
    stack.program(program(declared("a", f"adopt=AdoptArgs({other['id']!r}, {secret!r}),")))
    for command in (stack.preview, stack.up):
        output = command(expect_failure=True).output
        assert f"adopt names application {other['id']}, but" in output
        assert f"already manages application {app}" in output
        assert secret not in output
        assert not has_traceback(output)
    assert ids(stack) == [app]
    assert emulator.platform.secret_is_valid(
        other["oauth2Client"]["id"], other["oauth2Client"]["secret"]
    )

    stack.program(program(declared("a", adopting(app))))
    assert "adopt" not in stack.up(preview=True).output
    assert_kept(emulator, stack, "a", app)


def test_two_resources_that_adopt_one_application_fail_the_preview(
    emulator: Emulator, stack: Stack, owner: str
) -> None:
    made = emulator.platform.register(owner, name="app")
    stack.program(program(declared("a", adopting(made["id"])), declared("b", adopting(made["id"]))))
    for command in (stack.preview, stack.up):
        output = command(expect_failure=True).output
        assert f"adopts application {made['id']} too; only one resource can" in output
    assert len(ids(stack)) <= 1


@pytest.mark.parametrize("first", ["holder", long("adopter")])
def test_adopting_what_another_resource_manages_fails_the_preview(
    emulator: Emulator, stack: Stack, app: str, first: str
) -> None:
    lines = [
        declared("a", "prevent_duplicate_name=False,"),  # changes, so that it may be replaced
        declared("b", adopting(app), "depends_on=[app]"),
    ]
    if first == "adopter":
        lines = [declared("b", adopting(app)), declared("a", "", "depends_on=[app]")]
    stack.program(program(*lines))
    assert "only one resource can" in stack.preview(expect_failure=True).output
    assert "only one resource can" in stack.up(expect_failure=True).output
    assert emulator.platform.application(app) is not None


@both_hosts
def test_adoption_that_failed_half_way_does_not_take_an_application_from_its_resource(
    emulator: Emulator, stack: Stack, app: str
) -> None:
    """Without a preview, the adopting resource may come first, which rotates the secret."""
    adopts = declared("b", f'url="https://b.example", {adopting(app)}')
    stack.config("olt:maxRetries", "0")
    emulator.add_fault(Fault(kind="status", status=403, method="POST", path="**/secret"))
    stack.program(program(adopts, declared("a", "", "depends_on=[app]")))
    stack.up(expect_failure=True)
    emulator.clear_faults()

    for command in (stack.preview, stack.up, stack.up):
        assert "only one resource can" in command(expect_failure=True).output
    stack.program(program(adopts))
    assert f"application {app} was not deleted" in stack.up().output
    assert_kept(emulator, stack, "b", app)


@pytest.mark.parametrize("arguments", [("--run-program",), long(())])
def test_destroy_deletes_what_the_program_declares(
    emulator: Emulator, stack: Stack, app: str, arguments: tuple[str, ...]
) -> None:
    stack.destroy(*arguments, preview=True)
    assert emulator.platform.application(app) is None
    assert ids(stack) == []


@pytest.mark.parametrize(
    ("options", "how"),
    [
        long('replace_on_changes=["url"]', ()),
        ('replace_on_changes=["url"], delete_before_replace=True', ()),
        long('replace_on_changes=["url"], ignore_changes=["status"]', ()),
        long('replacement_trigger="2"', ()),
        long("", ("--replace",)),
        long("delete_before_replace=True", ("--replace",)),
    ],
)
def test_replaced_application_is_deleted(
    emulator: Emulator,
    stack: Stack,
    app: str,
    owner: str,
    options: str,
    how: tuple[str, ...],
) -> None:
    emulator.platform.patch(app, status="inactive")
    stack.refresh()
    arguments = 'url="https://new.example", prevent_duplicate_name=False,'
    stack.program(
        program(declared("a", "prevent_duplicate_name=False,", 'replacement_trigger="1"'))
    )
    stack.up()
    stack.program(program(declared("a", arguments, options)))
    output = stack.up(*(item for each in how for item in (each, stack.resource("a")["urn"]))).output
    assert "was not deleted" not in output
    assert emulator.platform.application(app) is None
    (new,) = ids(stack)
    assert_kept(emulator, stack, "a", new)
    assert len(emulator.platform.applications(owner)) == 2


def test_replacement_that_failed_after_the_deletion_adopts_as_the_errors_advise(
    emulator: Emulator, stack: Stack, app: str, owner: str
) -> None:
    other = emulator.platform.register(owner, name="app")["id"]
    urn = stack.resource("a")["urn"]
    options = "delete_before_replace=True"
    stack.program(program(declared("a", options=options)))
    output = stack.up("--replace", urn, expect_failure=True).output
    assert other in output
    assert emulator.platform.application(app) is None

    stack.program(program(declared("a", adopting(other), options)))
    assert "`pulumi up --replace` with its URN" in stack.up(expect_failure=True).output
    stack.up("--replace", urn)
    assert_kept(emulator, stack, "a", other)


@pytest.mark.long
def test_removed_application_is_deleted_although_one_of_its_name_stays(
    emulator: Emulator, stack: Stack, app: str
) -> None:
    both = "prevent_duplicate_name=False,"
    stack.program(program(declared("a", both), declared("b", both)))
    stack.up()
    stays = stack.resource("b")["id"]
    stack.program(program(declared("b", both)))
    assert "was not deleted" not in stack.up(preview=True).output
    assert emulator.platform.application(app) is None
    assert_kept(emulator, stack, "b", stays)


@pytest.fixture
def used(emulator: Emulator, stack: Stack) -> tuple[str, str]:
    """The ID of an application that the stack manages as resource "a", and a tenant that uses it.

    The application may share its name, so that a replacement can be made while it exists.
    """
    user = new_tenant(emulator)
    arguments = f"allowed_tenants=[{user!r}], prevent_duplicate_name=False,"
    stack.program(program(declared("a", arguments)))
    stack.up()
    app = str(stack.resource("a")["id"])
    emulator.platform.install(app, user)
    return app, user


def test_pending_deletion_of_an_earlier_up_is_done(
    emulator: Emulator, stack: Stack, used: tuple[str, str]
) -> None:
    app, user = used
    urn = stack.resource("a")["urn"]
    assert "still installed" in stack.up("--replace", urn, expect_failure=True).output
    assert len(ids(stack)) == 2
    emulator.platform.uninstall(app, user)
    stack.up(preview=True)
    assert emulator.platform.application(app) is None
    assert len(ids(stack)) == 1


def way_out(refused: str) -> tuple[str, str]:
    """The variable and the value that the error of a refused deletion names."""
    ((variable, value),) = set(
        re.findall(r"run the same command with (\w+)=(\S+) in its environment", refused)
    )
    return variable, value


def test_pending_deletion_is_done_in_the_way_that_its_error_names(
    emulator: Emulator, stack: Stack, used: tuple[str, str]
) -> None:
    app, user = used
    urn = stack.resource("a")["urn"]
    stack.up("--replace", urn, expect_failure=True)
    refused = stack.up(expect_failure=True).output
    variable, value = re.findall(
        r"run the same command with (\w+)=(\S+) in its environment", refused
    )[0]
    bystander = new_tenant(emulator)
    assert emulator.platform.application(app) is not None

    other = stack.up(env={variable: bystander}, expect_failure=True)
    assert f"application {app} is still installed in tenant {user}" in other.output
    stack.up(env={variable: value}, preview=True)
    assert emulator.platform.application(app) is None
    assert len(ids(stack)) == 1
    assert app not in ids(stack)


def test_destroy_of_an_installed_application_is_done_in_the_way_that_its_error_names(
    emulator: Emulator, stack: Stack, app: str
) -> None:
    user = new_tenant(emulator)
    emulator.platform.allow(app, user)
    emulator.platform.install(app, user)
    refused = stack.destroy(expect_failure=True).output
    variable, value = re.findall(
        r"run the same command with (\w+)=(\S+) in its environment", refused
    )[0]
    wrong = stack.destroy(env={variable: "true"}, expect_failure=True).output
    assert "OLT_FORCE_DESTROY must list application IDs" in wrong
    stack.destroy(env={variable: value})
    assert emulator.platform.application(app) is None
    assert ids(stack) == []
