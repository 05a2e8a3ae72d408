"""Mistakes in configuration and programs are reported early, in one line. On the real engine."""

from __future__ import annotations

import pytest

from olt_provider.emulator import Emulator
from tests.emulated import calls_of
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.olt import application, reaching
from tests.engine.test_bad_input import assert_one_line


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
