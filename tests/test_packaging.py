"""The built wheel in an empty virtual environment, outside the repository."""

from __future__ import annotations

import ensurepip
import json
import os
import subprocess
import sys
import threading
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import requests

from olt_provider._version import __version__
from olt_provider.cli.app import app
from olt_provider.emulator import TENANT_A, Emulator
from tests.documents import blocks, installs, reason_not_to_run
from tests.engine.harness import Engine, Stack
from tools.environment import wheelhouse
from tools.workspace import ROOT

# All tests here share what takes half a minute to make, so they run in one process.
pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

QUICKSTART = (ROOT / "examples" / "quickstart" / "__main__.py").read_text()


NOT_COMPILED = {"PIP_NO_COMPILE": "0"}  # pip reads it the wrong way round: 0 ends the compiling


def checked(command: Sequence[str | Path], cwd: Path) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    env |= NOT_COMPILED  # a module is compiled when it is first imported; most never are
    done = subprocess.run(
        command, cwd=cwd, env=env, check=False, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source archive as a publisher builds it."""
    folder = tmp_path_factory.mktemp("dist")
    checked([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT], folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands in an environment that holds the wheel and what it requires."""
    (pip,) = (Path(ensurepip.__path__[0]) / "_bundled").glob("pip-*.whl")
    # the language host calls the pip of the environment
    return installed(tmp_path_factory.mktemp("user"), wheel, pip)


def installed(folder: Path, *wanted: str | Path) -> Path:
    """The folder of the commands in an empty environment where pip has installed something.

    The pip is this process's own: to give each environment one takes as long as to use it.
    """
    venv.create(folder / "venv")
    python = folder / "venv" / "bin" / "python"
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "install"]
    offline = ["--quiet", "--no-index", "--find-links", str(wheelhouse())]
    checked([*pip, *offline, *wanted], folder)
    return python.parent


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/", 1)[0] for name in names}
    assert tops == {"olt_provider", "pulumi_olt", f"pulumi_olt-{__version__}.dist-info"}
    assert {"olt_provider/py.typed", "pulumi_olt/pulumi-plugin.json"} <= set(names)
    assert f"pulumi_olt-{__version__}.dist-info/licenses/LICENSE" in names


def test_the_wheel_is_used_not_the_checkout(python: Path, tmp_path: Path) -> None:
    code = "import olt_provider; print(olt_provider.__file__, olt_provider.__version__)"
    file, version = checked([python / "python", "-c", code], tmp_path).split()
    assert Path(file).is_relative_to(python.parent)
    assert version == __version__


def test_the_wheel_requires_the_run_time_packages_only(python: Path, tmp_path: Path) -> None:
    code = "import importlib.metadata as m; print(*(d.name.lower() for d in m.distributions()))"
    names = set(checked([python / "python", "-c", code], tmp_path).split())
    assert {"pulumi", "pydantic", "pyjwt", "requests", "tenacity"} <= names
    assert names.isdisjoint({"typer", "fastapi", "uvicorn", "cryptography", "pytest"})


def test_installation_commands_of_the_pages_work(wheel: Path, tmp_path: Path) -> None:
    """Word for word, with the wheel in place of an index."""
    commands = [block for block in blocks("sh") if installs(block) and not reason_not_to_run(block)]
    projects = [each for each in commands if "python3 -m venv" in each.text]
    others = [each.text for each in commands if each not in projects]
    assert (len(projects), len(others)) == (2, 4)
    links = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": f"{wheelhouse()} {wheel.parent}"}
    for number, project in enumerate(projects):
        folder = tmp_path / str(number)
        folder.mkdir()
        more = others if number else []  # in the same environment: each would take a minute
        script = "\n".join([project.text, *more, 'python -c "import olt_provider.background"'])
        exported = "\n".join(f"export {name}='{value}'" for name, value in links.items())
        checked(["bash", "-euo", "pipefail", "-c", f"{exported}\n{script}"], folder)
    assert (tmp_path / "1" / "olt-quickstart" / ".venv" / "bin" / "olt").is_file()


@pytest.fixture
def stack(engine: Engine, python: Path, tmp_path: Path) -> Stack:
    return Engine(engine.folder, engine.home, python).stack(tmp_path, QUICKSTART)


def test_the_installed_wheel_does_the_main_job_on_the_real_engine(stack: Stack) -> None:
    with Emulator.start() as emulator:
        stack.config("olt:apiUrl", emulator.api_url)
        stack.config("olt:identityUrl", emulator.identity_url)
        stack.config("olt:tenantId", TENANT_A)
        stack.env["OLT_API_TOKEN"] = emulator.token(TENANT_A)
        stack.up()
        outputs = stack.outputs()
        (application,) = emulator.platform.applications()
        assert outputs["application_id"] == application["id"]
        assert emulator.platform.secret_is_valid(outputs["client_id"], outputs["client_secret"])
        (installation,) = emulator.platform.installations(application["id"])
        assert installation["tenantId"] == TENANT_A
        stack.destroy()
        assert emulator.platform.applications() == []


@pytest.fixture(scope="module")
def olt(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `olt` of an environment with the wheel and the extras of its commands."""
    return installed(tmp_path_factory.mktemp("cli"), f"{wheel}[cli,emulator]") / "olt"


def test_each_command_of_the_installed_wheel_does_its_work(
    olt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    help_ = checked([olt, "--help"], tmp_path)
    assert all(f" {command.name} " in help_ for command in app.registered_commands)
    ready = tmp_path / "ready.json"
    command: list[str | Path] = [olt, "emulator", "--port", "0", "--ready-file", ready]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as emulator:
        watchdog = threading.Timer(60, emulator.kill)
        watchdog.start()
        assert emulator.stdout is not None
        while not ready.exists():  # it prints a line once it serves, and ends if it fails
            assert emulator.stdout.readline()
        served = json.loads(ready.read_text())
        token = checked([olt, "emulator", "token", TENANT_A, "--ready-file", ready], tmp_path)
        monkeypatch.setenv("OLT_API_URL", served["apiUrl"])
        monkeypatch.setenv("OLT_IDENTITY_URL", served["identityUrl"])
        monkeypatch.setenv("OLT_API_TOKEN", token.strip())
        checked([olt, "doctor"], tmp_path)
        preview = ROOT / "tests" / "cli" / "previews" / "change.json"
        golden = ROOT / "tests" / "cli" / "golden" / "change.md"
        assert checked([olt, "review", preview], tmp_path) == golden.read_text()
        made = registered(served["apiUrl"], token.strip())
        verified = checked([olt, "verify", "--application-id", made, "--json"], tmp_path)
        assert json.loads(verified)["results"][0]["registered"] == "ok"
        assert "OltApplication(" in checked([olt, "adopt"], tmp_path)
        checked([olt, "graph", "--out", "access.svg"], tmp_path)
        assert (tmp_path / "access.svg").read_text().startswith("<svg")
        checked([olt, "emulator", "reset", "--ready-file", ready], tmp_path)
        emulator.terminate()
        assert emulator.wait(30) == 0
        watchdog.cancel()


def registered(api_url: str, token: str) -> str:
    response = requests.post(
        f"{api_url}/application-developer/applications",
        json={"name": "app", "allowedTenants": [{"tenantId": TENANT_A}]},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    return str(response.json()["data"]["id"])
