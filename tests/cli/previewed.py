"""Previews of the real engine, stored in files that are equal after every renewal."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import Any, Final

from olt_provider.emulator import Emulator
from tests.engine.harness import Stack
from tests.engine.olt import reaching_as
from tests.engine.previewed import AFTER, BEFORE, FIXED, SECRETS, A, B, C

FOLDER: Final = Path(__file__).parent / "previews"
NAMES: Final = ("change", "drift", "removal", "failure")
VOLATILE: Final = ("stackTrace", "sourcePosition", "provider", "created", "modified", "duration")
FOLDER_OF_FILE: Final = re.compile(r'"/[^"\n]*(?=/[^/"\n]+")')
MORE_SECRETS: Final = ("an-adopted-secret", "a-comment-that-is-secret", "not-ours-to-show")
# Kinds of change that only a review distinguishes, and resources that are not of this package.
COMMON: Final = """
from pulumi.dynamic import Resource, ResourceProvider, CreateResult
class Foreign(ResourceProvider):
    def create(self, props):
        return CreateResult("foreign", props)
class Other(Resource):
    def __init__(self, name, **props):
        super().__init__(Foreign(), name, props)
retain = pulumi.ResourceOptions(retain_on_delete=True)
secret = pulumi.Output.secret
"""
BEFORE_MORE: Final = f"""
{COMMON}
Other("other", value=secret({MORE_SECRETS[2]!r}))
OltApplication("retained", allowed_tenants=[a], opts=retain)
OltApplication("set-active", status="inactive")
OltApplication("tenants-secret", allowed_tenants=[a])
force = OltApplication("deleted-by-force", allowed_tenants=[a, b], force_destroy=True)
"""
AFTER_MORE: Final = f"""
{COMMON}
Other("other", value=secret({MORE_SECRETS[2]!r} + "!"))
OltApplication("set-active")
OltApplication("tenants-secret", allowed_tenants=secret({{a: "", b: {MORE_SECRETS[1]!r}}}))
OltApplication("adopted-without-secret", allowed_tenants=[a], adopt=AdoptArgs({B!r}))
OltApplication("adopted-with-secret", adopt=AdoptArgs({C!r}, secret({MORE_SECRETS[0]!r})))
"""


# The application of the other tests' program allows no tenant, so installing it would fail.
AFTER_ALL: Final = (AFTER + AFTER_MORE).replace(
    'OltInstallation("installed", application_id=created.id)',
    'OltInstallation("installed", application_id=tenant_added.id, tenant_id=b)',
)
REFRESHED: Final = ("--json", "--show-replacement-steps", "--refresh", "--run-program")


def make(stack: Stack, emulator: Emulator) -> tuple[dict[str, str], set[str]]:
    """Return a preview of each of ``NAMES`` as text, and all secrets."""
    tokens = reaching_as(emulator, A, B, C)
    stack.env.update(tokens | {"OLT_TENANT_ID": A})
    stack.program(BEFORE + BEFORE_MORE)
    stack.up()
    drawn = _drawn(emulator, stack)
    made = {}
    for name, program in (("change", AFTER_ALL), ("removal", "import pulumi")):
        stack.program(program)
        made[name] = stack.run("preview", "--json", "--show-replacement-steps").stdout
    stack.program("raise ValueError('by intent')")
    made["failure"] = stack.run("preview", "--json", expect_failure=True).stdout
    stack.program(BEFORE + BEFORE_MORE)
    _drift(emulator, stack)
    made["drift"] = stack.run("preview", *REFRESHED).stdout
    exported = json.loads(stack.run("stack", "export", "--show-secrets").stdout)
    secrets = {
        json.loads(each["outputs"]["client_secret"]["plaintext"])
        for each in exported["deployment"]["resources"]
        if isinstance(each.get("outputs", {}).get("client_secret"), dict)
    }
    secrets |= {*SECRETS, *MORE_SECRETS, *json.loads(tokens["OLT_TENANT_TOKENS"]).values()}
    return {name: _even(text, drawn) for name, text in made.items()}, secrets - {None}


def _drift(emulator: Emulator, stack: Stack) -> None:
    platform, drifted = emulator.platform, stack.resource("drifted")["id"]
    platform.patch(drifted, name="Manual", url="https://b.example", status="inactive")
    platform.allow(drifted, A, "manual")
    platform.revoke(drifted, B)
    platform.allow(drifted, C)
    platform.delete(stack.resource("drifted-and-gone")["id"])
    platform.uninstall(stack.resource("allowed")["id"], C)


def _drawn(emulator: Emulator, stack: Stack) -> dict[str, str]:
    """The IDs and addresses of this run, with their replacements in a file."""
    names = {emulator.api_url: "http://127.0.0.1:8080/v1"}
    for each in stack.resources():
        name, outputs = each["urn"].rsplit("::", 1)[1], each.get("outputs", {})
        if each["type"].endswith("/olt:OltApplication") and each["id"] not in FIXED:
            names[each["id"]] = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        for key in ("client_id", "public_client_id"):
            if isinstance(outputs.get(key), str):
                names[outputs[key]] = str(uuid.uuid5(uuid.NAMESPACE_URL, name + key))
    return names


def _even(text: str, drawn: dict[str, str]) -> str:
    for value, name in drawn.items():
        text = text.replace(value, name)
    content = json.loads(text)
    content["steps"].sort(key=lambda step: (step["urn"], step["op"] != "refresh"))
    for each in content.get("diagnostics", ()):
        failed = each["severity"].startswith("error")
        each["message"] = FOLDER_OF_FILE.sub(r'"/...', each["message"]) if failed else "left out"
    return json.dumps(_without(content), indent=1, sort_keys=True) + "\n"


def _without(value: Any) -> Any:
    """Remove parts that differ from run to run, and paths of the machine."""
    if isinstance(value, list):
        return [_without(each) for each in value]
    if not isinstance(value, dict):
        return "2026-11-23T12:00:00.000Z" if _is_time(value) else value
    left_out = {*VOLATILE, "__provider"}
    return {key: _without(each) for key, each in value.items() if key not in left_out}


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and value[:2] == "20" and value.endswith("Z") and "T" in value
