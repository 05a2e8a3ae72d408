"""Colours and progress are shown on a terminal only; the tests open a real one, and a pipe."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from olt_provider.emulator import TENANT_A, Emulator

DOCTOR: Final = (
    "import sys; sys.argv = ['olt', 'doctor']; from olt_provider.cli import main; main()"
)
COLOUR: Final = re.compile(r"\x1b\[[0-9;]*3[0-9]m")
ESCAPE: Final = "\x1b"
SECONDS: Final = 60


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    with Emulator.start() as emulator:
        kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "CI")}
        yield {
            **kept,
            "OLT_API_URL": emulator.api_url,
            "OLT_IDENTITY_URL": emulator.identity_url,
            "OLT_API_TOKEN": emulator.token(TENANT_A),
            "TERM": "xterm-256color",
            "COLUMNS": "80",
        }


def on_a_terminal(env: Mapping[str, str]) -> str:
    """What `olt doctor` writes to a terminal, on both of its outputs."""
    ours, its = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", DOCTOR], env=dict(env), stdin=its, stdout=its, stderr=its
    ) as process:
        os.close(its)
        written = b""
        try:
            while select.select([ours], [], [], SECONDS)[0]:
                try:
                    written += os.read(ours, 65536)
                except OSError:  # Linux ends the terminal of a process that is gone this way
                    break
            assert process.wait(SECONDS) == 0
        finally:
            process.kill()
            os.close(ours)
    return written.decode()


def test_a_terminal_gets_colour_progress_and_lines_that_fit(env: dict[str, str]) -> None:
    shown = on_a_terminal(env)
    assert COLOUR.search(shown)
    assert "checking: " in shown
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert max(len(line) for line in re.split(r"[\r\n]+", plain)) <= 80
    assert f"tenant {TENANT_A}" in plain, "an ID is not broken"


def test_who_wants_no_colour_gets_none(env: dict[str, str]) -> None:
    assert not COLOUR.search(on_a_terminal(env | {"NO_COLOR": "1"}))


def test_a_pipe_gets_neither_colour_nor_progress(env: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DOCTOR],
        env=env,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    assert ESCAPE not in done.stdout + done.stderr
    assert "checking" not in done.stdout + done.stderr
