"""Previews of the native form that the dynamic form cannot have."""

from __future__ import annotations

from typing import Any

from olt_provider.emulator import Emulator
from tests.emulated import calls_of
from tests.engine.harness import Stack
from tests.engine.olt import reaching, steps_of
from tests.native.conftest import MakeStack
from tests.native.stacks import native

DEPENDENTS = """
import pulumi
from olt_provider import OltApplication
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Held(ResourceProvider):
    def create(self, props):
        return CreateResult("held", props)


class Dependent(Resource):
    value: pulumi.Output[str]

    def __init__(self, name, value):
        super().__init__(Held(), name, {{"value": value}})


app = OltApplication("app", with_public_oauth2_client=True, {arguments})
Dependent("of-id", app.client_id)
Dependent("of-secret", app.client_secret)
Dependent("of-public-id", app.public_client_id.apply(str))
"""


def dependents(**declared: Any) -> str:
    arguments = ", ".join(f"{key}={value!r}" for key, value in declared.items())
    return native(DEPENDENTS.format(arguments=arguments))


def deployed(new_stack: MakeStack, emulator: Emulator, owner: str, program: str) -> Stack:
    stack = new_stack(program)
    stack.env.update(reaching(emulator, emulator.token(owner)))
    stack.up()
    emulator.clear_calls()
    return stack


def test_update_leaves_dependents_of_unchanged_outputs_alone(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = deployed(new_stack, emulator, owner, dependents(name="Sample"))
    stack.program(dependents(name="Renamed"))
    assert steps_of(stack.preview_json()) == {"app": "update"}
    assert calls_of(emulator) == []


def test_rotation_changes_only_dependents_of_the_client_secret(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = deployed(new_stack, emulator, owner, dependents(name="Sample"))
    stack.program(dependents(name="Sample", rotate_secret_when_changed={"rotated": "2026-11"}))
    assert steps_of(stack.preview_json()) == {"app": "update", "of-secret": "update"}
    stack.up()
    assert stack.preview_json()["changeSummary"]["same"] == 5


def test_warning_is_attached_to_its_resource(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = deployed(new_stack, emulator, owner, dependents(allowed_tenants={owner: ""}))
    stack.program(dependents())
    shown = stack.preview().output
    lines = [line.strip() for line in shown.splitlines()]
    heading = lines.index("olt:index:Application (app):")
    client_id = stack.resource("app")["outputs"]["clientId"]
    assert lines[heading + 1].startswith(
        f"warning: application 'app' (client {client_id}): allowedTenants is not declared"
    )
