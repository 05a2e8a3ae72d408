"""``olt`` on a stack with resources of both forms, with states and previews of the engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from olt_provider.cli.app import app
from olt_provider.emulator import TENANT_A, TENANT_B, Emulator
from tests.engine.harness import Engine, Stack
from tests.engine.olt import reaching_as
from tests.native.stacks import NativeStack, new_native_stack

PROGRAM: Final = f"""
import pulumi
from olt_provider import OltApplication as DynamicApplication
from olt_provider import OltInstallation as DynamicInstallation
from olt_provider.native import OltApplication, OltInstallation

rotated = pulumi.Config().get("rotated")
trigger = {{{{"rotated": rotated}}}} if rotated else None
for name, application, installation in (
    ("dynamic", DynamicApplication, DynamicInstallation),
    ("native", OltApplication, OltInstallation),
):
    made = application(name, allowed_tenants={{allowed!r}}, rotate_secret_when_changed=trigger)
    installation(name + "-in-a", application_id=made.id, tenant_id={TENANT_A!r})
"""
BEFORE: Final = {TENANT_A: "ours"}
AFTER: Final = {TENANT_A: "ours", TENANT_B: "theirs"}
NAMES: Final = ["dynamic", "native"]


@dataclass(frozen=True, repr=False)
class Made:
    """A deployed mixed stack, its exported state, and the preview of a change of both forms."""

    emulator: Emulator
    stack: Stack
    state: Path
    preview: str


@pytest.fixture(scope="module")
def deployed(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("mixed")
    with Emulator.start() as emulator:
        stack: NativeStack = new_native_stack(engine, folder, PROGRAM.format(allowed=BEFORE))
        stack.env.update(reaching_as(emulator, TENANT_A, TENANT_B) | {"OLT_TENANT_ID": TENANT_A})
        stack.up()
        state = folder / "state.json"
        state.write_text(stack.run("stack", "export").stdout)
        stack.program(PROGRAM.format(allowed=AFTER))
        stack.config("rotated", "2026-11")
        preview = stack.run("preview", "--json", "--show-sames").stdout
        yield Made(emulator, stack, state, preview)


@pytest.fixture
def made(deployed: Made, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Made:
    for key, value in (engine.environment(deployed.stack.backend) | deployed.stack.env).items():
        monkeypatch.setenv(key, value)
    return deployed


def olt(*arguments: str | Path, stdin: str | None = None) -> str:
    result = CliRunner().invoke(app, list(map(str, arguments)), input=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout


def secrets_of(made: Made) -> list[str]:
    exported = made.stack.run("stack", "export", "--show-secrets").stdout
    outputs = [each.get("outputs", {}) for each in json.loads(exported)["deployment"]["resources"]]
    held = [
        each[key]["plaintext"]
        for each in outputs
        for key in ("client_secret", "clientSecret")
        if key in each
    ]
    return [json.loads(each) for each in held]


def test_doctor_finds_the_applications_and_secrets_of_both_forms(made: Made) -> None:
    checks: list[dict[str, Any]] = json.loads(olt("doctor", "--json", "--state", made.state))[
        "checks"
    ]
    found = {
        kind: [each["found"] for each in checks if each["check"] == kind]
        for kind in ("orphaned applications", "client secret")
    }
    assert "none: the states hold all 2 of the tenant" in found["orphaned applications"]
    assert sorted(each.partition(":")[0] for each in found["client secret"]) == NAMES
    assert all("made less than a day ago" in each for each in found["client secret"])


def test_verify_checks_the_applications_of_both_forms(made: Made) -> None:
    results = json.loads(olt("verify", "--json", "--cwd", made.stack.folder, "--stack", "dev"))
    rows = {(each["application"], each["tenant"]): each for each in results["results"]}
    assert sorted(rows) == [(name, TENANT_A) for name in NAMES]
    for row in rows.values():
        parts = ("registered", "allowed", "installed", "secret", "data")
        assert {row[part] for part in parts} == {"ok"}


def test_adopt_leaves_out_what_either_form_manages(made: Made) -> None:
    found = json.loads(olt("adopt", "--json", "--state", made.state))
    assert found["applications"] == []
    assert sorted(each["resource"] for each in found["managed"]) == NAMES


def test_review_lists_the_effects_of_both_forms_alike(made: Made) -> None:
    review = json.loads(olt("review", "--format", "json", stdin=made.preview))
    for effect in ("gains_access", "dead_secrets"):
        assert sorted(each["application"] for each in review[effect]) == NAMES, effect
    shown = olt("review", stdin=made.preview)
    secrets = secrets_of(made)
    assert len(secrets) == len(NAMES)
    assert [each for each in secrets if each in shown] == []


def test_graph_draws_the_change_of_both_forms_alike(made: Made) -> None:
    lines = [line.strip() for line in olt("graph", "-", stdin=made.preview).splitlines()]
    assert [line for line in lines if line.startswith("a") and "[" in line] == [
        f'a{place}["{name}"]' for place, name in enumerate(NAMES)
    ]
    gained = [line.split()[0] for line in lines if "gained: allowed" in line]
    assert gained == ["a0", "a1"]
