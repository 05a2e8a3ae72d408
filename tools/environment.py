"""Makes `.venv` from the hash-locked requirements; a second time without any network.

Run as `python3 -m tools.environment`. The wheels are kept in the cache outside the checkout, keyed
by the lock and the Python version, so a deleted `.venv` comes back without a download.
"""

from __future__ import annotations

import shutil
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from tools.workspace import (
    ROOT,
    SetupError,
    cache_root,
    digest,
    exclusive,
    platform_tag,
    run,
    say,
    whole_folder,
)

OLDEST_PYTHON = (3, 10)
LOCK = ROOT / "requirements" / "dev.txt"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OFFLINE = ["--disable-pip-version-check", "--quiet", "--no-index", "--no-deps"]


def wheelhouse() -> Path:
    """Return the folder that holds the wheels of the lock for this Python, made or not."""
    python = f"py{sys.version_info[0]}.{sys.version_info[1]}"
    return cache_root() / "wheels" / f"{python}-{platform_tag()}-{digest([LOCK])}"


def fill_wheelhouse() -> Path:
    """Download the locked wheels, checking every hash, unless the cache has them; return where."""
    target = wheelhouse()
    with exclusive(cache_root() / "wheels.lock"):
        if not target.is_dir():
            say("downloading the locked Python packages (about 75 MB, once per lock and Python)")
            with whole_folder(target) as work:
                what = "downloading the Python packages"
                pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download"]
                locked = ["--require-hashes", "--no-deps", "--only-binary", ":all:"]
                run([*pip, *locked, "--requirement", str(LOCK), "--dest", str(work)], what)
    return target


def make_venv() -> None:
    """Make `.venv` anew from the locked wheels."""
    wheels = fill_wheelhouse()
    say("making .venv from the locked packages")
    shutil.rmtree(VENV, ignore_errors=True)
    venv.create(VENV, with_pip=True)
    locked = ["--require-hashes", "--requirement", str(LOCK), "--find-links", str(wheels)]
    run(
        [PYTHON, "-m", "pip", "install", *OFFLINE, *locked],
        "installing the Python packages",
    )


def install_project() -> None:
    """Install this project in `.venv` so that its sources are used where they lie."""
    editable = ["--no-build-isolation", "--editable", str(ROOT)]
    run([PYTHON, "-m", "pip", "install", *OFFLINE, *editable], "installing this project")


def once(step: Callable[[], None], stamp: Path, key: str) -> None:
    """Take a step unless the stamp in `.venv` shows that it was taken with the same key."""
    if not stamp.is_file() or stamp.read_text() != key:
        step()
        stamp.write_text(key)


def main() -> int:
    """Bring `.venv` up to date with the lock, the project's metadata and this Python."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        found = sys.version.split()[0]
        say(f"Python {found} is too old: {oldest} or newer is needed (make PYTHON=...)")
        return 1
    metadata = [ROOT / "pyproject.toml", ROOT / "olt_provider" / "_version.py"]
    try:
        with exclusive(ROOT / ".venv.lock"):
            once(make_venv, VENV / ".stamp-packages", digest([LOCK], sys.version, str(VENV)))
            once(install_project, VENV / ".stamp-project", digest(metadata))
    except SetupError as error:
        say(f"failed: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
