"""The run journal: a file through which the provider processes of an engine run share holders.

Every explicit ``Provider`` has a process of its own. One engine process starts all of them and
passes its address, which differs in every pass: preview, update, destroy.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

SUFFIX: Final = ".jsonl"
MAX_STALE: Final = 100
OPENINGS: Final = 5

log = logging.getLogger("olt_provider")


class RunJournal:
    """Events of one engine run, appended as lines of JSON.

    If the file cannot be created or used, that is logged and nothing is shared: the run record then
    covers this process only. Safe to share by threads.
    """

    def __init__(self, directory: Path, run: str) -> None:
        self._lock = threading.Lock()
        self._offset = 0
        self._file: int | None = None
        try:
            self._file = _open(directory, f"{run}{SUFFIX}")
        except (OSError, ImportError) as error:
            self._give_up(error)

    def append(self, event: Mapping[str, Any]) -> None:
        """Add an event for the other processes."""
        line = json.dumps(event).encode() + b"\n"
        with self._lock:
            if self._file is None:
                return
            try:
                _write(self._file, line)
            except OSError as error:
                self._give_up(error)

    def read(self) -> list[dict[str, Any]]:
        """Return the events since the last call. An incomplete line is left for the next call."""
        with self._lock:
            if self._file is None:
                return []
            try:
                data = self._rest(self._file)
            except OSError as error:
                self._give_up(error)
                return []
            complete = data[: data.rfind(b"\n") + 1]
            self._offset += len(complete)
        return [event for line in complete.splitlines() if (event := _event(line)) is not None]

    def _rest(self, file: int) -> bytes:
        data = b""
        while chunk := os.pread(file, 1 << 20, self._offset + len(data)):
            data += chunk
        return data

    def _give_up(self, error: Exception) -> None:
        self._file = None
        log.debug("the run record is not shared with other provider processes: %s", error)


def _write(file: int, line: bytes) -> None:
    """Append a line in one piece, so that it is not mixed with those of other processes."""
    if os.write(file, line) != len(line):
        raise OSError("an event was cut off")


def _event(line: bytes) -> dict[str, Any] | None:
    with suppress(ValueError):
        event = json.loads(line)
        return event if isinstance(event, dict) else None
    return None


def run_directory(environ: Mapping[str, str]) -> Path:
    """The directory of this user's run records."""
    runtime = Path(environ.get("XDG_RUNTIME_DIR", ""))
    usable = runtime.is_absolute() and os.access(runtime, os.W_OK | os.X_OK)
    base = runtime if usable else Path(tempfile.gettempdir())
    return base / f"pulumi-olt-{os.getuid()}"


def _open(directory: Path, name: str) -> int:
    """Open a record that is private to the user, and remove the records of finished runs.

    The processes of a run keep a shared lock on its record. So a record that can be locked
    exclusively belongs to no run: the one of this run is emptied, and others are removed. Raises
    ``OSError`` if the directory or the file is not safe or cannot be used.
    """
    import fcntl

    folder = _private_folder(directory)
    try:
        for _ in range(OPENINGS):
            file = os.open(
                name,
                os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC,
                0o600,
                dir_fd=folder,
            )
            try:
                with suppress(BlockingIOError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    os.ftruncate(file, 0)
                fcntl.flock(file, fcntl.LOCK_SH)
                if _is_private_file(folder, name, file):
                    _remove_stale(folder, keep=name)
                    return file
            except OSError:
                os.close(file)
                raise
            os.close(file)
        raise OSError("the record was replaced by another process")
    finally:
        os.close(folder)


def _private_folder(directory: Path) -> int:
    with suppress(FileExistsError):
        directory.mkdir(0o700)
    folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    found = os.fstat(folder)
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        os.close(folder)
        raise PermissionError("its directory is not private to this user")
    return folder


def _is_private_file(folder: int, name: str, file: int) -> bool:
    """Whether an open file is the one with that name, and belongs to this user."""
    opened = os.fstat(file)
    if not stat.S_ISREG(opened.st_mode) or opened.st_uid != os.geteuid():
        raise PermissionError("it is not a file of this user")
    try:
        named = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(opened, named)


def _remove_stale(folder: int, *, keep: str) -> None:
    import fcntl

    names = [name for name in os.listdir(folder) if name.endswith(SUFFIX) and name != keep]
    for name in names[:MAX_STALE]:
        with suppress(OSError):
            file = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(name, dir_fd=folder)
            finally:
                os.close(file)
