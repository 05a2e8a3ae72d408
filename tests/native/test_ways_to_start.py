"""The ways to start the plugin: from ``PATH``, already running, from an installed tarball."""

from __future__ import annotations

import functools
import site
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest

from olt_provider._version import __version__
from olt_provider.emulator import Emulator
from tests.emulated import changes_in
from tests.engine.harness import Engine, Stack
from tests.engine.olt import has_traceback, reaching
from tests.native import plugin
from tests.native.stacks import application, new_yaml_stack, unpacked
from tools import plugin as release
from tools.workspace import ROOT

INSTALL_SECONDS = 200.0


def test_plugin_on_the_path_is_found_without_an_entry_in_the_project(
    emulator: Emulator, engine: Engine, tmp_path: Path, owner: str
) -> None:
    stack = engine.stack(tmp_path, application(name="Sample"))
    stack.env.update(reaching(emulator, emulator.token(owner)))
    shown = stack.up().output
    assert "using pulumi-resource-olt from $PATH" in shown
    assert stack.resource("app")["type"] == "olt:index:Application"
    (held,) = emulator.platform.applications(owner)
    assert held["name"] == "Sample"
    stack.destroy()
    assert emulator.platform.applications(owner) == []


def test_plugin_that_runs_already_serves_the_engine(
    emulator: Emulator, engine: Engine, tmp_path: Path, owner: str
) -> None:
    """Only the running plugin has credentials, so no other one can have made the application."""
    stack = engine.stack(tmp_path, application(name="Sample"))
    with plugin.running(reaching(emulator, emulator.token(owner))) as started:
        stack.env["PULUMI_DEBUG_PROVIDERS"] = f"olt:{started.port}"
        stack.up()
        (held,) = emulator.platform.applications(owner)
        assert stack.resource("app")["id"] == held["id"]
        stack.destroy()
    assert emulator.platform.applications(owner) == []


PROGRAM: Final = """
packages:
  olt: ./plugin
resources:
  app:
    type: olt:Application
    properties:
      name: Sample
outputs:
  clientSecret: ${app.clientSecret}
"""


def test_folder_of_an_unpacked_tarball_that_the_packages_name_serves_whole_runs(
    emulator: Emulator, engine: Engine, tmp_path: Path, owner: str
) -> None:
    """The project that `pulumi package add ./plugin` leaves behind."""
    stack = new_yaml_stack(engine, tmp_path, "")
    folder = unpacked(tmp_path / "plugin")
    (folder / release.VENV).symlink_to(engine.python.parent)
    stack.env.update(reaching(emulator, emulator.token(owner)))
    (tmp_path / "Pulumi.yaml").write_text(f"name: {stack.project}\nruntime: yaml\n{PROGRAM}")
    stack.preview()
    assert changes_in(emulator) == []
    assert f"{release.EXECUTABLE} from $PATH" not in stack.up().output
    (held,) = emulator.platform.applications(owner)
    assert stack.resource("app")["id"] == held["id"]
    secret = stack.outputs()["clientSecret"]
    assert secret not in stack.state_file.read_text()
    assert stack.preview_json()["changeSummary"] == {"same": 2}
    stack.refresh()
    stack.destroy()
    assert emulator.platform.applications(owner) == []


def test_folder_without_its_environment_is_reported_with_the_command_to_run(
    engine: Engine, tmp_path: Path
) -> None:
    stack = new_yaml_stack(engine, tmp_path, "")
    unpacked(tmp_path / "plugin")
    (tmp_path / "Pulumi.yaml").write_text(f"name: {stack.project}\nruntime: yaml\n{PROGRAM}")
    shown = stack.preview(expect_failure=True).output
    assert "plugin/venv is missing: run 'pulumi install'" in shown


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a server that has the files of a release."""
    folder = tmp_path / "release"
    release.build(folder)
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> None:
    """Write a wheel that holds no more than some files."""
    distribution = f"{name.replace('-', '_')}-{version}"
    metadata = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(folder / f"{distribution}-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        for path, text in metadata.items():
            archive.writestr(f"{distribution}.dist-info/{path}", text)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """What pip installs without a network: a wheel that leads to this checkout, and pip's tools."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    paths = "\n".join([*site.getsitepackages(), str(ROOT)])
    wheel(folder, "pulumi-olt", __version__, {"checkout.pth": f"{paths}\n"})
    for tool in ("setuptools", "wheel"):
        wheel(folder, tool, "99.0.0", {})
    return folder


@pytest.fixture
def stack_without_a_plugin(emulator: Emulator, engine: Engine, tmp_path: Path, owner: str) -> Stack:
    """A stack whose CLI finds installed plugins only, of which there are none yet."""
    folder = tmp_path / "stack"
    folder.mkdir()
    stack = engine.stack(folder, application(name="Sample"))
    stack.env.update(
        reaching(emulator, emulator.token(owner))
        | {"PULUMI_HOME": str(tmp_path / "home"), "PULUMI_IGNORE_AMBIENT_PLUGINS": "1"}
    )
    return stack


def test_missing_plugin_is_reported_with_the_words_of_the_troubleshooting_page(
    stack_without_a_plugin: Stack,
) -> None:
    shown = stack_without_a_plugin.preview(expect_failure=True).output
    assert "no resource plugin 'pulumi-resource-olt'" in shown.lower()
    assert not has_traceback(shown)


@pytest.mark.long
def test_tarball_of_a_release_is_installed_from_a_server_and_serves_whole_runs(
    emulator: Emulator,
    stack_without_a_plugin: Stack,
    tmp_path: Path,
    owner: str,
    served: str,
    wheels: Path,
) -> None:
    stack = stack_without_a_plugin
    result = stack.engine.call(
        tmp_path,
        stack.backend,
        ["plugin", "install", "resource", "olt", f"v{__version__}", "--server", served],
        env=stack.env | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)},
        timeout=INSTALL_SECONDS,
    )
    assert result.returncode == 0, result.output
    installed = tmp_path / "home" / "plugins" / f"resource-olt-v{__version__}"
    (python,) = installed.rglob("bin/python")
    assert subprocess.run(
        [python, "-m", "pip", "show", "pulumi-olt"], capture_output=True, text=True, check=True
    ).stdout.startswith(f"Name: pulumi-olt\nVersion: {__version__}\n")
    stack.preview()
    assert changes_in(emulator) == []
    shown = stack.up().output
    assert "warning" not in shown
    (held,) = emulator.platform.applications(owner)
    assert stack.resource("app")["id"] == held["id"]
    assert stack.preview_json()["changeSummary"] == {"same": 2}
    stack.refresh()
    stack.destroy()
    assert emulator.platform.applications(owner) == []
