"""Adoption of existing applications, on the real engine."""

from __future__ import annotations

from typing import Any

import pytest

from olt_provider.emulator import Emulator
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.hosts import both_hosts, both_hosts_long
from tests.engine.olt import counted, reaching, steps_of
from tests.long import long

pytestmark = [both_hosts_long]


def program(*applications: tuple[str, str]) -> str:
    lines = ["import pulumi", "from olt_provider import AdoptArgs, OltApplication"]
    lines += [f"OltApplication({name!r}, {arguments})" for name, arguments in applications]
    return "\n".join(lines)


@pytest.fixture
def existing(emulator: Emulator, owner: str) -> list[dict[str, Any]]:
    """Three applications registered manually, installed in their owner's tenant."""
    made = []
    for name in ("kept", "renewed", "changed"):
        application = emulator.platform.register(owner, name=name, allowed_tenants=[owner])
        emulator.platform.install(application["id"], owner)
        made.append(application)
    return made


@pytest.fixture
def stack(emulator: Emulator, new_stack: MakeStack, owner: str) -> Stack:
    stack = new_stack("")
    stack.env.update(reaching(emulator, emulator.token(owner)))
    return stack


def adopt(application: dict[str, Any], *, secret: bool = False) -> str:
    declared = f"application_id={application['id']!r}"
    if secret:
        declared += f", client_secret={application['oauth2Client']['secret']!r}"
    return f"adopt=AdoptArgs({declared})"


@both_hosts
def test_adoption_from_take_over_to_an_ordinary_resource(
    emulator: Emulator, stack: Stack, owner: str, existing: list[dict[str, Any]]
) -> None:
    kept, renewed, changed = existing
    tenants = f"allowed_tenants={{{owner!r}: 'the owner'}}"
    stack.program(
        program(
            ("kept", adopt(kept, secret=True)),
            ("renewed", adopt(renewed)),
            ("changed", f"{adopt(changed, secret=True)}, url='https://new.example', {tenants}"),
        )
    )
    stack.preview()
    assert counted(emulator) == []
    stack.up()
    assert sorted(method for method in counted(emulator) if method != "GET") == [
        "PATCH",  # the URL
        "POST",  # the two secrets are tried, and the third is made
        "POST",
        "POST",
        "PUT",  # the comment
    ]
    secret = kept["oauth2Client"]["secret"]
    assert secret not in stack.state_file.read_text()
    assert {stack.resource(item["name"])["id"] for item in existing} == {
        item["id"] for item in existing
    }
    assert emulator.platform.secret_is_valid(kept["oauth2Client"]["id"], secret)
    assert not emulator.platform.secret_is_valid(
        renewed["oauth2Client"]["id"], renewed["oauth2Client"]["secret"]
    )
    held = emulator.platform.application(changed["id"])
    assert held is not None
    assert held["url"] == "https://new.example"

    assert steps_of(stack.preview_json()) == {}
    stack.program(
        program(("kept", ""), ("renewed", ""), ("changed", f"url='https://new.example', {tenants}"))
    )
    assert steps_of(stack.preview_json()) == {}
    stack.up()
    assert "adopt" not in stack.resource("kept")["inputs"]
    assert counted(emulator) == []


def test_what_cannot_be_adopted_is_refused_before_anything_is_changed(
    emulator: Emulator, stack: Stack, owner: str, existing: list[dict[str, Any]]
) -> None:
    wrong = f"AdoptArgs({existing[0]['id']!r}, client_secret='not-the-secret')"
    stack.program(
        program(
            ("unknown", "adopt=AdoptArgs('9aa3b618-8cd2-4dc0-b7a1-da6df60af254'), name='a'"),
            ("refused", f"adopt={wrong}, name='b'"),
        )
    )
    result = stack.up("--continue-on-error", expect_failure=True)
    assert "owns no application 9aa3b618" in result.output
    assert stack.text("the token endpoint refuses the declared client_secret") in result.output
    assert "not-the-secret" not in result.output
    assert {item["name"] for item in emulator.platform.applications(owner)} == {
        "kept",
        "renewed",
        "changed",
    }


@pytest.mark.parametrize("options", [long(""), "delete_before_replace=True"])
def test_replacing_never_deletes_what_it_adopts(
    emulator: Emulator, stack: Stack, existing: list[dict[str, Any]], options: str
) -> None:
    kept = existing[0]
    declared = f"{adopt(kept)}, force_destroy=True, opts=pulumi.ResourceOptions({options})"
    stack.program(program(("kept", declared)))
    stack.up()
    urn = stack.resource("kept")["urn"]
    result = stack.up("--replace", urn)
    assert f"application {kept['id']} was not deleted: the resource with name='kept' adopts it" in (
        result.output
    )
    assert emulator.platform.application(kept["id"]) is not None
    stack.run("state", "taint", urn, "--yes")
    stack.up()
    assert emulator.platform.application(kept["id"]) is not None
    assert stack.resource("kept")["id"] == kept["id"]
    assert len([item for item in stack.resources() if item["urn"] == urn]) == 1
    (outputs,) = [each["outputs"] for each in stack.exported() if each["urn"] == urn]
    assert outputs["client_secret"]
