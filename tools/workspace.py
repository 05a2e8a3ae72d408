"""Shared code of the set-up scripts: cache folders, locks, and commands with progress."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRESS_EVERY = 15.0
TAIL_LINES = 12


class SetupError(Exception):
    """A step of the set-up failed; the message names the step, the reason and what to do."""


def report(text: str) -> None:
    """Print one line of progress; stdout is left to what other programs read."""
    print(f"[setup] {text}", file=sys.stderr, flush=True)


def cache_root() -> Path:
    """Return the cache outside the checkout: `pulumi-olt` in `$XDG_CACHE_HOME` or `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "pulumi-olt"


def platform_tag() -> str:
    """Return the operating system and the processor, in the form of cache keys."""
    return f"{sys.platform}-{platform.machine().lower()}"


def digest(files: Sequence[Path], *extra: str) -> str:
    """Return a short key over the contents of files and further strings, in that order."""
    total = hashlib.sha256()
    for file in files:
        total.update(hashlib.sha256(file.read_bytes()).digest())
    for text in extra:
        total.update(hashlib.sha256(text.encode()).digest())
    return total.hexdigest()[:16]


@contextmanager
def exclusive(lock: Path, timeout: float = 3600.0) -> Iterator[None]:
    """Hold a lock file, so that only one of several set-ups does the work.

    Raises SetupError if another process holds it for longer than timeout seconds. The operating
    system releases it when its holder ends.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    started = reported = time.monotonic()
    with lock.open("a") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                now = time.monotonic()
                if now - started > timeout:
                    raise SetupError(
                        f"another set-up has held {lock} for {timeout:.0f} s"
                    ) from None
                if reported == started or now - reported > PROGRESS_EVERY:
                    report(f"waiting for another set-up to finish ({now - started:.0f} s)")
                    reported = now
                time.sleep(0.2)
        yield


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder that replaces target only if the block succeeds."""
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield work
        work.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def run(
    command: Sequence[str | Path],
    what: str,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 3600.0,
) -> str:
    """Run a command without output, report every 15 s that it still runs, and return its stdout.

    Raises SetupError with the last lines that it printed if it fails, is missing, or takes longer
    than timeout seconds.
    """
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as out,
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as err,
    ):
        try:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=cwd,
                env=None if env is None else dict(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        except OSError as error:
            raise SetupError(f"{what}: cannot run {command[0]}: {error.strerror}") from error
        try:
            code = _wait(process, what, timeout)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        out.seek(0)
        err.seek(0)
        stdout = out.read()
        if code != 0:
            lines = (err.read().strip() or stdout.strip()).splitlines()[-TAIL_LINES:]
            raise SetupError(f"{what}: exit code {code}: " + "\n  ".join(lines))
        return stdout


def _wait(process: subprocess.Popen[bytes], what: str, timeout: float) -> int:
    started = time.monotonic()
    while True:
        try:
            return process.wait(PROGRESS_EVERY)
        except subprocess.TimeoutExpired:
            elapsed = time.monotonic() - started
            if elapsed > timeout:
                raise SetupError(f"{what}: not done after {elapsed:.0f} s, given up") from None
            report(f"{what}: still at it ({elapsed:.0f} s)")
