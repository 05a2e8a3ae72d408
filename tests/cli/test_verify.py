"""``olt verify`` checks each promise of an application on the platform, tenant by tenant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from olt_provider.cli.app import app
from olt_provider.emulator import TENANT_A, TENANT_B, Emulator, Fault
from tests.engine.harness import Engine
from tests.engine.olt import reaching_as

OWNED = "/application-developer/applications"


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator.start() as emulator:
        monkeypatch.setenv("OLT_API_URL", emulator.api_url)
        monkeypatch.setenv("OLT_IDENTITY_URL", emulator.identity_url)
        monkeypatch.setenv("OLT_API_TOKEN", emulator.token(TENANT_A))
        monkeypatch.setenv("OLT_MAX_RETRIES", "0")
        yield emulator


@pytest.fixture
def application(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> str:
    """Allowed in A and B, installed in A, its secret in the environment."""
    allowed = [{"tenantId": tenant} for tenant in (TENANT_A, TENANT_B)]
    made = _call(emulator, "POST", OWNED, {"name": "app", "allowedTenants": allowed})
    _call(emulator, "PUT", f"/applications/{made['id']}/installation")
    monkeypatch.setenv("OLT_VERIFY_CLIENT_SECRET", made["oauth2Client"]["secret"])
    return str(made["id"])


def _call(emulator: Emulator, method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {emulator.token(TENANT_A)}"}
    url = f"{emulator.api_url}{path}"
    response = requests.request(method, url, json=body, headers=headers, timeout=10)
    response.raise_for_status()
    return response.json()["data"]


def _verify(*arguments: str, code: int) -> list[dict[str, str]]:
    result = CliRunner().invoke(app, ["verify", "--json", *arguments])
    assert result.exit_code == code, result.output
    results: list[dict[str, str]] = json.loads(result.stdout)["results"]
    return results


def _in(tenant: str, application_id: str, code: int) -> dict[str, str]:
    (row,) = _verify("--application-id", application_id, "--tenant", tenant, code=code)
    return row


CHECKED = ("registered", "allowed", "installed", "secret", "data")


def test_an_application_that_works(application: str) -> None:
    row = _in(TENANT_A, application, code=0)
    assert {key: row[key] for key in CHECKED} == dict.fromkeys(CHECKED, "ok")


def test_one_that_is_not_installed(application: str) -> None:
    row = _in(TENANT_B, application, code=1)
    assert (row["allowed"], row["installed"]) == ("ok", "failure: no")
    assert row["secret"] == "not checked: not installed"


def test_one_that_is_not_allowed(application: str) -> None:
    other = TENANT_A.replace("a0000000", "c0000000")
    assert _in(other, application, code=1)["allowed"] == "failure: no"


def test_one_that_is_not_registered(emulator: Emulator) -> None:
    row = _in(TENANT_A, TENANT_B, code=1)
    assert row["registered"] == "not checked: another tenant owns it, or it does not exist"
    assert row["allowed"].startswith("failure: GET /applications/")


def test_unknown_application_without_a_tenant_fails(emulator: Emulator) -> None:
    (row,) = _verify("--application-id", TENANT_B, code=1)
    assert row["registered"].startswith("failure: it does not exist, or another tenant owns it")
    assert row["secret"] == "not checked: no tenant"


def test_one_that_is_inactive(emulator: Emulator, application: str) -> None:
    emulator.platform.patch(application, status="inactive")
    assert "inactive" in _in(TENANT_A, application, code=1)["registered"]


def test_a_secret_that_was_rotated(emulator: Emulator, application: str) -> None:
    _call(emulator, "POST", f"{OWNED}/{application}/secret")
    row = _in(TENANT_A, application, code=1)
    assert row["secret"].startswith("failure")
    assert row["data"] == "not checked: no token"


def test_data_that_cannot_be_reached(emulator: Emulator, application: str) -> None:
    emulator.add_fault(Fault(kind="status", status=500, method="GET", path="/devices"))
    row = _in(TENANT_A, application, code=1)
    assert (row["secret"], row["data"][:7]) == ("ok", "failure")


def test_without_its_secret(application: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OLT_VERIFY_CLIENT_SECRET")
    assert _in(TENANT_A, application, code=0)["secret"] == "not checked: no client secret"


def test_it_shows_no_secret(application: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLT_VERIFY_CLIENT_SECRET", "a-wrong-secret")
    result = CliRunner().invoke(
        app, ["verify", "--application-id", application, "--tenant", TENANT_A]
    )
    assert result.exit_code == 1
    assert "failure" in result.output
    assert "a-wrong-secret" not in result.output
    assert "\x1b" not in result.output


@pytest.mark.parametrize(
    "arguments", [["--tenant", TENANT_A], ["--application-id", "../x"], ["--cwd", "/nowhere"]]
)
def test_wrong_usage_is_one_line_and_2(emulator: Emulator, arguments: list[str]) -> None:
    result = CliRunner().invoke(app, ["verify", *arguments])
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


def test_tenant_without_a_token_is_not_checked_and_no_failure(
    emulator: Emulator, application: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the owner there is none: what only the owner may see is not checked."""
    monkeypatch.delenv("OLT_API_TOKEN")
    monkeypatch.setenv("OLT_TENANT_TOKENS", json.dumps({TENANT_B: emulator.token(TENANT_B)}))
    monkeypatch.delenv("OLT_VERIFY_CLIENT_SECRET")
    (row,) = _verify("--application-id", application, "--tenant", TENANT_A, code=0)
    for check in ("allowed", "installed"):
        assert row[check].startswith("not checked: OLT_TENANT_TOKENS has no token of tenant")
    assert row["secret"] == "not checked: no client secret"


