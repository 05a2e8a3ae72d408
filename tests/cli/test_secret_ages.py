"""The ages and due dates of client secrets in `olt doctor` and `olt verify`."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from olt_provider.cli.app import app
from olt_provider.cli.secret_ages import age, ages
from olt_provider.cli.verify_checks import of_stack
from olt_provider.emulator import TENANT_A, Emulator
from tests.cli.test_adopt import _resource, _state

NOW = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
ROTATED = {"secret_rotated_at": "2026-09-27T12:00:00.000Z"}


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ({}, "its age is not known"),
        ({"secret_rotated_at": None}, "its age is not known"),
        ({"secret_rotated_at": "yesterday"}, "its age is not known"),
        (ROTATED, "made 60 days ago (2026-09-27)"),
        (
            {**ROTATED, "secret_due_at": "2026-11-27T13:00:00.000Z"},
            "made 60 days ago (2026-09-27), due in 1 day (2026-11-27)",
        ),
        (
            {**ROTATED, "secret_due_at": "2026-11-26T11:00:00.000Z"},
            "made 60 days ago (2026-09-27), overdue less than a day ago (2026-11-26)",
        ),
        (
            {"secret_due_at": "2026-12-26T12:00:00.000Z"},
            "its age is not known, due in 30 days (2026-12-26)",
        ),
    ],
)
def test_age_states_when_a_secret_was_made_and_is_due(
    outputs: dict[str, Any], expected: str
) -> None:
    assert age(outputs, NOW) == expected


def test_overdue_secret_is_a_warning_that_names_the_command() -> None:
    resource = _resource("a") | {
        "outputs": {**ROTATED, "secret_due_at": ROTATED["secret_rotated_at"]}
    }
    (check,) = ages([resource], NOW)
    assert (check.level, check.fix) == ("warning", "run `pulumi up`, which rotates it")
    assert "overdue 60 days ago" in check.found


def test_resources_that_the_stack_does_not_manage_have_no_age() -> None:
    assert ages([_resource("a", external=True), _resource("b", delete=True)], NOW) == []


def test_doctor_reports_the_secrets_of_the_given_states(emulator: Emulator, tmp_path: Path) -> None:
    made = emulator.platform.register(TENANT_A, name="known")["id"]
    outputs = {**ROTATED, "secret_due_at": "2126-11-27T12:00:00.000Z"}
    state = _state(tmp_path, _resource(made) | {"outputs": outputs})
    result = CliRunner().invoke(app, ["doctor", "--json", "--state", str(state)])
    checks = json.loads(result.stdout)["checks"]
    (found,) = [each for each in checks if each["check"] == "client secret"]
    assert found["level"] == "ok"
    assert "ago (2026-09-27), due in" in found["found"]
    assert "(2126-11-27)" in found["found"]


def test_verify_takes_the_age_from_the_state() -> None:
    outputs = {"tenant_id": TENANT_A, "client_id": "c", **ROTATED}
    resource = _resource("a") | {"outputs": outputs}
    (subject,) = of_stack({"deployment": {"resources": [resource]}})
    assert "ago (2026-09-27)" in subject.age
