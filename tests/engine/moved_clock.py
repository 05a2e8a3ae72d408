"""A provider process whose clock is ahead, for tests on the real engine."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.engine.harness import Stack

MODULE = """
from datetime import timedelta

from olt_provider.lifecycle.application import secret_age

present = secret_age.utc_now
secret_age.utc_now = lambda: present() + timedelta(seconds={seconds})
"""


def clock_ahead(folder: Path, ahead: timedelta) -> dict[str, str]:
    """Return an environment in which Python processes age client secrets by a fast clock.

    Python imports ``sitecustomize`` at its start; the package itself has no switch for this.
    """
    folder.mkdir(exist_ok=True)
    source = MODULE.format(seconds=ahead.total_seconds())
    (folder / "sitecustomize.py").write_text(source, encoding="utf-8")
    return {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}


def move_clock(stack: Stack, folder: Path, ahead: timedelta) -> None:
    """Let the commands of a stack age client secrets by a clock that is ahead."""
    stack.env.update(clock_ahead(folder, ahead))
