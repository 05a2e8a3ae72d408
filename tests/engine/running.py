"""A CLI call that a test interrupts. All its processes are known, and end with the test."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from tests.engine.harness import STACK, TIMEOUT, EngineError, Result, Stack

END_SECONDS: Final = 20.0
"""The longest time, in seconds, that a killed process may take to end."""


class Running:
    """A running CLI with all processes that it has started. ``running`` creates it."""

    def __init__(self, stack: Stack, arguments: tuple[str, ...]) -> None:
        self._family: set[int] = set()
        self._host = stack.process
        self._output = ""
        self._heard = threading.Condition()
        # All processes of the CLI inherit the writing end, so the other end closes when the last
        # of them has ended, whichever parent it has by then.
        self._alive, inherited = os.pipe()
        self._process = subprocess.Popen(
            [
                str(stack.engine.folder / "pulumi"),
                *arguments,
                *("--stack", STACK, "--non-interactive", "--color", "never"),
            ],
            cwd=stack.folder,
            env=stack.engine.environment(stack.backend) | stack.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            pass_fds=[inherited],
            start_new_session=True,
        )
        os.close(inherited)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def press_ctrl_c(self) -> None:
        """Interrupt it as a terminal does, until the CLI prints that it was interrupted.

        Plugins do not receive it: the CLI puts them in process groups of their own.
        """
        os.killpg(self._process.pid, signal.SIGINT)
        with self._heard:
            if not self._heard.wait_for(lambda: "^C received" in self._output, END_SECONDS):
                raise EngineError("the CLI did not receive ^C")

    def kill_engine(self) -> None:
        """Kill the CLI, in which the engine runs; wait until it is gone."""
        self._find("")
        self._process.kill()
        self._process.wait(END_SECONDS)

    def kill_host(self) -> None:
        """Kill the provider process."""
        hosts = self._find(self._host)
        assert hosts, "no host runs"
        for pid in hosts:
            os.kill(pid, signal.SIGKILL)

    def result(self, timeout: float = TIMEOUT) -> Result:
        """Wait until the CLI has ended."""
        try:
            returncode = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise EngineError(f"the interrupted CLI took over {timeout:.0f} s to end") from None
        self._listener.join(END_SECONDS)
        return Result(returncode, self._output, "")

    def is_over(self, timeout: float = 0) -> bool:
        """Whether the CLI and all its processes end within a time, in seconds."""
        readable, _, _ = select.select([self._alive], [], [], timeout)
        return bool(readable)

    def end(self) -> None:
        """Kill the remaining processes."""
        self._find("")
        for pid in self._family if not self.is_over() else ():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(END_SECONDS)
        self._listener.join(END_SECONDS)
        left = not self.is_over(END_SECONDS)
        os.close(self._alive)
        if left:
            raise EngineError("a process of the interrupted CLI could not be ended")

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stdout:
            for line in stdout:
                with self._heard:
                    self._output += line
                    self._heard.notify_all()

    def _find(self, wanted: str) -> list[int]:
        """The descendants of the CLI, noted for the end, with ``wanted`` in their command line."""
        listed = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="],
            check=True,
            capture_output=True,
            text=True,
        )
        rows = [[*line.split(None, 2), ""][:3] for line in listed.stdout.splitlines()]
        family = [self._process.pid] if self._process.poll() is None else []
        for each in family:
            family += [int(pid) for pid, parent, _ in rows if int(parent) == each]
        self._family.update(family)
        return [int(pid) for pid, _, command in rows if int(pid) in family and wanted in command]


@contextmanager
def running(stack: Stack, *arguments: str) -> Iterator[Running]:
    """Run the CLI on a stack while the block runs; nothing of it is left afterwards."""
    process = Running(stack, arguments)
    try:
        yield process
    finally:
        process.end()
