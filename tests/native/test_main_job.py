"""The main job through the native plugin; after every step the platform itself is asked."""

from __future__ import annotations

from typing import Any

import pytest

from olt_provider.emulator import Emulator
from tests.emulated import new_tenant
from tests.engine.harness import Stack
from tests.engine.olt import counted, reaching
from tests.native.conftest import MakeStack
from tests.native.stacks import installed


@pytest.fixture
def other(emulator: Emulator) -> str:
    return new_tenant(emulator)


def held(emulator: Emulator, stack: Stack) -> dict[str, Any]:
    found = emulator.platform.application(stack.resource("app")["id"])
    assert found is not None
    return found


def allowed(emulator: Emulator, stack: Stack) -> dict[str, str]:
    return {item["tenantId"]: item["comment"] for item in held(emulator, stack)["allowedTenants"]}


def test_application_and_installation_from_registration_to_deletion(
    emulator: Emulator, new_stack: MakeStack, owner: str, other: str
) -> None:
    full: dict[str, Any] = {
        "name": "Sample",
        "allowed_tenants": {owner: "the owner"},
        "with_public_oauth2_client": True,
        "redirect_uris": ["https://b.example", "https://a.example"],
        "teaser_description": "Reads devices",
        "url": "https://example.com/app",
        "status": "active",
    }
    stack = new_stack(installed(owner, **full))
    stack.env.update(reaching(emulator, emulator.token(owner)))

    stack.preview()
    assert counted(emulator) == []

    stack.up(preview=True)
    assert sorted(counted(emulator)) == ["GET", "POST", "PUT"]
    registered = held(emulator, stack)
    assert registered["name"] == "Sample"
    assert sorted(registered["redirectUris"]) == ["https://a.example", "https://b.example"]
    assert registered["url"] == "https://example.com/app"
    assert allowed(emulator, stack) == {owner: "the owner"}
    (installation,) = emulator.platform.installations(registered["id"])
    assert installation["tenantId"] == owner
    outputs = stack.outputs()
    assert outputs["client_id"] == registered["oauth2Client"]["id"]
    assert emulator.platform.secret_is_valid(outputs["client_id"], outputs["client_secret"])

    assert stack.preview_json()["changeSummary"] == {"same": 3}
    stack.up(preview=True)
    assert counted(emulator) == []

    stack.refresh()
    assert counted(emulator) == ["GET", "GET"]
    assert stack.preview_json()["changeSummary"] == {"same": 3}

    stack.program(installed(owner, **full | {"name": "Renamed"}))
    assert stack.preview_json()["changeSummary"] == {"same": 2, "update": 1}
    stack.up()
    assert counted(emulator) == ["PATCH"]
    assert held(emulator, stack)["name"] == "Renamed"
    assert held(emulator, stack)["id"] == registered["id"]

    both = {"name": "Renamed", "allowed_tenants": {owner: "the owner", other: "a customer"}}
    stack.program(installed(owner, **full | both))
    stack.up()
    assert counted(emulator) == ["PUT"]
    assert allowed(emulator, stack) == both["allowed_tenants"]

    stack.program(installed(owner, name="Renamed", allowed_tenants={owner: "the owner"}))
    stack.up()
    assert counted(emulator) == ["PATCH", "DELETE"]
    assert allowed(emulator, stack) == {owner: "the owner"}
    bare = held(emulator, stack)
    assert not bare.get("url")
    assert not bare.get("redirectUris")
    assert bare["withPublicOauth2Client"] is False

    stack.destroy()
    assert emulator.platform.application(registered["id"]) is None
    assert emulator.platform.installations(registered["id"]) == []
    assert stack.resources() == []
