"""An explicit provider calls its own platform with its own credentials, in any environment."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from olt_provider.emulator import TENANT_A, TENANT_B, Emulator
from tests.emulated import calls_of, new_tenant
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.hosts import both_hosts_long, dynamic_only
from tests.engine.olt import application, has_traceback, reaching

pytestmark = [both_hosts_long]

PROGRAM = """
import pulumi
from olt_provider import OltApplication, Provider

config = pulumi.Config()
other = Provider(
    "other",
    {arguments}
    opts=pulumi.ResourceOptions({options}),
)
app = OltApplication("app", opts=pulumi.ResourceOptions(provider=other))
"""
HOSTS = """api_url=config.require("otherUrl"),
    identity_url=config.require("otherUrl"),"""
TOKEN = """
    api_token=config.require_secret("otherToken"),"""
MAPPED = 'env_var_mappings={"TOKEN_OF_OTHER": "OLT_API_TOKEN"}'

REFRESHING = [
    ("refresh", "--yes", "--skip-preview"),
    ("preview", "--refresh"),
    ("up", "--refresh", "--yes", "--skip-preview"),
]
DESTROYING = ("destroy", "--yes", "--skip-preview")


@pytest.fixture(scope="module")
def other_emulator() -> Iterator[Emulator]:
    with Emulator.start() as running:
        yield running


@pytest.fixture
def other(other_emulator: Emulator) -> Emulator:
    """A second platform."""
    other_emulator.clear_calls()
    return other_emulator


def made(
    new_stack: MakeStack, emulator: Emulator, other: Emulator, arguments: str, options: str = ""
) -> Stack:
    """A stack whose environment has hosts and a token of the first platform."""
    stack = new_stack(PROGRAM.format(arguments=arguments, options=options))
    stack.env.update(reaching(emulator, emulator.token(TENANT_A)))
    stack.config("otherUrl", other.api_url)
    return stack


def refused(other: Emulator) -> list[int]:
    """The statuses of what the second platform refused: a token of the first is one."""
    return [call.status for call in calls_of(other) if call.status and call.status >= 400]


def test_its_own_credentials_and_hosts_win_over_the_environment(
    emulator: Emulator, other: Emulator, new_stack: MakeStack
) -> None:
    stack = made(new_stack, emulator, other, HOSTS + TOKEN)
    stack.config("otherToken", other.token(TENANT_B), secret=True)
    stack.up()
    application_id = stack.resource("app")["id"]
    assert stack.resource("app")["outputs"]["tenant_id"] == TENANT_B
    assert other.platform.application(application_id) is not None
    for command in REFRESHING:
        stack.run(*command)
    stack.run(*DESTROYING)
    assert other.platform.application(application_id) is None
    assert refused(other) == []
    assert calls_of(emulator) == []


def test_credentials_of_the_environment_do_not_reach_its_hosts(
    emulator: Emulator, other: Emulator, new_stack: MakeStack
) -> None:
    stack = made(new_stack, emulator, other, HOSTS)
    for command in ("preview", "up"):
        arguments = ("--yes", "--skip-preview") if command == "up" else ()
        result = stack.run(command, *arguments, expect_failure=True)
        assert f"the Provider calls {other.api_url}, but has no credentials" in result.output
        assert "OLT_API_TOKEN in the environment is for" in result.output
        assert not has_traceback(result.output)
    assert calls_of(emulator) == calls_of(other) == []


@pytest.mark.long
def test_env_var_mappings_hand_it_a_variable_at_every_command(
    emulator: Emulator, other: Emulator, new_stack: MakeStack
) -> None:
    stack = made(new_stack, emulator, other, HOSTS, MAPPED)
    current = {"TOKEN_OF_OTHER": other.token(TENANT_B)}
    stack.up(env=current)
    application_id = stack.resource("app")["id"]
    for command in REFRESHING:
        stack.run(*command, env=current)
    assert refused(other) == []
    other.clear_calls()
    for command in [*REFRESHING, DESTROYING]:  # the variable is not set: nothing takes its place
        stack.run(*command, expect_failure=True)
    assert calls_of(other) == []
    stack.run(*DESTROYING, env=current)
    assert other.platform.application(application_id) is None
    assert refused(other) == []
    assert calls_of(emulator) == []


@pytest.mark.long
def test_a_mapped_variable_replaces_a_stored_token_that_is_dead(
    emulator: Emulator, other: Emulator, new_stack: MakeStack
) -> None:
    stack = made(new_stack, emulator, other, HOSTS + TOKEN, MAPPED)
    stack.config("otherToken", other.token(TENANT_B, lifetime=-90000), secret=True)
    current = {"TOKEN_OF_OTHER": other.token(TENANT_B)}
    stack.up(env=current)
    for command in [*REFRESHING, DESTROYING]:
        result = stack.run(*command, expect_failure=True)
        assert "expired at" in result.output
        hint = "pass it OLT_API_TOKEN with env_var_mappings in its options"
        assert stack.text(hint) in result.output
        assert not has_traceback(result.output)
    for command in REFRESHING:
        stack.run(*command, env=current)
    stack.config("otherToken", other.token(TENANT_B), secret=True)
    for command in [*REFRESHING, DESTROYING]:
        stack.run(*command, "--run-program")
    assert stack.resources() == []
    assert refused(other) == []
    assert calls_of(emulator) == []


def test_without_hosts_and_credentials_it_uses_those_of_the_environment(
    emulator: Emulator, other: Emulator, new_stack: MakeStack, owner: str
) -> None:
    customer = new_tenant(emulator)
    stack = made(new_stack, emulator, other, f"tenant_id={customer!r},")
    del stack.env["OLT_API_TOKEN"]
    tokens = {each: emulator.token(each) for each in (owner, customer)}
    stack.env["OLT_TENANT_TOKENS"] = json.dumps(tokens)
    stack.up()
    stack.refresh()
    assert len(emulator.platform.applications(customer)) == 1
    stack.destroy()
    assert calls_of(other) == []


@dynamic_only("no version of the native form was released without that argument")
def test_a_provider_of_an_earlier_version_is_updated_and_nothing_else(
    emulator: Emulator, other: Emulator, new_stack: MakeStack
) -> None:
    stack = made(new_stack, emulator, other, HOSTS + TOKEN)
    stack.config("otherToken", other.token(TENANT_B), secret=True)
    stack.up()
    state = json.loads(stack.state_file.read_text())
    for each in state["checkpoint"]["latest"]["resources"]:
        if each["urn"] == stack.resource("other")["urn"]:
            del each["inputs"]["olt:explicit"], each["outputs"]["olt:explicit"]
    stack.state_file.write_text(json.dumps(state))
    steps = stack.preview_json()["changeSummary"]
    assert steps == {"same": 2, "update": 1}
    stack.up()
    stack.destroy()
    assert refused(other) == []
    assert calls_of(emulator) == []


@pytest.mark.long
def test_the_stacks_own_provider_still_prefers_the_environment(
    emulator: Emulator, other: Emulator, new_stack: MakeStack
) -> None:
    stack = new_stack(application())
    stack.config("olt:apiUrl", emulator.api_url)
    stack.config("olt:identityUrl", emulator.identity_url)
    stack.config("olt:apiToken", emulator.token(TENANT_A, lifetime=-90000), secret=True)
    stack.env["OLT_API_TOKEN"] = emulator.token(TENANT_A)
    stack.up()
    stack.refresh()
    stack.destroy()
