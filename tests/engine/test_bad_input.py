"""Bad input on the real engine: one line with the remedy, and no loss."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from olt_provider.emulator import Emulator, Fault
from tests.emulated import calls_of, new_tenant
from tests.engine.conftest import MakeStack
from tests.engine.harness import Result, Stack
from tests.engine.hosts import both_hosts, both_hosts_long
from tests.engine.olt import application, has_traceback, installed, reaching

pytestmark = [both_hosts_long]

APPLICATIONS = "/application-developer/applications"


@pytest.fixture
def stack(emulator: Emulator, new_stack: MakeStack, owner: str) -> Stack:
    stack = new_stack(installed(owner, allowed_tenants=[owner]))
    stack.env.update(reaching(emulator, emulator.token(owner)))
    return stack


def errors_of(result: Result) -> list[str]:
    """The lines of the summary with an error, each once."""
    _, _, summary = result.stdout.partition("Diagnostics:")
    lines = (line.strip() for line in summary.splitlines())
    return [line for line in lines if line.startswith("error:") or "OltError" in line]


def assert_one_line(result: Result, *parts: str) -> None:
    assert not has_traceback(result.output)
    lines = [line for line in errors_of(result) if "update failed" not in line]
    assert any(all(part in line for part in parts) for line in lines), lines


def expired(emulator: Emulator, owner: str) -> str:
    return emulator.token(owner, lifetime=-7200)


@pytest.mark.parametrize(
    ("token", "parts"),
    [
        (lambda emulator, owner: "", ["no credentials", "OLT_API_TOKEN"]),
        (expired, ["expired at", "2 hours ago"]),
    ],
)
def test_unusable_token_fails_the_preview(
    emulator: Emulator,
    stack: Stack,
    owner: str,
    token: Callable[[Emulator, str], str],
    parts: list[str],
) -> None:
    stack.env["OLT_API_TOKEN"] = token(emulator, owner)
    assert_one_line(stack.preview(expect_failure=True), *parts)
    assert calls_of(emulator) == []


def test_an_unchanged_stack_previews_without_credentials(stack: Stack) -> None:
    stack.up()
    stack.env["OLT_API_TOKEN"] = ""
    result = stack.preview()
    warning = stack.text("warning: olt: these credentials cannot make changes")
    assert warning in result.output
    assert "3 unchanged" in result.output


def test_an_unreachable_platform_is_named(stack: Stack) -> None:
    stack.env.update({"OLT_API_URL": "http://127.0.0.1:1/v1", "OLT_MAX_RETRIES": "0"})
    assert_one_line(stack.up(expect_failure=True), "could not connect to 127.0.0.1:1")


def test_wrong_base_url_is_named_in_the_error(emulator: Emulator, stack: Stack) -> None:
    emulator.add_fault(Fault(path="**", times=None, kind="html", status=404))
    assert_one_line(stack.up(expect_failure=True), "is http://127.0.0.1", "the platform's address")


def test_refused_token_is_reported(emulator: Emulator, stack: Stack, owner: str) -> None:
    with Emulator.start() as stranger:
        stack.env["OLT_API_TOKEN"] = stranger.token(owner)
    assert_one_line(stack.up(expect_failure=True), "returned 401", owner)


def test_a_missing_permission_comes_with_the_platforms_words(
    emulator: Emulator, stack: Stack, owner: str
) -> None:
    stack.env["OLT_API_TOKEN"] = emulator.token(owner, role="reader")
    result = stack.up(expect_failure=True)
    assert_one_line(result, f"POST {APPLICATIONS}", "returned 403", "ID_FORBIDDEN", "owner and")
    assert emulator.platform.applications(owner) == []


def test_installation_in_a_tenant_that_is_not_allowed_is_reported(
    emulator: Emulator, stack: Stack, owner: str
) -> None:
    stack.program(installed(owner, allowed_tenants={}))
    result = stack.up(expect_failure=True)
    assert_one_line(result, "Not installed", "its owner has not allowed this tenant")
    assert stack.resource("app")["id"] == emulator.platform.applications(owner)[0]["id"]


def test_installation_of_an_unknown_application_is_reported(stack: Stack, owner: str) -> None:
    stack.program(
        "from olt_provider import OltInstallation\n"
        "OltInstallation('installation', "
        "application_id='9aa3b618-8cd2-4dc0-b7a1-da6df60af254')\n"
    )
    assert_one_line(stack.up(expect_failure=True), "Not installed", "or the ID is wrong")


@both_hosts
def test_every_wrong_input_is_named_at_once(stack: Stack) -> None:
    stack.program(
        application(
            name=" ",
            tenant_id="zz",
            url="example",
            redirect_uris=["https://*"],
            status="paused",
            allowed_tenants=["9aa3b618-8cd2-4dc0-b7a1-da6df60af254"] * 2,
        )
    )
    result = stack.preview(expect_failure=True)
    for name in ("name", "tenant_id", "url", "redirect_uris", "status", "allowed_tenants"):
        assert f"resource 'app' has a problem: {stack.name_of(name)}: " in result.output
    assert not has_traceback(result.output)


HUSH = "hush-hush"
MISPLACED = f"""
import pulumi
from olt_provider import AdoptArgs, OltApplication, OltInstallation

