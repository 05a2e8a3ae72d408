"""Commands that end together with all processes that they have started.

The engine puts its plugins in process groups of their own, so a signal to a group does not reach
them; but they stay in the session of the command that is started with ``start_new_session=True``.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

GONE_TIMEOUT = 10.0


def alive() -> Iterator[int]:
    """Return the running processes, without those that are dead and not yet reaped."""
    if not sys.platform.startswith("linux"):
        command = ["ps", "-A", "-o", "pid=,stat="]
        listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        for line in listed.splitlines():
            pid, state = line.split()[:2]
            if not state.startswith("Z"):
                yield int(pid)
        return
    for file in Path("/proc").glob("[0-9]*/stat"):  # a small Linux has no ps
        with contextlib.suppress(OSError):
            # The command's name comes first, in brackets, and may contain any character.
            state = file.read_text(errors="replace").rpartition(")")[2].split()[0]
            if state not in "ZX":
                yield int(file.parent.name)


def in_session(leader: int) -> list[int]:
    """Return the running processes of the session that a process started."""
    found = []
    for pid in alive():
        with contextlib.suppress(OSError):
            if os.getsid(pid) == leader:
                found.append(pid)
    return found


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill the leader of a session and all its processes.

    Waits until they have ended, 10 s at most.
    """
    deadline = time.monotonic() + GONE_TIMEOUT
    while (left := in_session(process.pid)) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
    process.wait()
