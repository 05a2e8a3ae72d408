"""The SQLite database: one connection with a lock."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

SCHEMA_VERSION: Final = 1
SCHEMA: Final = """
CREATE TABLE tenants (id TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE roles (sub TEXT PRIMARY KEY, role TEXT NOT NULL);
CREATE TABLE members (
    sub TEXT NOT NULL, tenant_id TEXT NOT NULL, PRIMARY KEY (sub, tenant_id)
) WITHOUT ROWID;
CREATE TABLE sessions (
    id TEXT PRIMARY KEY, sub TEXT NOT NULL, client_id TEXT NOT NULL, tenant_id TEXT NOT NULL
);
CREATE INDEX sessions_by_client ON sessions (client_id);
CREATE TABLE devices (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    tenant_id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    device_type_id TEXT NOT NULL,
    tags TEXT NOT NULL,
    location TEXT NOT NULL
);
CREATE INDEX devices_by_tenant ON devices (tenant_id);
CREATE TABLE applications (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    tenant_id TEXT NOT NULL,
    name TEXT NOT NULL,
    teaser_description TEXT,
    url TEXT,
    redirect_uris TEXT NOT NULL,
    status TEXT NOT NULL,
    client_id TEXT NOT NULL UNIQUE,
    sub TEXT NOT NULL UNIQUE,
    public_client_id TEXT UNIQUE,
    salt BLOB NOT NULL,
    secret_hash BLOB NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX applications_by_tenant ON applications (tenant_id);
CREATE TABLE allowed_tenants (
    number INTEGER PRIMARY KEY,
    application INTEGER NOT NULL REFERENCES applications ON DELETE CASCADE,
    tenant_id TEXT NOT NULL,
    comment TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (application, tenant_id)
);
CREATE INDEX allowed_by_tenant ON allowed_tenants (tenant_id, application);
CREATE TABLE installations (
    application INTEGER NOT NULL REFERENCES applications ON DELETE CASCADE,
    tenant_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (application, tenant_id)
) WITHOUT ROWID;
CREATE INDEX installations_by_tenant ON installations (tenant_id, application);
CREATE TABLE keys (pem BLOB NOT NULL);
"""
RESET: Final = ("applications", "devices", "tenants")
"""The tables that a reset empties. Users, roles and the key stay, so that tokens stay valid."""

Value = str | int | bytes | None
Values = Sequence[Value] | Mapping[str, Value]
"""Values for ``?`` placeholders in order, or for named ones."""


def _make_private(file: Path) -> None:
    """Create the file for its owner only. SQLite gives its own files beside it the same mode."""
    with suppress(OSError):  # SQLite reports it
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))


def _restrict(file: Path) -> None:
    """Restrict a file that an earlier version created readable by all to its owner."""
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            Path(f"{file}{suffix}").chmod(0o600)


def timestamp() -> str:
    """Return the present time as the platform writes it: RFC 3339, UTC, milliseconds, ``Z``."""
    text = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


class Database:
    """A connection that threads use one at a time."""

    def __init__(self, file: Path | None = None) -> None:
        """
        :param file: Where to keep it. Default: in memory, lost with the object.

        Raises ``sqlite3.Error`` for a file that is not such a database.
        """
        self._lock = threading.RLock()
        if file is not None:
            _make_private(file)
        self._connection = sqlite3.connect(
            str(file) if file else ":memory:", check_same_thread=False, isolation_level=None
        )
        self._connection.row_factory = sqlite3.Row
        try:
            self._prepare(file)
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self, file: Path | None) -> None:
        if file is not None:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        tables = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version == 0 and tables == 0:
            script = f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            self._connection.executescript(script)
        elif version != SCHEMA_VERSION:
            raise sqlite3.DatabaseError("not a database of this version of the emulator")
        if file is not None:
            _restrict(file)

    def close(self) -> None:
        """Close the database; it cannot be used afterwards."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a transaction, isolated from other threads. May be nested."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, sql: str, values: Values = ()) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Values = ()) -> sqlite3.Row | None:
        """Return the first row of a query, or None."""
        with self._lock:
            found: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
            return found

    def count(self, sql: str, values: Values = ()) -> int:
        """Return the number that a query selects."""
        with self._lock:
            return int(self._connection.execute(sql, values).fetchone()[0])

    def change(self, sql: str, values: Values = ()) -> int:
        """Change rows. Returns their number."""
        with self._lock:
            return self._connection.execute(sql, values).rowcount

    def clear(self) -> None:
        """Remove applications, devices and tenants."""
        with self.transaction():
            for table in RESET:
                self.change(f"DELETE FROM {table}")  # noqa: S608 (names from above)