def secret(value):
    return pulumi.Output.secret(value)

HUSH = "{HUSH}"
ID = "9aa3b618-8cd2-4dc0-b7a1-da6df60af254"
"""
EACH_MISPLACED = {
    (
        *("adopt", "tenant_id", "url", "redirect_uris", "status", "allowed_tenants"),
        *("rotate_secret_when_changed", "with_public_oauth2_client"),
    ): """
OltApplication(
    "app",
    adopt=AdoptArgs(secret(HUSH), ID),
    tenant_id=secret(HUSH),
    url=secret(HUSH),
    redirect_uris=[secret(HUSH), "https://example.com"],
    status=secret(HUSH),
    allowed_tenants=secret({HUSH: HUSH}),
    rotate_secret_when_changed=secret(HUSH),
    with_public_oauth2_client=secret(HUSH),
)
""",
    ("adopt", "allowed_tenants"): """
OltApplication(
    "app", adopt=AdoptArgs(ID, secret([HUSH])), allowed_tenants=secret({ID: [HUSH]})
)
""",
    ("allowed_tenants",): """
OltApplication("app", allowed_tenants=secret([ID, {"tenant_id": ID, "comment": HUSH}]))
""",
    ("application_id", "tenant_id"): """
OltInstallation("app", application_id=secret(HUSH), tenant_id=secret(HUSH))
""",
}


@pytest.mark.parametrize(
    ("command", "named", "program"),
    [
        *(("preview", *misplaced) for misplaced in EACH_MISPLACED.items()),
        ("up --yes --skip-preview", *next(iter(EACH_MISPLACED.items()))),
        ("preview --json", *next(iter(EACH_MISPLACED.items()))),
    ],
)
def test_a_declared_secret_that_is_refused_is_not_shown(
    stack: Stack, command: str, named: tuple[str, ...], program: str
) -> None:
    stack.program(MISPLACED + program)
    result = stack.run(*command.split(), expect_failure=True)
    assert HUSH not in result.output
    for name in named:
        assert f"resource 'app' has a problem: {stack.name_of(name)}: " in result.output


def test_an_output_as_a_tenants_key_shows_the_other_form(stack: Stack, owner: str) -> None:
    stack.program(
        "import pulumi\n"
        "from olt_provider import OltApplication\n"
        f"OltApplication('app', allowed_tenants={{pulumi.Output.from_input({owner!r}): ''}})\n"
    )
    result = stack.preview(expect_failure=True)
    assert "allowed_tenants=[AllowedTenantArgs(tenant_id=" in result.output


@pytest.mark.parametrize("command", ["refresh", "destroy"])
def test_a_404_that_proves_nothing_loses_nothing(
    emulator: Emulator, stack: Stack, owner: str, command: str
) -> None:
    stack.up()
    emulator.add_fault(Fault(path="/**/{applicationId}/**", kind="not_found", times=None))
    emulator.add_fault(Fault(path="/**/{applicationId}", kind="not_found", times=None))
    before = stack.resources()
    result = stack.run(command, "--yes", "--skip-preview", expect_failure=True)
    assert_one_line(result, "a 404 does not prove that it is gone")
    assert [item["id"] for item in stack.resources() if "id" in item] == [
        item["id"] for item in before if "id" in item
    ]
    assert len(emulator.platform.applications(owner)) == 1


def test_credentials_of_another_tenant_never_replace(
    emulator: Emulator, stack: Stack, owner: str
) -> None:
    stack.program(application())
    stack.up()
    other = new_tenant(emulator)
    stack.env["OLT_API_TOKEN"] = emulator.token(other)
    for result in (stack.preview(expect_failure=True), stack.up(expect_failure=True)):
        assert_one_line(result, owner, other)
    assert stack.resource("app")["outputs"]["tenant_id"] == owner


def test_debugging_keeps_tracebacks(emulator: Emulator, stack: Stack) -> None:
    emulator.add_fault(Fault(method="POST", kind="status", status=403, times=1))
    result = stack.up(expect_failure=True, env={"OLT_DEBUG": "1"})
    assert "Traceback (most recent call last)" in result.output
