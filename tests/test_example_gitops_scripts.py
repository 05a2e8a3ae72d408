"""examples/gitops/scripts: what they install, and that no token is in an argument or a file."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest

from tools.environment import LOCK, wheelhouse
from tools.workspace import ROOT

EXAMPLE: Final = ROOT / "examples" / "gitops"
REQUIREMENTS: Final = EXAMPLE / "requirements.txt"
TOKEN: Final = "push-token-5ab1"
SECRETS: Final = {
    "OLT_CLIENT_SECRET": "client-secret-90cd",
    "OLT_API_TOKEN": "api-token-77ef",
    "PULUMI_CONFIG_PASSPHRASE": "passphrase-41aa",
    "PULUMI_ACCESS_TOKEN": "access-token-2c2c",
    "GITLAB_TOKEN": "gitlab-token-9f9f",
    "PUSH_TOKEN": TOKEN,
}
TIMEOUT: Final = 60
RECORD: Final = """#!/bin/sh
printf '%s\n' "$0 $*" >> "$RECORD"
test "${0##*/}" != git || exec {git} "$@"
"""


class GitServer(BaseHTTPRequestHandler):
    """A git remote over HTTP that wants a user and a password, as code hosts do."""

    root: Path

    def _serve(self) -> None:
        wanted = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
        if self.headers["Authorization"] != f"Basic {wanted}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        env = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers["Content-Type"] or "",
            "REMOTE_USER": "pipeline",
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=env, capture_output=True, check=True
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        self.send_response(200)
        for line in head.decode().splitlines():
            self.send_header(*line.split(": ", 1))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _serve  # noqa: N815 (the names of the base class)

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[str]:
    GitServer.root = tmp_path
    with ThreadingHTTPServer(("127.0.0.1", 0), GitServer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/remote.git"
        server.shutdown()
        thread.join()


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


@pytest.mark.parametrize("script", ["preview.sh", "up.sh", "drift.sh", "mend.sh"])
def test_no_secret_is_in_an_argument(script: str, checkout: Path, env: dict[str, str]) -> None:
    shown = run(checkout, env, script)
    assert "/pulumi " in shown
    assert [name for name, secret in SECRETS.items() if secret in shown] == []


def test_the_preview_shows_every_step_of_a_replacement(checkout: Path, env: dict[str, str]) -> None:
    (called,) = (
        line for line in run(checkout, env, "preview.sh").splitlines() if "/pulumi" in line
    )
    assert "--json --show-replacement-steps --show-sames" in called


def test_a_rotation_is_pushed_and_its_token_is_kept_nowhere(
    checkout: Path, env: dict[str, str], remote: str, tmp_path: Path
) -> None:
    git(tmp_path, env, "init", "--quiet", "--bare", "remote.git")
    git(tmp_path / "remote.git", env, "config", "http.receivepack", "true")
    git(checkout, env, "remote", "add", "origin", remote)
    (checkout / "Pulumi.prod.yaml").write_text("config: {olt-gitops:rotation: '2030-01'}\n")

    shown = run(checkout, env, "rotate.sh")
    assert "2030-01" in git(tmp_path / "remote.git", env, "show", "main:Pulumi.prod.yaml")
    trace = (tmp_path / "trace").read_text()
    assert "$PUSH_TOKEN" in trace  # the helper ran, and named the variable only
    for text in (shown, trace, (checkout / ".git" / "config").read_text()):
        assert [name for name, secret in SECRETS.items() if secret in text] == []
    kept = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert [each for each in kept if TOKEN.encode() in each.read_bytes()] == []


def test_a_token_that_is_refused_fails_the_rotation(
    checkout: Path, env: dict[str, str], remote: str, tmp_path: Path
) -> None:
    git(tmp_path, env, "init", "--quiet", "--bare", "remote.git")
    git(checkout, env, "remote", "add", "origin", remote)
    (checkout / "Pulumi.prod.yaml").write_text("config: {olt-gitops:rotation: '2030-01'}\n")
    done = subprocess.run(
        ["scripts/rotate.sh"],
        cwd=checkout,
        env=env | {"PUSH_TOKEN": "another"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode != 0
    assert "/pulumi up" not in Path(env["RECORD"]).read_text()


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
        "HOME": str(tmp_path),
    }
    install = {"args": ["scripts/install.sh"], "cwd": folder, "env": env, "capture_output": True}
    done = subprocess.run(**install, text=True, check=False, timeout=200)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    olt = [str(folder / ".venv" / "bin" / "olt"), "review", "--help"]
    assert "preview" in subprocess.run(olt, capture_output=True, text=True, check=True).stdout

    requirements = folder / "requirements.txt"
    requirements.write_text(
        re.sub(r"sha256:[0-9a-f]{8}", "sha256:00000000", requirements.read_text())
    )
    shutil.rmtree(folder / ".venv")
    done = subprocess.run(**install, text=True, check=False, timeout=200)  # type: ignore[call-overload]
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
