from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from olt_provider._version import __version__
from tests.native.stacks import unpacked
from tools import plugin
from tools.workspace import ROOT


def test_release_has_a_tarball_for_each_platform_and_the_schema(tmp_path: Path) -> None:
    names = [path.name for path in plugin.build(tmp_path)]
    assert names == [
        *(f"pulumi-resource-olt-v{__version__}-{each}.tar.gz" for each in plugin.PLATFORMS),
        f"pulumi-olt-schema-v{__version__}.json",
    ]
    schema = json.loads((tmp_path / names[-1]).read_text())
    assert (schema["name"], schema["version"]) == ("olt", __version__)
    assert "pluginDownloadURL" not in schema


def test_schema_of_a_release_names_the_repository_of_the_pipeline(tmp_path: Path) -> None:
    """The command of the release workflow, with the variables that each of its steps has."""
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]
    (step,) = [each for each in jobs["build"]["steps"] if "tools.plugin" in each.get("run", "")]
    command = shlex.split(step["run"])
    assert command[0] == ".venv/bin/python"
    assert "env" not in step
    variables = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "a-team/olt"}
    subprocess.run(
        [sys.executable, *command[1:-1], str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        check=True,
    )
    schema = json.loads((tmp_path / f"pulumi-olt-schema-v{__version__}.json").read_text())
    assert schema["pluginDownloadURL"] == "github://api.github.com/a-team/olt"


@pytest.mark.parametrize("place", [plugin.VENV, "."])
def test_executable_of_the_tarball_starts_the_program_in_its_environment(
    place: str, tmp_path: Path
) -> None:
    folder = unpacked(tmp_path / "a folder")
    python = folder / place / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nfor each in "$@"; do echo "$each"; done\n')
    python.chmod(0o755)
    done = subprocess.run(
        [folder / plugin.EXECUTABLE, "127.0.0.1:1", "a b"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [str(folder / "__main__.py"), "127.0.0.1:1", "a b"]


def test_executable_without_its_environment_names_what_to_do(tmp_path: Path) -> None:
    folder = unpacked(tmp_path)
    done = subprocess.run([folder / plugin.EXECUTABLE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"olt: {folder}/venv is missing: run 'pulumi install' in a project whose packages name "
        "this folder, or install the plugin again, with --reinstall\n"
    )


def test_tarball_installs_the_wheel_of_its_version_and_starts_the_plugin() -> None:
    with tarfile.open(fileobj=io.BytesIO(plugin.tarball(plugin.contents()))) as archive:
        files = {}
        for member in archive.getmembers():
            extracted = archive.extractfile(member)
            assert extracted is not None
            files[member.name] = extracted.read().decode()
    assert files["requirements.txt"] == f"pulumi-olt=={__version__}\n"
    assert yaml.safe_load(files["PulumiPlugin.yaml"])["runtime"]["name"] == "python"
    compile(files["__main__.py"], "__main__.py", "exec")
    assert "olt_provider.native.main" in files["__main__.py"]


def test_equal_releases_are_equal_bytes() -> None:
    assert plugin.tarball(plugin.contents()) == plugin.tarball(plugin.contents())
