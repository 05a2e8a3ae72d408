"""Credentials in pipelines: outdated ones, many tenants, every source."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from olt_provider.emulator import PORTAL_CLIENT, Emulator
from tests.emulated import calls_of, new_tenant
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.hosts import both_hosts_long
from tests.engine.olt import application, has_traceback, installed, reaching
from tests.long import long

pytestmark = [both_hosts_long]

TOKEN = "/id/auth/realms/olt/protocol/openid-connect/token"
HINT = "set OLT_API_TOKEN in the environment, or add --run-program"


@pytest.fixture
def addresses(emulator: Emulator) -> dict[str, str]:
    env = reaching(emulator, "")
    del env["OLT_API_TOKEN"]
    return env


@pytest.mark.long
def test_expired_stored_credentials_are_reported_and_can_be_replaced(
    emulator: Emulator, new_stack: MakeStack, owner: str, addresses: dict[str, str]
) -> None:
    dead, live = emulator.token(owner, lifetime=-90000), emulator.token(owner)
    stack = new_stack(installed(owner, allowed_tenants=[owner]))
    stack.env.update(addresses)
    stack.config("olt:apiToken", dead, secret=True)
    current = {"OLT_API_TOKEN": live}
    stack.up(env=current)  # the engine stores the dead token beside what the live one made
    application_id = stack.resource("app")["id"]

    commands: list[tuple[str, ...]] = [
        ("refresh", "--yes", "--skip-preview"),
        ("preview", "--refresh"),
        ("up", "--refresh", "--yes", "--skip-preview"),
        ("destroy", "--yes", "--skip-preview"),
    ]
    for command in commands:
        result = stack.run(*command, expect_failure=True)
        assert HINT in result.output
        assert "expired at" in result.output
        assert "1 day ago" in result.output
        assert not has_traceback(result.output)
    assert emulator.platform.application(application_id) is not None
    assert stack.resource("app")["id"] == application_id

    for command in commands:
        stack.run(*command, env=current)
    assert emulator.platform.application(application_id) is None

    stack.up(env=current)
    stack.config("olt:apiToken", live, secret=True)
    for command in commands:
        stack.run(*command, "--run-program")
    assert stack.resources() == []


MANY = """
import pulumi
from olt_provider import OltApplication, OltInstallation, Provider
config = pulumi.Config()
owner, *users = config.require_object("tenants")
app = OltApplication("app", tenant_id=owner, allowed_tenants=users)
for user in users:
    OltInstallation(f"installation-{user}", application_id=app.id, tenant_id=user)
"""

PROVIDERS = """
import pulumi
from olt_provider import OltApplication, OltInstallation, Provider
config = pulumi.Config()
owner, *users = config.require_object("tenants")
tokens = config.require_secret_object("tokens")

def provider(tenant):
    token = tokens.apply(lambda known: known[tenant])
    return pulumi.ResourceOptions(provider=Provider(
        f"tenant-{tenant}", api_url=config.require("apiUrl"),
        identity_url=config.require("apiUrl"), api_token=token,
    ))

app = OltApplication("app", allowed_tenants=users, opts=provider(owner))
for user in users:
    OltInstallation(f"installation-{user}", application_id=app.id, opts=provider(user))
