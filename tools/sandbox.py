"""A sandbox for the demo: a temporary folder and processes, which are all removed at the end.

Signals are only recorded while the sandbox exists. Loops that wait check for them, so no exception
interrupts the cleanup, and a second Ctrl-C changes nothing.
"""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType, TracebackType
from typing import Any

from tools import processes
from tools.workspace import SetupError

START_TIMEOUT = 30.0
COMMAND_TIMEOUT = 300.0
PROGRESS_EVERY = 5.0
LOOK_EVERY = 0.05


class InterruptedDemoError(Exception):
    """Ctrl-C, or another signal to end."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class Signals:
    """Signals to end: at first raised as exceptions; while a sandbox exists, only recorded."""

    def __init__(self) -> None:
        self._received: SimpleQueue[int] = SimpleQueue()  # an event's lock is not reentrant
        self._number = 0
        self.only_noted = False

    def watch(self) -> None:
        """Handle SIGINT, SIGTERM and SIGHUP."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        first = not self._number
        if first:
            self._number = number
            self._received.put(number)
        if first and not self.only_noted:
            raise InterruptedDemoError(number)

    def wait(self, seconds: float) -> None:
        """Wait, and raise ``InterruptedDemoError`` after a signal."""
        if not self._number:
            with suppress(Empty):
                self._received.get(timeout=seconds)
        if self._number:
            raise InterruptedDemoError(self._number)


class Sandbox:
    """A temporary folder and the processes that run in it. Use it in a ``with`` statement."""

    def __init__(self, signals: Signals, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        self._signals = signals
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Sandbox:
        self._signals.only_noted = True
        self.folder = Path(tempfile.mkdtemp(prefix="olt-demo-")).resolve()
        self.environment["TMPDIR"] = str(self._subfolder("tmp"))
        self.project = self._subfolder("project")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for process in reversed(self._running):
            processes.end(process)
        shutil.rmtree(self.folder)

    def _subfolder(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return folder

    def _start(self, command: str, **streams: Any) -> subprocess.Popen[bytes]:
        """Start a command in a session of its own, so that only the sandbox ends its processes."""
        process = subprocess.Popen(
            shlex.split(command),
            cwd=self.project,
            env=self.environment,
            start_new_session=True,
            **{"stdin": subprocess.DEVNULL, **streams},
        )
        self._running.append(process)
        return process

    def run(self, command: str, *, stdin: Path | None = None) -> None:
        """Print a command, run it and show its output. Raises ``SetupError`` if it fails."""
        print(f"$ {command}{f' < {stdin.name}' if stdin else ''}", flush=True)
        if stdin is None:
            self._finish(self._start(command), command)
        else:
            with stdin.open("rb") as text:
                self._finish(self._start(command, stdin=text), command)

    def read(self, command: str) -> Any:
        """Run a command without output and return the JSON that it prints."""
        with tempfile.TemporaryFile(dir=self.folder) as out:
            self._finish(self._start(command, stdout=out), command)
            out.seek(0)
            return json.load(out)

    def _finish(self, process: subprocess.Popen[bytes], command: str) -> None:
        started = reported = time.monotonic()
        while process.poll() is None:
            self._signals.wait(LOOK_EVERY)
            now = time.monotonic()
            if now - started > COMMAND_TIMEOUT:
                raise SetupError(f"`{command}` was not done after {COMMAND_TIMEOUT:.0f} s")
            if now - reported > PROGRESS_EVERY:
                print(f"[demo] still running ({now - started:.0f} s)", file=sys.stderr, flush=True)
                reported = now
        processes.end(process)  # processes that it may have left
        self._running.remove(process)
        self._signals.wait(0)
        if process.returncode:
            raise SetupError(f"`{command}` ended with exit code {process.returncode}")

    def serve(self, command: str, ready_file: Path) -> dict[str, Any]:
        """Print a command, run it until the sandbox ends, and return the text of its ready file."""
        print(f"$ {command} &", flush=True)
        log = self.folder / "server.log"
        with log.open("wb") as out:
            process = self._start(command, stdout=out, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + START_TIMEOUT
        while not ready_file.exists():
            self._signals.wait(LOOK_EVERY)
            if process.poll() is not None or time.monotonic() > deadline:
                raise SetupError(f"`{command}` did not start: {log.read_text().strip()[-500:]}")
        ready: dict[str, Any] = json.loads(ready_file.read_text())
        return ready
