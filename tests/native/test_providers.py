"""Credentials and explicit providers of the native form."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from olt_provider._version import __version__
from olt_provider.emulator import TENANT_A, TENANT_B, Emulator
from tests.emulated import calls_of
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
    tenant_tokens={config.require("tenant"): config.require("token")},
)
app = OltApplication("app", opts=pulumi.ResourceOptions(provider=other))
pulumi.export("client_secret", app.client_secret)
"""
)


@pytest.fixture(scope="module")
def other_emulator() -> Iterator[Emulator]:
    with Emulator.start() as running:
        yield running


def test_explicit_provider_uses_its_own_credentials_and_keeps_them_encrypted(
    emulator: Emulator, other_emulator: Emulator, new_stack: MakeStack
) -> None:
    token = other_emulator.token(TENANT_B)
    stack = new_stack(EXPLICIT)
    stack.config("otherUrl", other_emulator.api_url)
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
