"""Programs that a type checker accepts, and those that it reports."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

PROGRAMS: Final = Path(__file__).parent / "types"
pytestmark = pytest.mark.timeout(300)


def checked(file: Path) -> str:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_right_programs_are_accepted_with_exact_types() -> None:
    assert "Success: no issues found" in checked(PROGRAMS / "right.py")


def test_mistakes_are_reported_in_their_lines() -> None:
    file = PROGRAMS / "wrong.py"
    lines = enumerate(file.read_text().splitlines(), 1)
    wanted = {n: found[1] for n, line in lines if (found := re.search(r"  # ([a-z-]+)$", line))}
    reported = re.findall(r"wrong\.py:(\d+): error: .*\[([a-z-]+)\]", checked(file))
    assert len(wanted) > 10
    assert {int(line): code for line, code in reported} == wanted
