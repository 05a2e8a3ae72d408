"""One command of the engine, timed, with an eye on the host process that it starts."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from tools import processes

HOSTS: Final = ("pulumi.dynamic", "pulumi-resource-olt")
"""What the command of a host process has as an argument, or as the end of one."""
LIMIT_SECONDS: Final = 1800.0
LOOK_EVERY: Final = 0.02
SEARCH_EVERY: Final = 10
"""Every so many looks, the host is looked for again: there may be several."""
TAIL_LINES: Final = 6


class StepError(Exception):
    """The command failed; the message holds its last output."""


@dataclass
class Host:
    """What was seen of the host processes of one command."""

    peak_bytes: int | None = None
    cpu_seconds: float | None = None


class _Watch(threading.Thread):
    """Samples the host until stopped, and ends a command that takes too long."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__(daemon=True)
        self._process = process
        self._stop_watching = threading.Event()
        self._hosts: dict[psutil.Process, tuple[int, float]] = {}
        self.too_long = False

    def run(self) -> None:
        deadline = time.monotonic() + LIMIT_SECONDS
        looks = 0
        while not self._stop_watching.wait(LOOK_EVERY):
            if looks % SEARCH_EVERY == 0:
                self._search()
            looks += 1
            for host in self._hosts:
                self._look(host)
            if time.monotonic() > deadline:
                self.too_long = True
                processes.end(self._process)
                return

    def stop(self) -> Host:
        """Stop the thread and return what it measured."""
        self._stop_watching.set()
        self.join()
        if not self._hosts:
            return Host()
        peaks, times = zip(*self._hosts.values(), strict=True)
        return Host(max(peaks), sum(times))

    def _search(self) -> None:
        for pid in processes.in_session(self._process.pid):
            try:
                process = psutil.Process(pid)
                if any(argument.endswith(HOSTS) for argument in process.cmdline()):
                    self._hosts.setdefault(process, (0, 0.0))
            except psutil.Error:
                continue

    def _look(self, host: psutil.Process) -> None:
        try:
            times = host.cpu_times()
            self._hosts[host] = (
                max(self._hosts[host][0], _peak(host)),
                times.user + times.system,
            )
        except (psutil.Error, OSError):
            return  # it has ended


def _peak(process: psutil.Process) -> int:
    """The most memory it ever held, where the system keeps that; else what it holds now."""
    if psutil.LINUX:
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise psutil.NoSuchProcess(process.pid)  # one that has ended keeps its entry for a while
    return int(process.memory_info().rss)


def timed(
    command: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> tuple[float, Host]:
    """Run a command: its seconds, and what was seen of the host.

    Raises ``StepError`` with the last lines of its output if it fails. Ends all its processes.
    """
    log = folder.parent / f"{folder.name}.log"
    with log.open("wb") as out:
        started = time.perf_counter()
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    watch = _Watch(process)
    watch.start()
    try:
        process.wait()
        seconds = time.perf_counter() - started
    finally:
        host = watch.stop()
        processes.end(process)
    if watch.too_long:
        raise StepError(f"not done after {LIMIT_SECONDS:.0f} s")
    if process.returncode != 0:
        lines = log.read_text(errors="replace").split("\n")
        output = " / ".join([line.strip() for line in lines if line.strip()][-TAIL_LINES:])
        raise StepError(f"exit code {process.returncode}: {output}")
    return seconds, host
