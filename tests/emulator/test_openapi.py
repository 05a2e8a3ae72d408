"""The OpenAPI document contains exactly the contract's calls and describes them correctly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import requests

from olt_provider.emulator import TENANT_A, TENANT_B, Emulator
from tests.emulator.support import TIMEOUT

OWNED: Final = "/application-developer/applications"
REALM: Final = "/id/auth/realms/olt"
CALLS: Final = {
    ("POST", OWNED),
    ("GET", OWNED),
    ("GET", f"{OWNED}/{{applicationId}}"),
    ("PATCH", f"{OWNED}/{{applicationId}}"),
    ("DELETE", f"{OWNED}/{{applicationId}}"),
    ("POST", f"{OWNED}/{{applicationId}}/secret"),
    ("GET", f"{OWNED}/{{applicationId}}/allowed-tenants"),
    ("PUT", f"{OWNED}/{{applicationId}}/allowed-tenants/{{tenantId}}"),
    ("DELETE", f"{OWNED}/{{applicationId}}/allowed-tenants/{{tenantId}}"),
    ("GET", "/applications"),
    ("GET", "/applications/{applicationId}"),
    ("PUT", "/applications/{applicationId}/installation"),
    ("DELETE", "/applications/{applicationId}/installation"),
    ("GET", "/devices"),
    ("GET", "/application-info/installed-tenants"),
    ("GET", REALM),
    ("POST", f"{REALM}/protocol/openid-connect/token"),
}
NEVER_GRANTED: Final = {
    # Only an application's own token may ask this, and such a run would delete the application.
    ("GET", "/application-info/installed-tenants"),
    # No generated secret is a valid one.
    ("POST", f"{REALM}/protocol/openid-connect/token"),
}
EXAMPLES: Final = int(os.environ.get("OPENAPI_EXAMPLES", "10"))
"""For each call, in the fuzzing phase."""
RUN_SECONDS: Final = 300
APPLICATIONS: Final = 40
"""So many that some outlive the calls that delete."""


def _document_url(emulator: Emulator) -> str:
    return emulator.api_url.removesuffix("/v1") + "/_emulator/openapi.json"


def _document(emulator: Emulator) -> dict[str, Any]:
    document: dict[str, Any] = requests.get(_document_url(emulator), timeout=TIMEOUT).json()
    return document


def _operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def test_the_document_has_exactly_the_contracts_calls(emulator: Emulator) -> None:
    assert set(_operations(_document(emulator))) == CALLS


def test_every_response_of_the_document_is_typed(emulator: Emulator) -> None:
    untyped = [
        (call, status)
        for call, operation in _operations(_document(emulator)).items()
        for status, response in operation["responses"].items()
        if status != "204" and not response["content"]["application/json"]["schema"]
    ]
    assert untyped == []


def test_every_call_of_the_api_names_its_refusals(emulator: Emulator) -> None:
    for (_, path), operation in _operations(_document(emulator)).items():
        if path.startswith(REALM):
            continue
        hidden = {"404"} if "{" in path else set()
        success = {status for status in operation["responses"] if status < "300"}
        assert len(success) == 1
        assert set(operation["responses"]) - success == {"400", "401", "403"} | hidden
        assert operation["security"]


def test_the_administration_is_not_in_the_document(emulator: Emulator) -> None:
    assert "_emulator" not in str(_document(emulator))


@pytest.mark.parametrize(
    ("schema", "required"),
    [
        (
            "Application",
            {
                "id",
                "name",
                "withPublicOauth2Client",
                "oauth2Client",
                "tenantId",
                "status",
                "createdAt",
                "updatedAt",
                "allowedTenants",
            },
        ),
        ("AllowedTenant", {"tenantId", "createdAt", "installed", "comment"}),
        ("AvailableApplication", {"id", "name", "available", "availableCode"}),
        ("Installation", {"tenantId", "createdAt"}),
        ("Device", {"id", "info"}),
        ("DeviceInfo", {"name", "description", "deviceTypeId", "tags", "location"}),
        ("InstalledTenant", {"tenantId", "name"}),
        ("Error", {"errorMessage", "errorCode"}),
        ("OAuthError", {"error", "error_description"}),
        ("RealmInfo", {"realm", "public_key"}),
        ("Registration", {"name"}),
        (
            "IssuedToken",
            {
                "access_token",
                "expires_in",
                "refresh_expires_in",
                "refresh_token",
                "token_type",
                "not-before-policy",
                "session_state",
                "scope",
            },
        ),
    ],
)
def test_the_contracts_fields_are_required(
    emulator: Emulator, schema: str, required: set[str]
) -> None:
    assert set(_document(emulator)["components"]["schemas"][schema]["required"]) == required


@pytest.fixture
def report(emulator: Emulator, tmp_path: Path) -> dict[str, Any]:
    """What a run of schemathesis with all checks and phases found."""
    for _ in range(APPLICATIONS):
        emulator.platform.register(TENANT_A, allowed_tenants=[TENANT_A])
    # Of another tenant, so that it is not deleted in the run.
    usable = emulator.platform.register(TENANT_B, allowed_tenants=[TENANT_A])["id"]
    emulator.platform.install(usable, TENANT_A)
    config, found = tmp_path / "schemathesis.toml", tmp_path / "report.json"
    # In a file, so that the token is on no command line.
    config.write_text(
        f"""
        base-url = "{emulator.api_url}"
        headers = {{ Authorization = "Bearer {emulator.token(TENANT_A)}" }}
        [generation]
        max-examples = {EXAMPLES}
        database = "none"
        [[operations]]
        include-path = "/applications/{{applicationId}}/installation"
        parameters = {{ applicationId = "{usable}" }}
        """,
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"]
    options = ["--checks", "all", "--no-color", "--report-json-path", str(found)]
    run = subprocess.run(
        [*command, _document_url(emulator), *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    response: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    return response


@pytest.mark.timeout(RUN_SECONDS + 30)
def test_the_server_is_true_to_the_document(emulator: Emulator, report: dict[str, Any]) -> None:
    assert report["complete"] is True
    assert report["operations"]["tested"] == len(CALLS)
    cases = report["test_cases"]
    assert (cases["with_failures"], cases["errored"], report["errors"]) == (0, 0, [])
    assert cases["generated"] > len(CALLS) * EXAMPLES
    succeeded = {
        (call.method, call.template) for call in emulator.calls if (call.status or 500) < 300
    }
    assert CALLS - succeeded == NEVER_GRANTED
