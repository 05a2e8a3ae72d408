"""template/olt-python: `pulumi new` makes a project of it whose program works."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from olt_provider.emulator import TENANT_A, Emulator
from tests.engine.harness import Engine
from tools.workspace import ROOT

TEMPLATE = ROOT / "template" / "olt-python"
pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


def test_project_of_the_template_registers_and_installs(engine: Engine, tmp_path: Path) -> None:
    folder, backend = tmp_path / "shop", tmp_path / "backend"
    folder.mkdir()
    backend.mkdir()

    def pulumi(*arguments: str, **env: str) -> str:
        done = engine.call(folder, backend, list(arguments), env=env)
        assert done.returncode == 0, done.output
        return done.stdout

    named = ["--name", "shop", "--description", "Applications of the shop"]
    pulumi("new", str(TEMPLATE), "--generate-only", "--yes", "--force", *named)
    made = {each.name for each in folder.iterdir()}
    assert made == {"Pulumi.yaml", "__main__.py", "requirements.txt", ".gitignore"}
    assert "${" not in (folder / "Pulumi.yaml").read_text()
    (folder / ".venv").symlink_to(sys.prefix)
    with Emulator.start() as emulator:
        reaching = {
            "OLT_API_URL": emulator.api_url,
            "OLT_IDENTITY_URL": emulator.identity_url,
            "OLT_API_TOKEN": emulator.token(TENANT_A),
        }
        pulumi("stack", "init", "dev")
        pulumi("config", "set", "olt:tenantId", TENANT_A)
        pulumi("config", "set", "applicationName", "Shop")
        pulumi("up", "--yes", **reaching)
        (application,) = emulator.platform.applications()
        assert application["name"] == "Shop"
        (installation,) = emulator.platform.installations(application["id"])
        assert installation["tenantId"] == TENANT_A
        pulumi("destroy", "--yes", **reaching)
        assert emulator.platform.applications() == []
