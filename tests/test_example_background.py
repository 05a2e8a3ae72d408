"""examples/background_application with the outputs of the quickstart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from olt_provider.emulator import TENANT_A, Emulator
from tests.engine.harness import Engine, Stack
from tests.scripts import Done, run_script
from tools.workspace import ROOT

PROGRAM = ROOT / "examples" / "background_application" / "main.py"
QUICKSTART = (ROOT / "examples" / "quickstart" / "__main__.py").read_text()
VARIABLES = ("client_id", "client_secret", "tenant_id")


def run(*arguments: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Done:
    return run_script(PROGRAM, *arguments, env=env or {}, folder=ROOT, stdin=stdin)


@pytest.fixture
def stack(engine: Engine, tmp_path: Path) -> Stack:
    return engine.stack(tmp_path, QUICKSTART)


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_it_works_with_the_quickstarts_outputs(stack: Stack) -> None:
    with Emulator.start() as emulator:
        hosts = {"OLT_API_URL": emulator.api_url, "OLT_IDENTITY_URL": emulator.identity_url}
        stack.env.update(hosts | {"OLT_API_TOKEN": emulator.token(TENANT_A)})
        stack.config("olt:tenantId", TENANT_A)
        stack.up()
        outputs = stack.run("stack", "output", "--json", "--show-secrets").stdout
        piped = run("-", stdin=outputs, env=hosts)
        exported = json.loads(outputs)
        variables = {f"APP_{name.upper()}": exported[name] for name in VARIABLES}
        from_environment = run(env=hosts | variables)
    assert piped.stderr == ""
    lines = piped.stdout.splitlines()
    assert lines[0] == f"Devices of tenant {TENANT_A}:"
    devices = [line.split(maxsplit=1)[1] for line in lines[1:4]]
    assert devices == ["RGB LED", "Temperature sensor", "Door contact"]
    assert lines[4:] == ["Installed in:", f"  {TENANT_A}  Tenant A"]
    assert from_environment.stdout == piped.stdout


@pytest.mark.parametrize("stdin", ["", "[]", "{}", '{"client_id": "a"}', "null"])
def test_other_input_is_an_error_of_one_line(stdin: str) -> None:
    done = run("-", stdin=stdin)
    assert done.returncode == 1
    assert done.stderr == (
        "error: stdin is not the JSON of a stack's outputs client_id, client_secret, tenant_id\n"
    )


def test_an_unset_variable_is_reported() -> None:
    done = run(env={"APP_CLIENT_ID": "a", "APP_CLIENT_SECRET": "b"})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: tenant_id is empty")


def test_a_refusal_is_an_error_of_one_line() -> None:
    with Emulator.start() as emulator:
        variables = {
            "OLT_API_URL": emulator.api_url,
            "OLT_IDENTITY_URL": emulator.identity_url,
            "APP_CLIENT_ID": TENANT_A,
            "APP_CLIENT_SECRET": "never-shown",
            "APP_TENANT_ID": TENANT_A,
        }
        done = run(env=variables)
    assert done.returncode == 1
    assert "invalid_client" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "never-shown" not in done.stderr
