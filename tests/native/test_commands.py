"""``olt`` on a stack with resources of one form or both, with states and previews of the engine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
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

START: Final = """
import pulumi

rotated = pulumi.Config().get("rotated")
trigger = {"rotated": rotated} if rotated else None
"""
DECLARED: Final = f"""
from {{module}} import OltApplication, OltInstallation

made = OltApplication("{{name}}", allowed_tenants={{allowed}}, rotate_secret_when_changed=trigger)
OltInstallation("{{name}}-in-a", application_id=made.id, tenant_id={TENANT_A!r})
"""
MODULES: Final = {"dynamic": "olt_provider", "native": "olt_provider.native"}
"""Form, which is also the name of its application -> the module of its classes."""
BEFORE: Final = {TENANT_A: "ours"}
AFTER: Final = {TENANT_A: "ours", TENANT_B: "theirs"}


def program(forms: Sequence[str], allowed: dict[str, str]) -> str:
    """One application of each form, and its installation."""
    declared = (DECLARED.format(module=MODULES[form], name=form, allowed=allowed) for form in forms)
    return "".join((START, *declared))


@dataclass(frozen=True, repr=False)
class Made:
    """A deployed stack, its exported state, and the preview of a change of all applications.

    ``names``: those of the applications, sorted.
    """

    names: list[str]
    emulator: Emulator
    stack: Stack
    state: Path
    preview: str


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(["dynamic", "native"], id="mixed"),
        pytest.param(["native"], id="native"),
    ],
)
def deployed(
    request: pytest.FixtureRequest, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Made]:
    folder, forms = tmp_path_factory.mktemp("stack"), request.param
    with Emulator.start() as emulator:
        stack: NativeStack = new_native_stack(engine, folder, program(forms, BEFORE))
        stack.env.update(reaching_as(emulator, TENANT_A, TENANT_B) | {"OLT_TENANT_ID": TENANT_A})
        stack.up()
        state = folder / "state.json"
        state.write_text(stack.run("stack", "export").stdout)
        stack.program(program(forms, AFTER))
        stack.config("rotated", "2026-11")
        preview = stack.run("preview", "--json", "--show-sames").stdout
        yield Made(forms, emulator, stack, state, preview)


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


def test_doctor_finds_the_applications_and_secrets_of_each_form(made: Made) -> None:
    checks: list[dict[str, Any]] = json.loads(olt("doctor", "--json", "--state", made.state))[
        "checks"
    ]
    found = {
        kind: [each["found"] for each in checks if each["check"] == kind]
        for kind in ("orphaned applications", "client secret")
    }
    assert (
        f"none: the states hold all {len(made.names)} of the tenant"
        in found["orphaned applications"]
    )
    assert sorted(each.partition(":")[0] for each in found["client secret"]) == made.names
    assert all("made less than a day ago" in each for each in found["client secret"])


def test_verify_checks_the_applications_of_each_form(made: Made) -> None:
    results = json.loads(olt("verify", "--json", "--cwd", made.stack.folder, "--stack", "dev"))
    rows = {(each["application"], each["tenant"]): each for each in results["results"]}
    assert sorted(rows) == [(name, TENANT_A) for name in made.names]
    for row in rows.values():
        parts = ("registered", "allowed", "installed", "secret", "data")
        assert {row[part] for part in parts} == {"ok"}


def test_adopt_leaves_out_what_each_form_manages(made: Made) -> None:
    found = json.loads(olt("adopt", "--json", "--state", made.state))
    assert found["applications"] == []
    assert sorted(each["resource"] for each in found["managed"]) == made.names


def test_review_lists_the_effects_of_each_form_alike(made: Made) -> None:
    review = json.loads(olt("review", "--format", "json", stdin=made.preview))
    for effect in ("gains_access", "dead_secrets"):
        assert sorted(each["application"] for each in review[effect]) == made.names, effect
    shown = olt("review", stdin=made.preview)
    secrets = secrets_of(made)
    assert len(secrets) == len(made.names)
    assert [each for each in secrets if each in shown] == []


def test_graph_draws_the_change_of_each_form_alike(made: Made) -> None:
    lines = [line.strip() for line in olt("graph", "-", stdin=made.preview).splitlines()]
    assert [line for line in lines if line.startswith("a") and "[" in line] == [
        f'a{place}["{name}"]' for place, name in enumerate(made.names)
    ]
    gained = [line.split()[0] for line in lines if "gained: allowed" in line]
    assert gained == [f"a{place}" for place in range(len(made.names))]
