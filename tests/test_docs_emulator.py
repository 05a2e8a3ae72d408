"""The commands of docs/emulator.md, and of docs/cli.md for the emulator, run as shown."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.documents import DOCS, blocks, installs

TIMEOUT = 60


def commands(page: str) -> list[str]:
    return [block.text for block in blocks("sh", DOCS / page) if not installs(block)]


def environment() -> dict[str, str]:
    commands = Path(sys.executable).parent
    return os.environ | {"PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}


@contextmanager
def serving(command: str, folder: Path) -> Iterator[None]:
    """Run the command that serves, until it has written its ready file, and end it afterwards."""
    with subprocess.Popen(
        ["bash", "-c", f"exec {command}"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as served:
        watchdog = threading.Timer(TIMEOUT, served.kill)
        watchdog.start()
        assert served.stdout is not None
        while not (folder / "ready.json").exists():
            assert served.stdout.readline(), "it ended"
        try:
            yield
        finally:
            served.terminate()
            watchdog.cancel()


def run(script: list[str], folder: Path) -> list[str]:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(script)],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_commands_of_the_emulators_page_work(tmp_path: Path) -> None:
    serve, export, by_command, by_request = commands("emulator.md")
    with serving(serve, tmp_path):
        shown = ['echo "$OLT_API_URL $OLT_IDENTITY_URL"', 'echo "$OLT_API_TOKEN"']
        api_url, identity_url = run([export, shown[0]], tmp_path)[-1].split()
        assert api_url == identity_url
        (owner,) = run([export, shown[1]], tmp_path)
        reader = run([export, by_command], tmp_path)[0]
        made = "".join(run([export, by_request], tmp_path))
        listed = f"{api_url}/application-developer/applications"
        for token, status in ((owner, 422), (reader, 403)):
            headers = {"Authorization": f"Bearer {token}"}
            assert requests.get(listed, headers=headers, timeout=10).status_code == 200
            response = requests.post(listed, headers=headers, json={}, timeout=10)
            assert response.status_code in {400, status}
            assert (response.status_code == 403) == (token == reader)
    assert made.count(".") >= 2, "a JSON Web Token"


def test_commands_of_the_command_line_that_serve_the_emulator_work(tmp_path: Path) -> None:
    serve, use = (text for text in commands("cli.md") if text.startswith("olt emulator"))
    (seed,) = blocks("yaml", DOCS / "emulator.md")
    (tmp_path / "platform.yaml").write_text(seed.text)
    with serving(serve, tmp_path):
        token, *_ = run([use], tmp_path)
        assert token.count(".") == 2


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
