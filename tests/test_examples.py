"""Every example works on the real engine, with the platform's data checked after each step."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from olt_provider.emulator import TENANT_A, TENANT_B, Emulator
from tests.consumer import fetching, token_status
from tests.engine.harness import Engine, Stack
from tools.workspace import ROOT

pytestmark = pytest.mark.timeout(300)  # each makes several calls of the CLI

EXAMPLES = ROOT / "examples"
THIRD = "c0000000-0000-4000-8000-00000000000c"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator.start() as emulator:
        yield emulator


@pytest.fixture
def stack(engine: Engine, emulator: Emulator, tmp_path: Path) -> Stack:
    stack = engine.stack(tmp_path, "")
    stack.env.update(OLT_API_URL=emulator.api_url, OLT_IDENTITY_URL=emulator.identity_url)
    stack.env["OLT_API_TOKEN"] = emulator.token(TENANT_A)
    stack.config("olt:tenantId", TENANT_A)
    return stack


def program(example: str) -> str:
    return (EXAMPLES / example / "__main__.py").read_text()


def operations(preview: dict[str, Any]) -> dict[str, str]:
    """Resource -> what a preview would do to it; the unchanged are left out."""
    steps = {step["urn"].rsplit("::", 1)[1]: step["op"] for step in preview["steps"]}
    return {name: operation for name, operation in steps.items() if operation != "same"}


def test_every_example_is_run_by_a_test() -> None:
    elsewhere = {
        "quickstart": "tests/tools/test_demo.py",
        "background_application": "tests/test_example_background.py",
        "deployer": "tests/test_example_deployer.py",
        "gitops": "tests/test_example_gitops.py",
        "fleet": "tests/test_example_fleet.py",
        "policy": "tests/policy/test_pack.py",
        "handing_on": "tests/test_example_handing_on.py",
        "native": "tests/native/test_typescript_example.py",
    }
    here = {"secret_rotation", "rotation_without_downtime", "multi_tenant"}
    assert all((ROOT / test).is_file() for test in elsewhere.values())
    assert {item.name for item in EXAMPLES.iterdir() if item.is_dir()} == {*elsewhere, *here}
    for example in here:
        project = yaml.safe_load((EXAMPLES / example / "Pulumi.yaml").read_text())
        virtualenv = EXAMPLES / example / project["runtime"]["options"]["virtualenv"]
        assert virtualenv.resolve() == ROOT / ".venv"


@pytest.mark.engine
@pytest.mark.long
def test_secret_rotation_hands_the_new_secret_on_in_the_same_update(
    stack: Stack, emulator: Emulator, tmp_path: Path
) -> None:
    file, elsewhere = tmp_path / "credentials.env", tmp_path / "elsewhere"
    elsewhere.write_text("of another program")
    elsewhere.chmod(0o644)
    file.symlink_to(elsewhere)
    stack.program(program("secret_rotation"))
    stack.config("file", str(file))
    stack.up()
    assert (elsewhere.read_text(), file.is_symlink()) == ("of another program", False)
    first = stack.outputs()
    written = file.read_text()
    assert written == f"CLIENT_ID={first['client_id']}\nCLIENT_SECRET={first['client_secret']}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert first["client_secret"] not in stack.state_file.read_text()

    stack.config("rotation", "2027-01")
    assert operations(stack.preview_json()) == {
        "rotating-application": "update",
        "credentials": "update",
    }
    file.chmod(0o644)
    with file.open() as reader:
        stack.up()
        assert reader.read() == written
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.glob(".credentials.env.*")) == []
    second = stack.outputs()
    assert second["client_id"] == first["client_id"]
    assert emulator.platform.secret_is_valid(second["client_id"], second["client_secret"])
    assert not emulator.platform.secret_is_valid(first["client_id"], first["client_secret"])
    stored = file.read_text()
    assert stored == written.replace(first["client_secret"], second["client_secret"])

    assert operations(stack.preview_json()) == {}
    moved = tmp_path / "moved.env"
    stack.config("file", str(moved))
    stack.up()
    assert (file.exists(), moved.read_text()) == (False, stored)
    stack.destroy()
    assert not moved.exists()
    assert emulator.platform.applications() == []


@pytest.mark.engine
def test_rotation_without_downtime_never_leaves_a_consumer_without_a_token(
    stack: Stack, emulator: Emulator, tmp_path: Path
) -> None:
    file = tmp_path / "credentials.json"
    stack.program(program("rotation_without_downtime"))
    stack.config("file", str(file))
    stack.up()

    def handed_out() -> dict[str, str]:
        credentials: dict[str, str] = json.loads(file.read_text())
        return credentials

    used = [handed_out()]
    for generation in ("2", "3"):
        stack.config("generation", generation)
        previous = used[-1]
        with (
            fetching(emulator.identity_url, TENANT_A, handed_out) as current,
            fetching(emulator.identity_url, TENANT_A, partial(dict, previous)) as late,
        ):
            stack.up()
        used.append(handed_out())
        assert set(current) == {200}
        assert set(late) == {200}
        assert stack.outputs()["previous_client_id"] == previous["client_id"]
    first, second, third = used
    assert first["client_id"] == third["client_id"] != second["client_id"]
    assert token_status(emulator.identity_url, TENANT_A, first) in {400, 401}
    assert token_status(emulator.identity_url, TENANT_A, second) == 200
    assert token_status(emulator.identity_url, TENANT_A, third) == 200
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    stack.destroy()
    assert not file.exists()
    assert emulator.platform.applications() == []


@pytest.mark.engine
def test_multi_tenant_installs_in_every_tenant_of_the_list(
    stack: Stack, emulator: Emulator
) -> None:
    emulator.platform.add_tenant(THIRD, "Tenant C")
    tokens = {tenant: emulator.token(tenant) for tenant in (TENANT_A, TENANT_B, THIRD)}
    stack.env["OLT_TENANT_TOKENS"] = json.dumps(tokens)
    del stack.env["OLT_API_TOKEN"]
    stack.program(program("multi_tenant"))
    stack.config(f"tenants.{TENANT_B}", "customer B", path=True)
    stack.up()
    application = stack.outputs()["application_id"]

    def installed() -> set[str]:
        return {each["tenantId"] for each in emulator.platform.installations(application)}

    assert installed() == {TENANT_B}
    stack.config(f"tenants.{THIRD}", "customer C", path=True)
    assert operations(stack.preview_json()) == {
        "reporting": "update",
        f"reporting-{THIRD}": "create",
    }
    stack.up()
    assert installed() == {TENANT_B, THIRD}
    assert set(stack.outputs()["installed_at"]) == {TENANT_B, THIRD}
    stack.destroy()
    assert emulator.platform.applications() == []
