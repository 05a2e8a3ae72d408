"""Credentials and explicit providers of the native form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from olt_provider._version import __version__
from olt_provider.emulator import PORTAL_CLIENT, TENANT_A, TENANT_B, Emulator
from tests.emulated import calls_of
from tests.engine.harness import Stack
from tests.engine.olt import application as dynamic_application
from tests.engine.olt import reaching
from tests.native.conftest import MakeStack
from tests.native.stacks import application, native

EXPLICIT = native(
    """
import pulumi
from olt_provider import OltApplication, Provider

config = pulumi.Config()
other = Provider(
    "other",
    api_url=config.require("otherUrl"),
    identity_url=config.require("otherUrl"),
    {credentials}
    opts=pulumi.ResourceOptions({options}),
)
app = OltApplication("app", opts=pulumi.ResourceOptions(provider=other))
pulumi.export("client_secret", app.client_secret)
"""
)


@pytest.fixture(scope="module")
def other_emulator() -> Iterator[Emulator]:
    with Emulator.start() as running:
        yield running


def hosts(emulator: Emulator) -> dict[str, str]:
    return {"OLT_API_URL": emulator.api_url, "OLT_IDENTITY_URL": emulator.identity_url}


def explicit(new_stack: MakeStack, other: Emulator, credentials: str, options: str = "") -> Stack:
    stack = new_stack(EXPLICIT.format(credentials=credentials, options=options))
    stack.config("otherUrl", other.api_url)
    return stack


def test_explicit_provider_uses_its_own_credentials_and_keeps_them_encrypted(
    emulator: Emulator, other_emulator: Emulator, new_stack: MakeStack
) -> None:
    token = other_emulator.token(TENANT_B)
    stack = explicit(
        new_stack,
        other_emulator,
        'tenant_tokens={config.require("tenant"): config.require("token")},',
    )
    stack.config("tenant", TENANT_B)
    stack.config("token", token)
    stack.env.update(reaching(emulator, emulator.token(TENANT_A)))
    emulator.clear_calls()
    stack.up()
    stack.refresh()
    assert calls_of(emulator) == []
    assert other_emulator.platform.application(stack.resource("app")["id"]) is not None
    provider = stack.resource("other")
    assert set(provider["inputs"]["tenantTokens"]) >= {"ciphertext"}
    assert token not in json.dumps(provider)
    stack.destroy()
    assert other_emulator.platform.applications(TENANT_B) == []


def test_mapped_variable_reaches_an_explicit_provider_also_at_refresh_and_destroy(
    emulator: Emulator, other_emulator: Emulator, new_stack: MakeStack
) -> None:
    mapping = 'env_var_mappings={"TOKEN_OF_OTHER": "OLT_API_TOKEN"}'
    stack = explicit(new_stack, other_emulator, "", mapping)
    stack.env.update(reaching(emulator, emulator.token(TENANT_A)))
    stack.env["TOKEN_OF_OTHER"] = other_emulator.token(TENANT_B)
    emulator.clear_calls()
    stack.up()
    stack.refresh()
    stack.destroy()
    assert calls_of(emulator) == []
    assert other_emulator.platform.applications(TENANT_B) == []


def test_environment_credentials_of_another_platform_do_not_reach_an_explicit_provider(
    emulator: Emulator, other_emulator: Emulator, new_stack: MakeStack
) -> None:
    stack = explicit(new_stack, other_emulator, "")
    stack.env.update(reaching(emulator, emulator.token(TENANT_A)))
    other_emulator.clear_calls()
    shown = stack.up(expect_failure=True).output
    assert "the Provider calls" in shown
    assert calls_of(other_emulator) == []


SOURCES = ["apiToken", "tenantTokens", "clientCredentials", "refreshToken"]


def credentials(emulator: Emulator, source: str) -> dict[str, Any]:
    if source == "apiToken":
        return {"apiToken": emulator.token(TENANT_A)}
    if source == "tenantTokens":
        return {"tenantTokens": json.dumps({TENANT_A: emulator.token(TENANT_A)})}
    if source == "refreshToken":
        return {"refreshToken": emulator.refresh_token([TENANT_A]), "clientId": PORTAL_CLIENT}
    registered = emulator.platform.register(
        TENANT_A, name=f"deployer {source}", allowed_tenants=[TENANT_A]
    )
    emulator.platform.install(registered["id"], TENANT_A)
    client = registered["oauth2Client"]
    return {"clientId": client["id"], "clientSecret": client["secret"]}


@pytest.mark.parametrize("source", SOURCES)
def test_stack_configuration_holds_each_source_of_credentials(
    emulator: Emulator, new_stack: MakeStack, source: str
) -> None:
    stack = new_stack(application(name=f"Sample {source}"))
    stack.config("olt:tenantId", TENANT_A)
    stack.env.update(hosts(emulator))
    for key, value in credentials(emulator, source).items():
        stack.config(f"olt:{key}", value, secret=True)
    stack.up()
    assert emulator.platform.application(stack.resource("app")["id"]) is not None
    stack.destroy()


def test_misspelled_setting_is_an_error_that_names_the_right_one(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = new_stack(application())
    stack.config("olt:apiUrls", "https://example.com")
    stack.env.update(reaching(emulator, emulator.token(owner)))
    shown = stack.preview(expect_failure=True).output
    assert "olt:apiUrls is not a setting: use olt:apiUrl" in shown


def test_dead_stored_token_names_the_way_to_bring_another(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = new_stack(application())
    stack.env.update(hosts(emulator))
    stack.config("olt:apiToken", emulator.token(owner, lifetime=-3600), secret=True)
    stack.preview(expect_failure=True)
    stack.env["OLT_API_TOKEN"] = emulator.token(owner)
    stack.up()
    del stack.env["OLT_API_TOKEN"]
    shown = stack.refresh(expect_failure=True).output
    assert "set OLT_API_TOKEN in the environment, or add --run-program" in shown


def test_sdk_of_another_version_than_the_plugin_is_a_warning_in_every_run(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = new_stack(application('version="99.0.0"'))
    stack.env.update(reaching(emulator, emulator.token(owner)))
    warning = (
        f"the program's SDK is of version 99.0.0, but the plugin is of version {__version__}: "
        "install the same version of both"
    )
    for run in (stack.preview, stack.up, stack.destroy):
        assert warning in run().output, run


def test_mixed_stack_of_both_forms_is_deployed_and_destroyed(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    program = dynamic_application(name="Dynamic").replace('"app"', '"dynamic"')
    stack = new_stack(program + application(name="Native").replace("pulumi.export", "print"))
    stack.env.update(reaching(emulator, emulator.token(owner)))
    stack.up()
    names = {each["name"] for each in emulator.platform.applications(owner)}
    assert names == {"Dynamic", "Native"}
    stack.destroy()
    assert emulator.platform.applications(owner) == []
