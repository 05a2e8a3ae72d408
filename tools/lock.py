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
DEVELOPMENT = "requirements/dev.txt"
PIPELINES = "examples/gitops/requirements.txt"
COMPILE = [
    *("--quiet", "--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes"),
    *("--no-emit-index-url", "--custom-compile-command", "make lock"),
]
LOCKS = [
    [DEVELOPMENT, "--upgrade", "--all-extras", "pyproject.toml", "requirements/dev.in"],
    [PIPELINES, "--no-annotate", "--constraint", DEVELOPMENT, "--extra", "cli", "pyproject.toml"],
]


def lock() -> None:
    """Write the locks.

    ``requirements/dev.txt`` is of pyproject.toml, with all extras, and requirements/dev.in; that of
    the GitOps example is what of it a user of `olt` needs.
    """
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        venv.create(scratch, with_pip=True)
        run([scratch / "bin" / "pip", "install", "--quiet", "uv"], "installing uv")
        for output, *sources in LOCKS:
            command = ["pip", "compile", *COMPILE, "--output-file", output, *sources]
            run([scratch / "bin" / "uv", *command], f"pinning {output}", cwd=ROOT)


def main() -> int:
    """Pin the packages; 1 when that fails, with the reason on stderr."""
    try:
        lock()
    except SetupError as error:
        say(f"failed: {error}")
        return 1
    say(f"{DEVELOPMENT} and {PIPELINES} are written; `make setup` installs the first")
    return 0


if __name__ == "__main__":
    sys.exit(main())
