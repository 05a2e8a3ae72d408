"""States that earlier versions have written: how to write them, and how to use them again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from olt_provider.emulator import Emulator
from olt_provider.emulator.store import access, applications
from tests.engine.harness import PASSPHRASE, Engine, Stack
from tests.engine.olt import reaching_as
from tests.engine.shortcuts import key_of_passphrase

STATES: Final = Path(__file__).parent / "states"
TIME: Final = "2026-11-01T00:00:00.000Z"  # of all that the emulator does while a state is written
API_URL: Final = "{api_url}"  # stands for the emulator's address, which is another in every run

OWNER: Final = "a0000000-0000-4000-8000-00000000000a"
CUSTOMER: Final = "b0000000-0000-4000-8000-00000000000b"
EXTERNAL: Final = "e0000000-0000-4000-8000-00000000000e"
ADOPTED: Final = "ad000000-0000-4000-8000-000000000001"
ADOPTED_SECRET: Final = "the-secret-of-an-adopted-application"
SECRETS: Final = {
    "pulumi-python:dynamic/olt:OltApplication": "client_secret",
    "olt:index:Application": "clientSecret",
}
EXTERNAL_SECRET: Final = "the-secret-of-an-external-application"

# One of everything that a state may hold.
PROGRAM: Final = f"""
import pulumi
from olt_provider import (
    AdoptArgs, OltApplication, OltBackgroundApplication, OltInstallation, Provider,
)

owner, customer = {OWNER!r}, {CUSTOMER!r}
full = OltApplication(
    "full",
    name="Sample",
    tenant_id=owner,
    allowed_tenants={{owner: "the owner", customer: ""}},
    with_public_oauth2_client=True,
    redirect_uris=["https://b.example/callback", "https://a.example/callback"],
    teaser_description="Reads devices",
    url="https://example.com/app",
    rotate_secret_when_changed={{"month": "2026-11", "key": pulumi.Output.secret("hidden")}},
    force_destroy=True,
    prevent_duplicate_name=False,
)
OltApplication("bare")
OltApplication("nobody", status="inactive", allowed_tenants={{}})
OltApplication("adopted", adopt=AdoptArgs({ADOPTED!r}, {ADOPTED_SECRET!r}))
OltInstallation("here", application_id=full.id)
explicit = Provider("explicit", tenant_id=customer)
OltInstallation("there", application_id=full.id, opts=pulumi.ResourceOptions(provider=explicit))
OltBackgroundApplication("background", tenants={{owner: "", customer: "a customer"}})
OltApplication.get("external", {EXTERNAL!r})
OltInstallation.get("external-there", f"{{customer}}/{EXTERNAL}")
pulumi.export("client_id", full.client_id)
pulumi.export("client_secret", full.client_secret)
"""
SEED: Final[dict[str, Any]] = {
    "tenants": [
        {
            "id": OWNER,
            "name": "Owner",
            "applications": [
                {
                    "id": ADOPTED,
                    "clientSecret": ADOPTED_SECRET,
                    "registration": {"name": "adopted"},
                },
                {
                    "id": EXTERNAL,
                    "clientSecret": EXTERNAL_SECRET,
                    "registration": {
                        "name": "external",
                        "allowedTenants": [{"tenantId": CUSTOMER, "comment": ""}],
                    },
                    "installedIn": [CUSTOMER],
                },
            ],
        },
        {"id": CUSTOMER, "name": "Customer"},
    ]
}


@contextmanager
def emulator(seed: Mapping[str, Any]) -> Iterator[Emulator]:
    """An emulator in which everything happened at one time, as when the states were written."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(applications, "timestamp", lambda: TIME)
        patch.setattr(access, "timestamp", lambda: TIME)
        with Emulator.start(seed) as running:
            yield running


def deploy(engine: Engine, folder: Path, running: Emulator) -> Stack:
    """Return a new stack of this version, deployed."""
    stack = _stack(engine, folder, running, PROGRAM)
    stack.up()
    return stack


def write(folder: Path, running: Emulator, stack: Stack, program: str = PROGRAM) -> None:
    """Store a new stack as the state of a version."""
    folder.mkdir(parents=True, exist_ok=True)
    stack.run("stack", "change-secrets-provider", "passphrase")
    exported = json.loads(stack.run("stack", "export", "--show-secrets").stdout)
    state = json.loads(stack.state_file.read_text())
    text = json.dumps(_without_paths(state), indent=1).replace(running.api_url, API_URL)
    (folder / "program.txt").write_text(program)
    (folder / "state.json").write_text(text + "\n")
    (folder / "seed.json").write_text(json.dumps(_seed(running, exported), indent=1) + "\n")