def test_the_table_fits_80_columns_and_the_reasons_stand_below(
    application: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = CliRunner().invoke(
        app,
        ["verify", "--application-id", application, "--tenant", TENANT_A, "--tenant", TENANT_B],
    )
    first, *table = result.stdout.splitlines()
    assert first == f"{application}: registered: ok"
    assert [" ".join(line.split()) for line in table] == [
        "tenant allowed installed secret data",
        f"{TENANT_A} ok ok ok ok",
        f"{TENANT_B} ok failure - -",
        f"installed: failure: no (in {TENANT_B})",
        f"secret: not checked: not installed (in {TENANT_B})",
        f"data: not checked: not installed (in {TENANT_B})",
    ]
    assert max(len(line.rstrip()) for line in table[:3]) <= 80


PROGRAM = f"""
from olt_provider import OltApplication, OltInstallation
app = OltApplication("works", allowed_tenants=[{TENANT_A!r}, {TENANT_B!r}])
OltInstallation("here", application_id=app.id, tenant_id={TENANT_A!r})
"""


@pytest.mark.engine
@pytest.mark.timeout(200)
def test_a_stack(
    emulator: Emulator, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = engine.stack(tmp_path, PROGRAM)
    tokens = reaching_as(emulator, TENANT_A, TENANT_B)
    stack.env.update(tokens | {"OLT_TENANT_ID": TENANT_A})
    stack.up()
    monkeypatch.delenv("OLT_API_TOKEN")
    for key, value in (engine.environment(stack.backend) | stack.env).items():
        monkeypatch.setenv(key, value)
    a, b = _verify("--cwd", str(tmp_path), "--stack", "dev", code=0)
    assert {key: a[key] for key in CHECKED} == dict.fromkeys(CHECKED, "ok")
    assert (b["allowed"], b["installed"]) == ("ok", "no")
    emulator.platform.uninstall(stack.resource("works")["id"], TENANT_A)
    a, _ = _verify("--cwd", str(tmp_path), "--stack", "dev", code=1)
    assert a["installed"] == "failure: no"
