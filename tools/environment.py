"""Make `.venv` from the hash-locked requirements; a second time without any network.

Run as `python3 -m tools.environment`; with `--lowest` it makes `build/lowest` with the lowest
versions that pyproject.toml allows. The wheels are kept in the cache outside the checkout, keyed by
the lock and the Python version, so a deleted environment is made again without a download.
"""

from __future__ import annotations

import shutil
import sys
import venv
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from tools.workspace import (
    ROOT,
    SetupError,
    cache_root,
    digest,
    exclusive,
    platform_tag,
    report,
    run,
    whole_folder,
)

OLDEST_PYTHON = (3, 10)
LOCK = ROOT / "requirements" / "dev.txt"
RECIPES: Final = ROOT / "requirements" / "recipes.txt"
"""Packages that only the recipes of examples/handing_on need, and the tests of these."""
VENV = ROOT / ".venv"
LOWEST: Final = "--lowest"
OFFLINE = ["--disable-pip-version-check", "--quiet", "--no-index", "--no-deps"]


class Environment(NamedTuple):
    """A virtual environment, and the lock from which it is made."""

    lock: Path
    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"


def chosen(arguments: list[str]) -> Environment:
    """Return the environment that the command line selects."""
    if LOWEST in arguments:
        return Environment(ROOT / "requirements" / "lowest.txt", ROOT / "build" / "lowest")
    return Environment(LOCK, VENV)


def wheelhouse(lock: Path | None = None) -> Path:
    """Return the folder that holds the wheels of a lock for this Python. Default: of `.venv`."""
    python = f"py{sys.version_info[0]}.{sys.version_info[1]}"
    return cache_root() / "wheels" / f"{python}-{platform_tag()}-{digest([lock or LOCK])}"


def fill_wheelhouse(lock: Path) -> Path:
    """Download the locked wheels with checked hashes, unless they are cached; return the folder."""
    target = wheelhouse(lock)
    if target.is_dir():  # a folder appears there as a whole
        return target
    with exclusive(cache_root() / "wheels.lock"):
        if not target.is_dir():
            report("downloading the locked Python packages (about 75 MB, once per lock and Python)")
            with whole_folder(target) as work:
                what = "downloading the Python packages"
                pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download"]
                locked = ["--require-hashes", "--no-deps", "--only-binary", ":all:"]
                run([*pip, *locked, "--requirement", str(lock), "--dest", str(work)], what)
    return target


def make_venv(environment: Environment) -> None:
    """Make a new environment from the locked wheels."""
    wheels = fill_wheelhouse(environment.lock)
    report(f"making {environment.folder.relative_to(ROOT)} from the locked packages")
    shutil.rmtree(environment.folder, ignore_errors=True)
    venv.create(environment.folder, with_pip=True)
    locked = ["--require-hashes", "--requirement", str(environment.lock)]
    run(
        [
            environment.python,
            "-m",
            "pip",
            "install",
            *OFFLINE,
            *locked,
            "--find-links",
            str(wheels),
        ],
        "installing the Python packages",
    )


def install_project(environment: Environment) -> None:
    """Install this project in editable mode."""
    editable = ["--no-build-isolation", "--editable", str(ROOT)]
    run(
        [environment.python, "-m", "pip", "install", *OFFLINE, *editable],
        "installing this project",
    )


def once(step: Callable[[], None], stamp: Path, key: str) -> None:
    """Run a step unless the environment's stamp shows that it was run with the same key."""
    if not stamp.is_file() or stamp.read_text() != key:
        step()
        stamp.write_text(key)


def main() -> int:
    """Bring `.venv` up to date with the lock, the project's metadata and this Python."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        found = sys.version.split()[0]
        report(f"Python {found} is too old: {oldest} or newer is needed (make PYTHON=...)")
        return 1
    metadata = [ROOT / "pyproject.toml", ROOT / "olt_provider" / "_version.py"]
    environment = chosen(sys.argv[1:])
    lock, folder = environment
    try:
        with exclusive(folder.with_name(f"{folder.name}.lock")):
            key = digest([lock], sys.version, str(folder))
            once(partial(make_venv, environment), folder / ".stamp-packages", key)
            once(partial(install_project, environment), folder / ".stamp-project", digest(metadata))
        fill_wheelhouse(RECIPES)
    except SetupError as error:
        report(f"failed: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