def load(folder: Path, engine: Engine, place: Path, running: Emulator) -> Stack:
    """Return a stack with a stored state."""
    stack = _stack(engine, place, running, (folder / "program.txt").read_text())
    provider = stack.state()["secrets_providers"]
    kept = json.loads((folder / "state.json").read_text().replace(API_URL, running.api_url))
    latest = kept["checkpoint"]["latest"]
    held = key_of_passphrase(PASSPHRASE, latest["secrets_providers"]["state"]["salt"])
    encrypted_key = provider["state"]["encryptedkey"]
    encrypted = engine.keys.encrypted_again(held, encrypted_key, latest["resources"])
    latest |= {"secrets_providers": provider, "resources": encrypted}
    stack.state_file.write_text(json.dumps(kept))
    return stack


def seed_of(folder: Path) -> dict[str, Any]:
    """Return the platform's data at the time when a state was written."""
    seed: dict[str, Any] = json.loads((folder / "seed.json").read_text())
    return seed


def resources_of(folder: Path) -> list[dict[str, Any]]:
    """Return the resources of a stored state."""
    state = json.loads((folder / "state.json").read_text())
    resources: list[dict[str, Any]] = state["checkpoint"]["latest"]["resources"]
    return resources


def shape(value: Any) -> Any:
    """Return the structure of a state: names and encrypted values, without values."""
    if isinstance(value, Mapping):
        if "ciphertext" in value:
            return "encrypted"
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value).__name__


def shapes(resources: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the structure of each resource, and its provider unchanged."""
    return {
        each["urn"]: {
            "type": each["type"],
            "__provider": each.get("inputs", {}).get("__provider"),
            "inputs": shape(each.get("inputs", {})),
            "outputs": shape(each.get("outputs", {})),
        }
        for each in resources
    }


def _stack(engine: Engine, place: Path, running: Emulator, program: str) -> Stack:
    stack = engine.stack(place, program)
    prepare(stack, running)
    return stack


def prepare(stack: Stack, running: Emulator) -> None:
    """Set the settings of a stack and the credentials of both tenants."""
    stack.config("olt:tenantId", OWNER)
    stack.env.update(reaching_as(running, OWNER, CUSTOMER))


def _without_paths(value: Any) -> Any:
    """Remove the source positions of resources."""
    if isinstance(value, Mapping):
        return {
            key: _without_paths(item)
            for key, item in value.items()
            if key not in ("sourcePosition", "stackTrace")
        }
    return [_without_paths(item) for item in value] if isinstance(value, list) else value


def _seed(running: Emulator, exported: Mapping[str, Any]) -> dict[str, Any]:
    """Return the emulator's data as a seed."""
    secrets = {EXTERNAL: EXTERNAL_SECRET} | {
        each["id"]: json.loads(each["outputs"][SECRETS[each["type"]]]["plaintext"])
        for each in exported["deployment"]["resources"]
        if each["type"] in SECRETS and each["id"] != EXTERNAL
    }
    found = running.platform.applications()
    return {
        "tenants": [
            {
                "id": tenant["id"],
                "name": tenant["name"],
                "applications": [
                    _planted(each, secrets[each["id"]])
                    for each in found
                    if each["tenantId"] == tenant["id"]
                ],
            }
            for tenant in SEED["tenants"]
        ]
    }


def _planted(held: Mapping[str, Any], secret: str) -> dict[str, Any]:
    sent = ("name", "teaserDescription", "url", "withPublicOauth2Client", "redirectUris")
    tenants = [
        {"tenantId": each["tenantId"], "comment": each["comment"]}
        for each in held["allowedTenants"]
    ]
    public = (
        {"publicClientId": held["publicOauth2Client"]["id"]} if "publicOauth2Client" in held else {}
    )
    return {
        "id": held["id"],
        "clientId": held["oauth2Client"]["id"],
        "clientSecret": secret,
        **public,
        "registration": {key: held[key] for key in sent if key in held}
        | {"allowedTenants": tenants},
        "status": held["status"],
        "installedIn": [each["tenantId"] for each in held["allowedTenants"] if each["installed"]],
    }
