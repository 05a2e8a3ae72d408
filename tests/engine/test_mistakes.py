"""Mistakes in configuration and programs are reported early, in one line, on the real engine."""

from __future__ import annotations

import pytest

from olt_provider.emulator import Emulator
from tests.emulated import calls_of
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.hosts import both_hosts_long, dynamic_only
from tests.engine.olt import application, has_traceback, reaching
from tests.engine.test_bad_input import assert_one_line

pytestmark = [both_hosts_long]


@pytest.fixture
def stack(emulator: Emulator, new_stack: MakeStack, owner: str) -> Stack:
    stack = new_stack(application(name="Sample"))
    stack.env.update(reaching(emulator, emulator.token(owner)))
    return stack


def test_unknown_key_fails_a_preview_and_names_the_nearest_key(
    emulator: Emulator, stack: Stack
) -> None:
    stack.config("olt:apiURL", "http://127.0.0.1:1/v1")
    result = stack.preview(expect_failure=True)
    assert_one_line(result, "olt:apiURL is not a setting: use olt:apiUrl", "pulumi config rm")
    assert calls_of(emulator) == []


def test_unknown_key_of_an_unchanged_stack_is_a_warning_and_fails_a_change(
    emulator: Emulator, stack: Stack
) -> None:
    stack.up()
    stack.config("olt:tenent", "x")
    result = stack.preview()
    assert "olt:tenent is not a setting: use olt:tenantId" in result.output
    assert "2 unchanged" in result.output
    emulator.clear_calls()
    stack.program(application(name="Changed"))
    assert_one_line(stack.up(expect_failure=True), "olt:tenent is not a setting")
    assert calls_of(emulator) == []


EXPLICIT = """
import pulumi
from olt_provider import OltApplication
other = pulumi.ProviderResource("pulumi-python", "other", {"olt:identityURL": "http://x"})
OltApplication("app", opts=pulumi.ResourceOptions(provider=other))
"""


@dynamic_only("the arguments of a Provider of the native form are declared by its class")
def test_unknown_key_of_an_explicit_provider_fails_the_preview(stack: Stack) -> None:
    stack.program(EXPLICIT)
    result = stack.preview(expect_failure=True)
    assert_one_line(result, "olt:identityURL is not a setting: use olt:identityUrl")


LOOK_UP = """
from olt_provider import list_applications
list_applications()
"""


def test_unknown_key_fails_a_look_up(emulator: Emulator, stack: Stack) -> None:
    stack.program(LOOK_UP)
    stack.config("olt:api_token", "x")
    result = stack.preview(expect_failure=True)
    assert "olt:api_token is not a setting: use olt:apiToken" in result.output
    assert calls_of(emulator) == []


SECOND_POSITION = """
import pulumi
from olt_provider import OltApplication, OltBackgroundApplication, OltInstallation, Provider
provider = Provider("provider", pulumi.ResourceOptions(), api_url={api!r}, identity_url={api!r},
                    api_token={token!r})
options = pulumi.ResourceOptions(provider=provider)
app = OltApplication("app", options, allowed_tenants=[{{"tenant_id": {owner!r}, "comment": "x"}}])
installation = OltInstallation("installation", options, application_id=app.id)
OltApplication.get("same", app.id, options)
OltInstallation.get("installed", installation.id, options)
job = OltBackgroundApplication("job", pulumi.ResourceOptions(providers=[provider]), tenants=[])
OltApplication("adopted", options, name="adopted", adopt={{"application_id": {other!r}}})
"""


def test_options_in_the_second_position_and_arguments_as_dicts_are_accepted(
    emulator: Emulator, stack: Stack, owner: str
) -> None:
    other = emulator.platform.register(owner, name="adopted")["id"]
    token = emulator.token(owner)
    stack.env.clear()
    stack.program(
        SECOND_POSITION.format(api=emulator.api_url, token=token, owner=owner, other=other)
    )
    stack.up()
    assert stack.resource("adopted")["id"] == other
    assert stack.resource("app")["outputs"]["allowed_tenants"] == {owner: "x"}
    assert stack.resource("same")["outputs"]["tenant_id"] == owner
    assert stack.resource("installed")["outputs"]["installed_at"]


LOOK_UPS = {
    "plain": "get_application('9aa3b618-8cd2-4dc0-b7a1-da6df60af254')",
    "of an output": "get_application_output(pulumi.Output.from_input('9aa3b618-8cd2-4dc0-b7a1-"
    "da6df60af254'))",
    "wrong ID": "get_application('x')",
    "installation": "get_installation_output('9aa3b618-8cd2-4dc0-b7a1-da6df60af254')",
}


@pytest.mark.parametrize("call", LOOK_UPS.values(), ids=list(LOOK_UPS))
def test_look_up_that_fails_shows_one_line_without_a_traceback(stack: Stack, call: str) -> None:
    stack.program(f"import pulumi\nfrom olt_provider import *\npulumi.export('x', {call})\n")
    result = stack.preview(expect_failure=True)
    assert not has_traceback(result.output)
    assert 'File "' not in result.output
    assert "9aa3b618" in result.output or "'x' is not a UUID" in result.output


def test_look_up_that_fails_can_be_handled_by_the_program(stack: Stack) -> None:
    stack.program(
        "import pulumi\nfrom olt_provider import OltError, get_application\n"
        "try:\n    get_application('9aa3b618-8cd2-4dc0-b7a1-da6df60af254')\n"
        "except OltError as error:\n    pulumi.export('handled', str(error))\n"
    )
    stack.up()
    assert "404" in stack.outputs()["handled"]
