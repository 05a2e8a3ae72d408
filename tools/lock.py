"""Pin every package for all supported Pythons and operating systems, with hashes.

Run as `python -m tools.lock` (`make lock`) in `.venv`. Only this step needs `uv`, which it installs
into a temporary environment. The lock holds no registry address.
"""

from __future__ import annotations

import re
import sys
import tempfile
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli

from tools.workspace import ROOT, SetupError, report, run

OLDEST_PYTHON = "3.10"
DEVELOPMENT = "requirements/dev.txt"
LOWEST = "requirements/lowest.txt"
RECIPES = "requirements/recipes.txt"
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

    ``requirements/dev.txt`` is the lock of pyproject.toml, with all extras, and
    requirements/dev.in; the GitOps example has the part of it that a user of `olt` needs.
    """
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        venv.create(scratch, with_pip=True)
        run([scratch / "bin" / "pip", "install", "--quiet", "uv"], "installing uv")
        for output, *sources in LOCKS:
            command = ["pip", "compile", *COMPILE, "--output-file", output, *sources]
            run([scratch / "bin" / "uv", *command], f"pinning {output}", cwd=ROOT)
        _lock_lowest(scratch)
        _lock_recipes(scratch)


def _lock_lowest(scratch: Path) -> None:
    """Write ``requirements/lowest.txt``: the lowest versions that pyproject.toml allows.

    Packages for tests and tools only have their newest version that is compatible with these.
    """
    compile_ = [str(scratch / "bin" / "uv"), "pip", "compile", *COMPILE, "--all-extras"]
    lowest, pins = scratch / "lowest.txt", scratch / "pins.txt"
    command = [*compile_, "--resolution", "lowest-direct", "--output-file", str(lowest)]
    run([*command, "pyproject.toml"], "finding the lowest versions", cwd=ROOT)
    project = tomli.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins.write_text("\n".join(direct_pins(lowest.read_text(), project)) + "\n")
    command = [*compile_, "--no-annotate", "--constraint", str(pins), "--output-file", LOWEST]
    run([*command, "pyproject.toml", "requirements/dev.in"], f"pinning {LOWEST}", cwd=ROOT)


def _lock_recipes(scratch: Path) -> None:
    """Write ``requirements/recipes.txt``: the additional packages of requirements/recipes.in."""
    locked = re.findall(r"^([a-z0-9.-]+)==", (ROOT / DEVELOPMENT).read_text(), re.MULTILINE)
    skipped = [word for name in sorted(set(locked)) for word in ("--no-emit-package", name)]
    compile_ = ["pip", "compile", *COMPILE, "--no-annotate", "--constraint", DEVELOPMENT, *skipped]
    command = [*compile_, "--upgrade", "--output-file", RECIPES, "requirements/recipes.in"]
    run([scratch / "bin" / "uv", *command], f"pinning {RECIPES}", cwd=ROOT)


def direct_pins(locked: str, project: Mapping[str, Any]) -> list[str]:
    """Return the pins of a lock for packages that the project itself requires."""
    extras = project["optional-dependencies"].values()
    required = [*project["dependencies"], *(each for extra in extras for each in extra)]
    names = {re.split(r"[^a-z0-9-]", each)[0] for each in required}
    pins = [line.split(" ")[0] for line in locked.splitlines()]
    return [pin for pin in pins if pin.partition("==")[0] in names]


def main() -> int:
    """Pin the packages; 1 when that fails, with the reason on stderr."""
    try:
        lock()
    except SetupError as error:
        report(f"failed: {error}")
        return 1
    written = f"{DEVELOPMENT}, {PIPELINES}, {LOWEST} and {RECIPES}"
    report(f"{written} are written; `make setup` installs the first")
    return 0


if __name__ == "__main__":
    sys.exit(main())
