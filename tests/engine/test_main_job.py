"""The main job on the real engine, with the platform's data checked after every step."""

from __future__ import annotations

from typing import Any

import pytest

from olt_provider.emulator import Emulator
from tests.emulated import new_tenant
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.hosts import both_hosts, both_hosts_long, dynamic_only
from tests.engine.olt import application, counted, installed, reaching

pytestmark = [both_hosts_long]


@pytest.fixture
def other(emulator: Emulator) -> str:
    return new_tenant(emulator)


def held(emulator: Emulator, stack: Stack) -> dict[str, Any]:
    found = emulator.platform.application(stack.resource("app")["id"])
    assert found is not None
    return found


def allowed(emulator: Emulator, stack: Stack) -> dict[str, str]:
    return {item["tenantId"]: item["comment"] for item in held(emulator, stack)["allowedTenants"]}


@both_hosts
def test_an_application_lives_from_registration_to_its_end(
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

    stack.up()
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
    stack.up()
    assert counted(emulator) == []

    stack.refresh()
    assert counted(emulator) == ["GET", "GET"]
    assert stack.preview_json()["changeSummary"] == {"same": 3}

    both = {"name": "Renamed", "allowed_tenants": {owner: "the owner", other: "a customer"}}
    stack.program(installed(owner, **full | both))
    assert stack.preview_json()["changeSummary"] == {"same": 2, "update": 1}
    stack.up()
    assert sorted(counted(emulator)) == ["PATCH", "PUT"]
    assert held(emulator, stack)["name"] == "Renamed"
    assert held(emulator, stack)["id"] == registered["id"]
    assert allowed(emulator, stack) == both["allowed_tenants"]
    assert emulator.platform.secret_is_valid(outputs["client_id"], outputs["client_secret"])

    stack.program(installed(owner, name="Renamed", allowed_tenants={owner: "the owner"}))
    stack.up()
    assert sorted(counted(emulator)) == ["DELETE", "PATCH"]
    assert allowed(emulator, stack) == {owner: "the owner"}
    bare = held(emulator, stack)
    assert not bare.get("url")
    assert not bare.get("teaserDescription")
    assert not bare.get("redirectUris")
    assert bare["withPublicOauth2Client"] is False
    assert stack.resource("app")["outputs"].get("public_client_id") is None

    stack.destroy()
    assert emulator.platform.application(registered["id"]) is None
    assert emulator.platform.installations(registered["id"]) == []
    assert stack.resources() == []


def test_every_output_of_both_resources_is_in_the_state(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    program = installed(owner, allowed_tenants=[owner], with_public_oauth2_client=True)
    stack = new_stack(program)
    stack.env.update(reaching(emulator, emulator.token(owner)))
    stack.up()
    app, registered = stack.resource("app"), held(emulator, stack)
    assert app["type"] == "pulumi-python:dynamic/olt:OltApplication"
    kept = {key: value for key, value in app["outputs"].items() if key[0] != "_"}
    assert set(kept.pop("client_secret")) >= {"ciphertext"}
    rotated_at = kept.pop("secret_rotated_at")
    assert registered["createdAt"][:10] <= rotated_at[:10]
    assert kept == {
        "allowed_tenants": {owner: ""},
        "api_url": emulator.api_url,
        "client_id": registered["oauth2Client"]["id"],
        "client_type": "confidential",
        "created_at": registered["createdAt"],
        "force_destroy": False,
        "name": "app",
        "prevent_duplicate_name": True,
        "public_client_id": registered["publicOauth2Client"]["id"],
        "redirect_uris": [],
        "status": "active",
        "teaser_description": "",
        "tenant_id": owner,
        "with_public_oauth2_client": True,
    }
    declared = {"name", "tenant_id", "allowed_tenants", "with_public_oauth2_client"}
    assert {key for key in app["inputs"] if key[0] != "_"} == declared
    installation = stack.resource("installation")
    assert installation["type"] == "pulumi-python:dynamic/olt:OltInstallation"
    assert installation["id"] == f"{owner}/{registered['id']}"
    (there,) = emulator.platform.installations(registered["id"])
    assert {key: value for key, value in installation["outputs"].items() if key[0] != "_"} == {
        "api_url": emulator.api_url,
        "application_id": registered["id"],
        "installed_at": there["createdAt"],
        "tenant_id": owner,
    }


PROVIDERS = {  # base64 of a pickle by reference: a path and a name
    "app": (
        "gASVNwAAAAAAAACMGG9sdF9wcm92aWRlci5hcHBsaWNhdGlvbpSME0FwcGxpY2F0aW9uUHJvdmlkZXKUk5QpgZQu"
    ),
    "installation": (
        "gASVOQAAAAAAAACMGW9sdF9wcm92aWRlci5pbnN0YWxsYXRpb26UjBRJbnN0YWxsYXRpb25Qcm92aWRlcpSTlCmBlC4="
    ),
}


@dynamic_only("a state of the native form holds no providers")
def test_the_providers_in_the_state_never_change(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = new_stack(installed(owner, allowed_tenants=[owner]))
    stack.env.update(reaching(emulator, emulator.token(owner)))
    stack.up()
    for name, pickled in PROVIDERS.items():
        resource = stack.resource(name)
        assert resource["inputs"]["__provider"] == pickled
        assert resource["outputs"]["__provider"] == pickled
        assert len(pickled) < 120
    assert stack.resource("app")["outputs"]["__defaults"] == []


def test_many_resources_share_few_connections(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = new_stack(
        "from olt_provider import OltApplication, OltInstallation\n"
        "for number in range(12):\n"
        f"    app = OltApplication(f'app-{{number}}', allowed_tenants=[{owner!r}])\n"
        "    OltInstallation(f'installation-{number}', application_id=app.id)\n"
    )
    stack.env.update(reaching(emulator, emulator.token(owner)))
    stack.up()
    methods = counted(emulator)
    assert sorted(methods) == ["GET"] + ["POST"] * 12 + ["PUT"] * 12


def test_connections_are_reused_by_the_hosts_threads(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = new_stack(
        "from olt_provider import OltApplication\n"
        "for number in range(12):\n"
        "    OltApplication(f'app-{number}')\n"
    )
    stack.env.update(reaching(emulator, emulator.token(owner)))
    stack.up()
    assert 1 <= emulator.connections <= stack.connections


def test_tenants_may_come_as_a_sequence_with_outputs(
    emulator: Emulator, new_stack: MakeStack, owner: str, other: str
) -> None:
    stack = new_stack(
        "import pulumi\n"
        "from olt_provider import AllowedTenantArgs, OltApplication\n"
        f"owner = pulumi.Output.from_input({owner!r})\n"
        "OltApplication('app', allowed_tenants=[\n"
        f"    owner, AllowedTenantArgs({other.upper()!r}, comment=owner.apply(lambda _: 'note')),\n"
        "], redirect_uris=[owner.apply(lambda _: 'https://b'), 'https://a'])\n"
    )
    stack.env.update(reaching(emulator, emulator.token(owner)))
    stack.up()
    assert allowed(emulator, stack) == {owner: "", other: "note"}
    assert stack.resource("app")["inputs"]["redirect_uris"] == ["https://a", "https://b"]


def test_another_owner_replaces_and_never_silently(
    emulator: Emulator, new_stack: MakeStack, owner: str, other: str
) -> None:
    stack = new_stack(application(tenant_id=owner))
    stack.env.update(reaching(emulator, emulator.token(owner)))
    stack.up()
    stack.program(application(tenant_id=other))
    stack.env.update(reaching(emulator, emulator.token(other)))
    (step,) = [step for step in stack.preview_json()["steps"] if "::app" in step["urn"]]
    assert step["op"] == "replace"
    assert step["replaceReasons"] == [stack.name_of("tenant_id")]
