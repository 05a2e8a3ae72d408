"""Common behaviour of all ``olt`` commands."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

import pytest
from typer.testing import CliRunner

from olt_provider.cli.app import app

COMMANDS: Final = (
    ("adopt",),
    ("doctor",),
    ("emulator",),
    ("emulator", "reset"),
    ("emulator", "token"),
    ("fleet",),
    ("graph",),
    ("review",),
    ("verify",),
)
HEAVY: Final = ("fastapi", "grpc", "jwt", "pulumi", "pydantic", "requests", "uvicorn")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_examples(command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert f"olt {' '.join(command)} " in result.output
    assert "Examples" in result.output


@pytest.mark.parametrize("command", ["doctor", "fleet", "review", "verify"])
def test_help_lists_the_exit_codes(command: str) -> None:
    assert "Exit codes: 0" in CliRunner().invoke(app, [command, "--help"]).output


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fills_80_columns(command: tuple[str, ...]) -> None:
    """A line is only short at the end of a paragraph."""
    shown = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "80"}).output
    prose = shown.partition("\u256d")[0].splitlines()
    pairs = list(zip(prose, [*prose[1:], ""], strict=True))
    assert max(map(len, prose)) <= 80
    for line, following in pairs:
        first = following.split()[:1]
        if line.strip() and first:
            assert len(line.rstrip()) + 1 + len(first[0]) > 78, line


@pytest.mark.parametrize("arguments", [["fly"], ["review", "--colour"], ["doctor", "x"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_complete(shell: str) -> None:
    program = "from olt_provider.cli import main; main()"
    env = {**os.environ, "_OLT_COMPLETE": f"complete_{shell}", "COMP_WORDS": "olt re"}
    env |= {
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "olt re",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv[0] = 'olt'; {program}"],
        env=env,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "review" in done.stdout, done.stderr


def test_version_is_printed_without_loading_heavy_libraries() -> None:
    program = (
        "import sys; sys.argv = ['olt', '--version']\n"
        "from olt_provider.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_without_its_extra_the_error_names_the_extra() -> None:
    program = "import sys; sys.modules['typer'] = None\nfrom olt_provider.cli import main\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 2
    assert done.stderr == "olt needs more packages: pip install 'pulumi-olt[cli]'\n"
