"""Identify the engine run to which a provider process belongs."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

PROC: Final = Path("/proc")
WRAPPERS: Final = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "busybox", "uv", "env"})
WRAPPER_PREFIXES: Final = ("pulumi-resource", "pulumi-language", "python")
"""Names, and prefixes of names, of processes between the engine and its provider process."""
MAX_WRAPPERS: Final = 4
PS_TIMEOUT: Final = 5.0


class Process(NamedTuple):
    """A process: its parent's ID, its start time, and the name of its program."""

    parent: int
    started: str
    name: str


def run_of(address: str) -> str | None:
    """Return an ID of the engine run: the engine's address and the process that listens there.

    ``None`` if the engine's process cannot be distinguished from others.
    """
    pid = os.getppid()
    for _ in range(MAX_WRAPPERS):
        process = _process(pid)
        if process is None:
            return None
        if process.name not in WRAPPERS and not process.name.startswith(WRAPPER_PREFIXES):
            identity = f"{address} {pid} {process.started}"
            return hashlib.sha256(identity.encode()).hexdigest()[:32]
        pid = process.parent
    return None


def _process(pid: int) -> Process | None:
    if pid <= 1:
        return None
    try:
        if (PROC / "self" / "stat").exists():
            return _from_proc((PROC / str(pid) / "stat").read_text(errors="replace"))
        return _from_ps(pid)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _from_proc(text: str) -> Process:
    """Read ``/proc/PID/stat``: the name is in parentheses and may hold any character."""
    before, _, after = text.rpartition(")")
    fields = after.split()
    return Process(int(fields[1]), fields[19], before.partition("(")[2])


def _from_ps(pid: int) -> Process:
    """Run ``ps``, for systems without ``/proc``."""
    printed = subprocess.run(  # noqa: S603 - fixed arguments and a number
        ["/bin/ps", "-o", "ppid=,lstart=,comm=", "-p", str(pid)],
        check=True,
        capture_output=True,
        text=True,
        timeout=PS_TIMEOUT,
        env={"LC_ALL": "C"},
    ).stdout
    parent, *started, command = printed.split(None, 6)
    return Process(int(parent), " ".join(started), Path(command.strip()).name.lstrip("-"))
