"""examples/gitops/scripts: what they install, and no token in an argument or a file."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tools.environment import LOCK, wheelhouse
from tools.workspace import ROOT

EXAMPLE: Final = ROOT / "examples" / "gitops"
REQUIREMENTS: Final = EXAMPLE / "requirements.txt"
SECRETS: Final = {
    "OLT_CLIENT_SECRET": "client-secret-90cd",
    "OLT_API_TOKEN": "api-token-77ef",
    "PULUMI_CONFIG_PASSPHRASE": "passphrase-41aa",
    "PULUMI_ACCESS_TOKEN": "access-token-2c2c",
    "GITLAB_TOKEN": "gitlab-token-9f9f",
}
TIMEOUT: Final = 60
RECORD: Final = """#!/bin/sh
printf '%s\n' "$0 $*" >> "$RECORD"
test "${0##*/}" != git || exec {git} "$@"
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment whose tools write down their arguments, and that holds every secret."""
    tools = tmp_path / "tools"
    tools.mkdir()
    git = shutil.which("git")
    for name in ("pulumi", "git", "curl"):
        (tools / name).write_text(RECORD.replace("{git}", str(git)))
        (tools / name).chmod(0o755)
    (tmp_path / "gitconfig").write_text("[init]\n  defaultBranch = main\n")
    return {
        "PATH": os.pathsep.join((str(tools), os.environ["PATH"])),
        "HOME": str(tmp_path),
        "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_TRACE": str(tmp_path / "trace"),
        "RECORD": str(tmp_path / "record"),
        **SECRETS,
    }


@pytest.fixture
def checkout(tmp_path: Path, env: Mapping[str, str]) -> Path:
    """The example, with a commit, and an `olt` that writes down its arguments."""
    folder = tmp_path / "checkout"
    shutil.copytree(EXAMPLE, folder)
    olt = folder / ".venv" / "bin" / "olt"
    olt.parent.mkdir(parents=True)
    olt.write_text(RECORD)
    olt.chmod(0o755)
    (folder / "Pulumi.prod.yaml").write_text("config: {}\n")
    git(folder, env, "init", "--quiet")
    commit(folder, env)
    return folder


def git(folder: Path, env: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=dict(env), capture_output=True, text=True, check=True
    )
    return done.stdout


def commit(folder: Path, env: Mapping[str, str]) -> None:
    git(folder, env, "add", "--all")
    who = ("-c", "user.name=p", "-c", "user.email=p@example.com")
    git(folder, env, *who, "commit", "--quiet", "--message", "x")


def run(folder: Path, env: Mapping[str, str], script: str) -> str:
    """All that it printed, and that its tools were called with."""
    done = subprocess.run(
        [f"scripts/{script}"],
        cwd=folder,
        env=dict(env),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr + Path(env["RECORD"]).read_text()


@pytest.mark.parametrize("script", ["preview.sh", "up.sh", "drift.sh", "reconcile.sh"])
def test_no_secret_is_in_an_argument(script: str, checkout: Path, env: dict[str, str]) -> None:
    shown = run(checkout, env, script)
    assert "/pulumi " in shown
    assert [name for name, secret in SECRETS.items() if secret in shown] == []


def test_the_preview_shows_every_step_of_a_replacement(checkout: Path, env: dict[str, str]) -> None:
    (called,) = (
        line for line in run(checkout, env, "preview.sh").splitlines() if "/pulumi" in line
    )
    assert "--json --show-replacement-steps --show-sames" in called


def pins(lock: Path) -> dict[str, set[str]]:
    """Name, version and marker -> hashes."""
    text = lock.read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line[:1].isalnum()]
    return {
        re.split(r"\s+--hash", line)[0].strip(): set(re.findall(r"sha256:[0-9a-f]{64}", line))
        for line in lines
    }


def test_everything_that_is_installed_is_pinned_as_in_the_projects_lock() -> None:
    pinned, locked = pins(REQUIREMENTS), pins(LOCK)
    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .*)?", each) for each in pinned), pinned
    assert all(pinned.values())
    names = {re.split("==", each)[0] for each in pinned}
    assert {"pulumi", "requests", "urllib3", "typer"} <= names
    for each, hashes in pinned.items():
        bare = each.partition(" ;")[0]
        known = [kept for name, kept in locked.items() if name.partition(" ;")[0] == bare]
        assert hashes in known, each
    assert "://" not in REQUIREMENTS.read_text()


@pytest.mark.timeout(300)
@pytest.mark.slow
def test_the_installation_checks_hashes_and_gives_olt(tmp_path: Path) -> None:
    folder = tmp_path / "checkout"
    shutil.copytree(EXAMPLE, folder)
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir"]
    subprocess.run([*build, folder / "wheels", ROOT], check=True, capture_output=True, timeout=200)
    env = {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheelhouse()),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_COMPILE": "0",  # not compiled before the first import: pip reads it the wrong way
        "HOME": str(tmp_path),
    }
    install = {"args": ["scripts/install.sh"], "cwd": folder, "env": env, "capture_output": True}
    requirements = folder / "requirements.txt"
    pinned = requirements.read_text()
    requirements.write_text(re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", pinned))
    done = subprocess.run(**install, text=True, check=False, timeout=200)  # type: ignore[call-overload]
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (folder / ".venv" / "bin" / "olt").exists()

    requirements.write_text(pinned)
    done = subprocess.run(**install, text=True, check=False, timeout=200)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    olt = [str(folder / ".venv" / "bin" / "olt"), "review", "--help"]
    assert "preview" in subprocess.run(olt, capture_output=True, text=True, check=True).stdout
