"""``olt doctor --state``: the applications of a tenant that no given state holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from olt_provider.cli.app import app
from olt_provider.emulator import TENANT_A, TENANT_B, Emulator, Fault
from tests.cli.test_adopt import KEPT, _resource, _state
from tests.cli.test_hostile_text import HOSTILE, require_safe

NAME = "orphaned applications"


def _orphans(*states: Path, code: int = 0) -> list[dict[str, str]]:
    arguments = [word for state in states for word in ("--state", str(state))]
    result = CliRunner().invoke(app, ["doctor", "--json", *arguments])
    assert result.exit_code == code, result.output
    checks: list[dict[str, str]] = json.loads(result.stdout)["checks"]
    return [each for each in checks if each["check"] == NAME]


def _register(emulator: Emulator, *names: str, tenant: str = TENANT_A) -> list[str]:
    return [emulator.platform.register(tenant, name=name)["id"] for name in names]


def test_application_of_no_given_state_is_listed(emulator: Emulator, tmp_path: Path) -> None:
    known, orphan = _register(emulator, "known", "orphan")
    state = _state(tmp_path, _resource(known.upper()))
    (found,) = _orphans(state)
    assert found["level"] == "warning"
    assert found["found"].startswith(f"orphan ({orphan}), created 20")
    assert found["fix"] == f"olt adopt --tenant {TENANT_A} --state {state}"
    assert found["tenant"] == TENANT_A


def test_states_of_several_stacks_count_together(emulator: Emulator, tmp_path: Path) -> None:
    ids = _register(emulator, "one", "two")
    files = []
    for application_id in ids:
        folder = tmp_path / application_id
        folder.mkdir()
        files.append(_state(folder, _resource(application_id)))
    (found,) = _orphans(*files)
    assert (found["level"], found["found"]) == ("ok", "none: the states hold all 2 of the tenant")


def test_application_that_waits_for_its_deletion_is_no_orphan(
    emulator: Emulator, tmp_path: Path
) -> None:
    (made,) = _register(emulator, "one")
    assert _orphans(_state(tmp_path, _resource(made, delete=True)))[0]["level"] == "ok"


@pytest.mark.parametrize("more", [{"external": True}, {"id": ""}])
def test_application_that_a_stack_only_reads_or_never_made_is_an_orphan(
    emulator: Emulator, tmp_path: Path, more: dict[str, Any]
) -> None:
    (made,) = _register(emulator, "one")
    assert made in _orphans(_state(tmp_path, {**_resource(made), **more}))[0]["found"]


def test_orphans_of_each_tenant_are_listed_newest_first(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = {tenant: emulator.token(tenant) for tenant in (TENANT_A, TENANT_B)}
    monkeypatch.delenv("OLT_API_TOKEN")
    monkeypatch.setenv("OLT_TENANT_TOKENS", json.dumps(tokens))
    _register(emulator, "old", "new")
    _register(emulator, "other", tenant=TENANT_B)
    found = _orphans(_state(tmp_path))
    assert [each["tenant"] for each in found] == [TENANT_A, TENANT_A, TENANT_B]
    created = [each["found"].split("created ")[1] for each in found[:2]]
    assert created == sorted(created, reverse=True)


def test_application_whose_credentials_are_used_is_named_as_such(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = emulator.platform.register(TENANT_A, name="deployer", allowed_tenants=[TENANT_A])
    emulator.platform.install(made["id"], TENANT_A)
    monkeypatch.delenv("OLT_API_TOKEN")
    monkeypatch.setenv("OLT_CLIENT_ID", made["oauth2Client"]["id"])
    monkeypatch.setenv("OLT_CLIENT_SECRET", made["oauth2Client"]["secret"])
    monkeypatch.setenv("OLT_TENANT_ID", TENANT_A)
    (found,) = _orphans(_state(tmp_path))
    assert "these credentials are its own" in found["found"]
    assert found["fix"] == ""


def test_list_that_fails_is_not_checked(emulator: Emulator, tmp_path: Path) -> None:
    path = "/application-developer/applications"
    emulator.add_fault(Fault(kind="status", status=403, method="GET", path=path, times=None))
    (found,) = _orphans(_state(tmp_path), code=1)
    assert found["level"] == "not checked"
    assert "403" in found["found"]


def test_encrypted_state_needs_no_passphrase(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    assert _orphans(KEPT)[0]["level"] == "ok"


def test_file_that_is_no_state_is_wrong_usage_before_any_call(
    emulator: Emulator, tmp_path: Path
) -> None:
    file = tmp_path / "state.json"
    file.write_text("hello")
    result = CliRunner().invoke(app, ["doctor", "--state", str(file)])
    assert result.exit_code == 2
    assert result.stderr.startswith("olt doctor: ")
    assert result.stderr.count("\n") == 1
    assert emulator.calls == []


def test_without_a_state_nothing_is_listed(emulator: Emulator) -> None:
    _register(emulator, "one")
    assert _orphans() == []


def test_hostile_names_of_orphans_are_printed_safely(emulator: Emulator, tmp_path: Path) -> None:
    _register(emulator, *HOSTILE)
    result = CliRunner().invoke(app, ["doctor", "--state", str(_state(tmp_path))])
    assert result.exit_code == 0
    require_safe(result.output)
    assert result.output.count("olt adopt --tenant") >= len(HOSTILE)
