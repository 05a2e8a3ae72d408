"""Pins every package anew for all supported Pythons and operating systems, with hashes.

Run as `python -m tools.lock` (`make lock`) in `.venv`. It is the one step that needs `uv`, which it
installs into a throw-away environment. The lock holds no registry address.
"""

from __future__ import annotations

import sys
import tempfile
import venv
from pathlib import Path

from tools.workspace import ROOT, SetupError, run, say

OLDEST_PYTHON = "3.10"
COMPILE = [
    *("--quiet", "--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes"),
    *("--no-emit-index-url", "--custom-compile-command", "make lock", "--upgrade"),
]


def lock() -> None:
    """Write requirements/dev.txt from pyproject.toml, with all extras, and requirements/dev.in."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        venv.create(scratch, with_pip=True)
        run([scratch / "bin" / "pip", "install", "--quiet", "uv"], "installing uv")
        sources = ["--all-extras", "pyproject.toml", "requirements/dev.in"]
        command = ["uv", "pip", "compile", *COMPILE, "--output-file", "requirements/dev.txt"]
        command[0] = str(scratch / "bin" / "uv")
        run([*command, *sources], "pinning the packages", cwd=ROOT)


def main() -> int:
    """Pin the packages; 1 when that fails, with the reason on stderr."""
    try:
        lock()
    except SetupError as error:
        say(f"failed: {error}")
        return 1
    say("requirements/dev.txt is written; `make setup` installs it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