"""


def of_tokens(emulator: Emulator, tenants: list[str]) -> dict[str, str]:
    tokens = {tenant: emulator.token(tenant) for tenant in tenants}
    return {"OLT_TENANT_TOKENS": json.dumps(tokens)}


def of_deployer(emulator: Emulator, tenants: list[str]) -> dict[str, str]:
    deployer = emulator.platform.register(tenants[0], name="deployer", allowed_tenants=tenants)
    for tenant in tenants:
        emulator.platform.install(deployer["id"], tenant)
    client = deployer["oauth2Client"]
    return {"OLT_CLIENT_ID": client["id"], "OLT_CLIENT_SECRET": client["secret"]}


def of_refresh_token(emulator: Emulator, tenants: list[str]) -> dict[str, str]:
    return {
        "OLT_REFRESH_TOKEN": emulator.refresh_token(tenants),
        "OLT_CLIENT_ID": PORTAL_CLIENT,
    }


@pytest.fixture
def tenants(emulator: Emulator, owner: str) -> list[str]:
    return [owner, new_tenant(emulator), new_tenant(emulator)]


def assert_deployed(emulator: Emulator, stack: Stack, users: list[str]) -> None:
    application_id = stack.resource("app")["id"]
    there = {item["tenantId"] for item in emulator.platform.installations(application_id)}
    assert there == set(users)


@pytest.mark.parametrize(
    ("source", "tokens"), [long(of_tokens, 0), (of_deployer, 3), long(of_refresh_token, 3)]
)
def test_one_up_deploys_to_many_tenants(
    emulator: Emulator,
    new_stack: MakeStack,
    tenants: list[str],
    addresses: dict[str, str],
    source: Any,
    tokens: int,
) -> None:
    stack = new_stack(MANY)
    stack.env.update(addresses | source(emulator, tenants))
    stack.config("tenants", json.dumps(tenants))
    stack.preview()
    assert calls_of(emulator) == []  # no token is fetched in a preview
    stack.up()
    assert_deployed(emulator, stack, tenants[1:])
    fetched = Counter(call.tenant for call in calls_of(emulator) if call.path == TOKEN)
    assert sum(fetched.values()) == tokens
    assert set(fetched.values()) <= {1}
    stack.destroy()


@pytest.mark.long
def test_an_explicit_provider_per_tenant_takes_its_token_as_an_output(
    emulator: Emulator, new_stack: MakeStack, tenants: list[str]
) -> None:
    stack = new_stack(PROVIDERS)
    tokens = {tenant: emulator.token(tenant) for tenant in tenants}
    stack.config("tenants", json.dumps(tenants))
    stack.config("apiUrl", emulator.api_url)
    stack.config("tokens", json.dumps(tokens), secret=True)
    stack.up()
    assert_deployed(emulator, stack, tenants[1:])
    kept = stack.state_file.read_text()
    assert not any(token in kept for token in tokens.values())

    renewed = {tenant: emulator.token(tenant) for tenant in tenants}
    stack.config("tokens", json.dumps(renewed), secret=True)
    emulator.clear_calls()
    stack.up()  # another token changes no resource
    assert calls_of(emulator) == []
    stack.destroy()


def test_credentials_in_plain_text_are_warned_of_once(
    emulator: Emulator, new_stack: MakeStack, owner: str, addresses: dict[str, str]
) -> None:
    stack = new_stack(installed(owner, allowed_tenants=[owner]))
    stack.env.update(addresses)
    stack.config("olt:apiToken", emulator.token(owner))
    _, _, summary = stack.preview().output.partition("Diagnostics:")
    assert summary.count("pulumi config set --secret olt:apiToken") == 1
    stack.unset("olt:apiToken")
    stack.config("olt:apiToken", emulator.token(owner), secret=True)
    assert "plain text" not in stack.preview().output


@pytest.mark.long
def test_tokens_set_one_by_one_with_a_path_are_read_as_secrets(
    emulator: Emulator, new_stack: MakeStack, owner: str, addresses: dict[str, str]
) -> None:
    stack = new_stack(application(tenant_id=owner))
    stack.env.update(addresses)
    stack.config(f"olt:tenantTokens.{owner}", emulator.token(owner), secret=True, path=True)
    result = stack.up()
    assert "plain text" not in result.output
    assert len(emulator.platform.applications(owner)) == 1


def test_each_token_in_plain_text_beside_a_secret_one_is_warned_of(
    emulator: Emulator, new_stack: MakeStack, owner: str, addresses: dict[str, str]
) -> None:
    plain, secret = new_tenant(emulator), new_tenant(emulator)
    stack = new_stack(application(tenant_id=owner))
    stack.env.update(addresses)
    stack.config(f"olt:tenantTokens.{owner}", emulator.token(owner), path=True)
    stack.config(f"olt:tenantTokens.{plain}", emulator.token(plain), path=True)
    for _ in range(2):
        _, _, summary = stack.preview().output.partition("Diagnostics:")
        for tenant in (owner, plain):
            command = f"pulumi config set --secret --path olt:tenantTokens.{tenant}`"
            assert summary.count(command) == 1
        assert f"tenantTokens.{secret}" not in summary
        # the engine now marks the whole key as secret, the plain ones included
        stack.config(f"olt:tenantTokens.{secret}", emulator.token(secret), secret=True, path=True)
    for tenant in (owner, plain):
        stack.config(f"olt:tenantTokens.{tenant}", emulator.token(tenant), secret=True, path=True)
    assert "plain text" not in stack.preview().output


def test_a_token_in_plain_text_is_found_where_the_project_keeps_its_settings(
    emulator: Emulator, new_stack: MakeStack, owner: str, addresses: dict[str, str]
) -> None:
    stack = new_stack(application(tenant_id=owner))
    stack.env.update(addresses)
    stack.config(f"olt:tenantTokens.{owner}", emulator.token(owner), secret=True, path=True)
    other = new_tenant(emulator)
    stack.config(f"olt:tenantTokens.{other}", emulator.token(other), path=True)
    for name, place in (
        ("settings", stack.settings_file),
        ("program", stack.folder / "__main__.py"),
    ):
        (stack.folder / name).mkdir()
        place.rename(stack.folder / name / place.name)
    project = stack.folder / "Pulumi.yaml"
    project.write_text(project.read_text() + "main: program\nstackConfigDir: settings\n")
    assert f"--secret --path olt:tenantTokens.{other}`" in stack.preview().output


def test_a_token_that_soon_expires_is_a_warning(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = new_stack(application())
    stack.env.update(reaching(emulator, emulator.token(owner, lifetime=1800)))
    result = stack.preview()
    assert f"for tenant {owner} expires at" in result.output
    assert "29 minutes from now" in result.output
