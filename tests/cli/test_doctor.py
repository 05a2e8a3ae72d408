"""``olt doctor``: every problem is reported with a remedy, and no secret is printed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from olt_provider.cli import remedies
from olt_provider.cli.app import app
from olt_provider.emulator import PORTAL_CLIENT, TENANT_A, TENANT_B, Emulator, Fault

READS: Final = ("read applications", "read installations")


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator.start() as emulator:
        monkeypatch.setenv("OLT_API_URL", emulator.api_url)
        monkeypatch.setenv("OLT_IDENTITY_URL", emulator.identity_url)
        yield emulator


def _doctor(*arguments: str, code: int) -> dict[str, dict[str, str]]:
    result = CliRunner().invoke(app, ["doctor", "--json", *arguments])
    assert result.exit_code == code, result.output
    checks: list[dict[str, Any]] = json.loads(result.stdout)["checks"]
    return {each["check"]: each for each in checks}


def _of_tenants() -> list[tuple[str, str, str]]:
    """Tenant, check and level of the checks that belong to a tenant."""
    result = CliRunner().invoke(app, ["doctor", "--json"])
    checks = json.loads(result.stdout)["checks"]
    return [(each["tenant"], each["check"], each["level"]) for each in checks if each["tenant"]]


def test_all_is_well(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    token = emulator.token(TENANT_A)
    monkeypatch.setenv("OLT_API_TOKEN", token)
    found = _doctor(code=0)
    wanted = ("configuration", "API host", "identity host", "credentials", "token", *READS)
    assert {name: found[name]["level"] for name in wanted} == dict.fromkeys(wanted, "ok")
    assert found["token"]["tenant"] == TENANT_A
    assert "environment" in found["credentials"]["found"]
    assert found["write"]["level"] == "not checked"
    assert token not in json.dumps(found)


def test_it_only_reads(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLT_API_TOKEN", emulator.token(TENANT_A))
    _doctor(code=0)
    assert {call.method for call in emulator.calls} == {"GET"}


def test_a_missing_permission_is_a_failure_with_its_name(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLT_API_TOKEN", emulator.token(TENANT_A, role="applications:read"))
    found = _doctor(code=1)
    assert [found[name]["level"] for name in READS] == ["failure", "ok"]
    assert "applications_development:read" in found[READS[0]]["fix"]


def test_no_credentials_are_a_failure(emulator: Emulator) -> None:
    found = _doctor(code=1)
    assert "OLT_API_TOKEN" in found["credentials"]["found"]
    assert found["API host"]["level"] == "ok"


def test_an_expired_token_is_a_failure(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLT_API_TOKEN", emulator.token(TENANT_A, lifetime=-1000))
    found = _doctor(code=1)
    assert found["token"]["level"] == "failure"
    assert "expired" in found["token"]["found"]


def test_a_token_that_soon_ends_is_a_warning(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLT_API_TOKEN", emulator.token(TENANT_A, lifetime=5000))
    assert _doctor(code=0)["token"]["level"] == "warning"


def test_token_and_permissions_of_each_tenant_are_checked(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = {
        TENANT_A: emulator.token(TENANT_A),
        TENANT_B: emulator.token(TENANT_B, role="applications_development:read"),
    }
    monkeypatch.setenv("OLT_TENANT_TOKENS", json.dumps(tokens))
    assert _of_tenants() == [
        (TENANT_A, "token", "ok"),
        (TENANT_A, READS[0], "ok"),
        (TENANT_A, READS[1], "ok"),
        (TENANT_B, "token", "ok"),
        (TENANT_B, READS[0], "ok"),
        (TENANT_B, READS[1], "failure"),
    ]


def test_client_credentials_show_until_when_their_token_lives(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = emulator.platform.register(TENANT_B, name="deployer", allowed_tenants=[TENANT_A])
    emulator.platform.install(made["id"], TENANT_A)
    monkeypatch.setenv("OLT_CLIENT_ID", made["oauth2Client"]["id"])
    monkeypatch.setenv("OLT_CLIENT_SECRET", made["oauth2Client"]["secret"])
    assert _doctor(code=0)["tenant"]["level"] == "not checked"
    monkeypatch.setenv("OLT_TENANT_ID", TENANT_A)
    token = _doctor(code=0)["token"]
    assert (token["level"], token["tenant"]) == ("ok", TENANT_A)
    assert re.fullmatch(r"fetched, until \d{4}-\d\d-\d\dT[\d:]{8}Z", token["found"])


def test_a_refresh_token_shows_until_when_it_lives(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLT_REFRESH_TOKEN", emulator.refresh_token([TENANT_A]))
    monkeypatch.setenv("OLT_CLIENT_ID", PORTAL_CLIENT)
    monkeypatch.setenv("OLT_TENANT_ID", TENANT_A)
    found = _doctor(code=0)
    assert found["refresh token"]["found"].startswith("until 20")
    assert found["token"]["found"].startswith("fetched")


def test_client_credentials_that_are_refused_are_a_failure(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLT_CLIENT_ID", TENANT_B)
    monkeypatch.setenv("OLT_CLIENT_SECRET", "a-wrong-secret")
    monkeypatch.setenv("OLT_TENANT_ID", TENANT_A)
    found = _doctor(code=1)
    assert found["token"]["level"] == "failure"
    assert "a-wrong-secret" not in json.dumps(found)


def test_hosts_that_cannot_be_reached_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLT_API_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OLT_IDENTITY_URL", "http://127.0.0.1:1/v1")
    found = _doctor(code=1)
    assert [found[name]["level"] for name in ("API host", "identity host")] == ["failure"] * 2


def test_a_wrong_setting_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLT_ENVIRONMENT", "moon")
    assert "moon" in _doctor(code=1)["configuration"]["found"]


def test_without_an_engine_a_stack_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = _doctor("--stack", "dev", code=1)
    assert found["Pulumi engine"]["level"] == "warning"
    assert "PATH" in found["configuration"]["found"]


def _fake_engine(folder: Path, monkeypatch: pytest.MonkeyPatch, printed: str) -> None:
    (folder / "output").write_text(printed)
    script = folder / "pulumi"
    script.write_text(f'#!/bin/sh\n[ "$1" = version ] && echo v3.1.0 || /bin/cat {folder}/output\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_configuration_of_a_stack_is_used_and_an_old_engine_is_a_warning(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    token = emulator.token(TENANT_B)
    config = {"olt:apiToken": {"value": token, "secret": True}}
    _fake_engine(tmp_path, monkeypatch, json.dumps(config))
    found = _doctor("--stack", "dev", code=0)
    assert found["token"]["tenant"] == TENANT_B
    assert "configuration" in found["credentials"]["found"]
    assert found["Pulumi engine"]["level"] == "warning"
    assert token not in json.dumps(found)


def test_unknown_key_of_a_stack_is_a_failure_that_names_the_nearest_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _fake_engine(tmp_path, monkeypatch, json.dumps({"olt:apiURL": {"value": "x"}}))
    found = _doctor("--stack", "dev", code=1)["configuration"]
    assert found["level"] == "failure"
    assert "olt:apiURL is not a setting: use olt:apiUrl" in found["found"]


def test_the_table_shows_no_colour_without_a_terminal(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLT_API_TOKEN", emulator.token(TENANT_A))
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert "not checked" in result.output


def test_token_endpoint_that_is_down_is_no_reason_to_doubt_the_credentials(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLT_CLIENT_ID", "an-id")
    monkeypatch.setenv("OLT_CLIENT_SECRET", "a-secret")
    monkeypatch.setenv("OLT_TENANT_ID", TENANT_A)
    emulator.add_fault(Fault(kind="status", status=503, path="**/token", times=None))
    token = _doctor(code=1)["token"]
    assert token["found"].endswith("the identity server is busy or down, so try again later")
    assert token["fix"] == ""


@pytest.mark.parametrize(
    ("status", "fix"), [(401, "set a new one"), (429, "try again later"), (500, "if it lasts")]
)
def test_read_that_fails_names_what_to_do_by_its_status(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, status: int, fix: str
) -> None:
    monkeypatch.setenv("OLT_API_TOKEN", emulator.token(TENANT_A))
    path = "/application-developer/applications"
    emulator.add_fault(Fault(kind="status", status=status, path=path, times=None))
    assert _doctor(code=1)[READS[0]]["fix"].endswith(fix)


REMEDIES: Final[dict[str, tuple[dict[str, str], tuple[str, ...], str, str]]] = {
    "no credentials": ({}, (), "credentials", "read -rs OLT_API_TOKEN && export OLT_API_TOKEN"),
    "two sources": (
        {"OLT_API_TOKEN": "a.b.c", "OLT_CLIENT_ID": "an-id"},
        (),
        "credentials",
        "env | grep -o '^OLT_[A-Z_]*'",
    ),
    "wrong setting": (
        {"OLT_REQUEST_TIMEOUT": "soon"},
        (),
        "configuration",
        "env | grep -o '^OLT_[A-Z_]*'",
    ),
    "host down": (
        {"OLT_API_URL": "http://127.0.0.1:1/v1", "OLT_IDENTITY_URL": "http://127.0.0.1:1/v1"},
        (),
        "API host",
        "curl --verbose --output /dev/null http://127.0.0.1:1/v1/applications",
    ),
    "wrong setting of a stack": (
        {"OLT_REQUEST_TIMEOUT": "soon"},
        ("--stack", "my stack"),
        "configuration",
        "pulumi config --stack 'my stack'",
    ),
    "no credentials of a stack": (
        {},
        ("--stack", "dev"),
        "credentials",
        "pulumi config set --secret olt:apiToken --stack dev",
    ),
    "old engine": ({}, ("--stack", "dev"), "Pulumi engine", remedies.INSTALL_ENGINE),
}


@pytest.mark.parametrize("case", REMEDIES)
def test_remedy_is_a_command_to_copy(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, case: str
) -> None:
    environment, arguments, check, command = REMEDIES[case]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if arguments:
        _fake_engine(tmp_path, monkeypatch, "{}")
    assert _doctor(*arguments, code=1)[check]["fix"] == command


@pytest.mark.parametrize(
    ("place", "command"),
    [
        ((), "read -rs OLT_TENANT_TOKENS && export OLT_TENANT_TOKENS"),
        (
            ("--stack", "dev"),
            f"pulumi config set --secret --path olt:tenantTokens.{TENANT_A} --stack dev",
        ),
    ],
)
def test_remedy_of_a_token_that_expires_sets_it_where_it_is_set(
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    place: tuple[str, ...],
    command: str,
) -> None:
    tokens = json.dumps({TENANT_A: emulator.token(TENANT_A, lifetime=5000)})
    if place:
        _fake_engine(tmp_path, monkeypatch, json.dumps({"olt:tenantTokens": {"value": tokens}}))
    else:
        monkeypatch.setenv("OLT_TENANT_TOKENS", tokens)
    assert _doctor(*place, code=0)["token"]["fix"] == command


def test_folder_that_does_not_exist_is_wrong_usage(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["doctor", "--cwd", str(tmp_path / "none")])
    assert (result.exit_code, result.stderr) == (
        2,
        f"olt doctor: {tmp_path / 'none'} is no folder\n",
    )
