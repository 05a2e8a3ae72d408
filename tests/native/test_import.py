"""`pulumi import` and the import option on the real engine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from olt_provider.emulator import Emulator
from tests.emulated import changes_in
from tests.engine.harness import Stack
from tests.engine.olt import has_traceback, reaching
from tests.native.conftest import MakeStack
from tests.native.stacks import application, native

NEW_SECRET = "POST /application-developer/applications/{applicationId}/secret"
PROGRAM = native("from olt_provider import OltApplication\n")


@pytest.fixture
def existing(emulator: Emulator, owner: str) -> dict[str, Any]:
    return emulator.platform.register(
        owner, name="Existing", url="https://example.com", allowed_tenants={owner: "the owner"}
    )


def empty(new_stack: MakeStack, emulator: Emulator, owner: str) -> Stack:
    stack = new_stack(PROGRAM)
    stack.env.update(reaching(emulator, emulator.token(owner)))
    return stack


@pytest.mark.parametrize("written", ["{id}", "{tenant}/{id}"])
def test_import_command_reads_the_application_without_changing_it(
    emulator: Emulator, new_stack: MakeStack, owner: str, existing: dict[str, Any], written: str
) -> None:
    stack = empty(new_stack, emulator, owner)
    given = written.format(id=existing["id"], tenant=owner.upper())
    flags = ("--yes", "--protect=false", "--generate-code=false")
    stack.run("import", *flags, "olt:index:Application", "app", given)
    imported = stack.resource("app")
    assert imported["id"] == existing["id"]
    assert imported["outputs"]["clientId"] == existing["oauth2Client"]["id"]
    assert imported["outputs"].get("clientSecret") is None
    assert imported["inputs"]["allowedTenants"] == {owner: "the owner"}
    assert changes_in(emulator) == []


def test_imported_application_is_unchanged_by_its_program_and_gets_a_secret_by_rotation(
    emulator: Emulator, new_stack: MakeStack, owner: str, existing: dict[str, Any]
) -> None:
    declared: dict[str, Any] = {
        "name": "Existing",
        "url": "https://example.com",
        "allowed_tenants": {owner: "the owner"},
    }
    stack = empty(new_stack, emulator, owner)
    stack.program(application(f"import_={existing['id']!r}", **declared))
    stack.up()
    assert changes_in(emulator) == []
    assert stack.resource("app")["id"] == existing["id"]

    stack.program(application(**declared))
    assert stack.preview_json()["changeSummary"] == {"same": 2}
    shown = stack.preview().output
    assert "clientSecret is null until rotateSecretWhenChanged gets a value" in shown

    stack.program(application(**declared, rotate_secret_when_changed={"rotated": "2026-11"}))
    stack.up()
    assert changes_in(emulator) == [
        "POST /application-developer/applications/{applicationId}/secret"
    ]
    outputs = stack.outputs()
    assert emulator.platform.secret_is_valid(outputs["client_id"], outputs["client_secret"])


def test_import_file_takes_applications_and_installations(
    emulator: Emulator, new_stack: MakeStack, owner: str, existing: dict[str, Any]
) -> None:
    emulator.platform.install(existing["id"], owner)
    stack = empty(new_stack, emulator, owner)
    file = stack.folder / "import.json"
    file.write_text(
        json.dumps(
            {
                "resources": [
                    {"type": "olt:index:Application", "name": "app", "id": existing["id"]},
                    {
                        "type": "olt:index:Installation",
                        "name": "installed",
                        "id": f"{owner}/{existing['id']}",
                    },
                ]
            }
        )
    )
    stack.run("import", "--yes", "--file", str(file), "--protect=false", "--generate-code=false")
    installed = stack.resource("installed")
    assert installed["id"] == f"{owner}/{existing['id']}"
    assert installed["inputs"]["applicationId"] == existing["id"]
    assert changes_in(emulator) == []


def test_import_of_a_missing_application_fails_in_one_line(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = empty(new_stack, emulator, owner)
    missing = "00000000-0000-4000-8000-000000000000"
    result = stack.run(
        "import", "--yes", "olt:index:Application", "app", missing, expect_failure=True
    )
    assert "404" in result.output
    assert not has_traceback(result.output)
