"""That it does not slow down: no call looks through a whole table."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator

import pytest

from olt_provider.emulator import TENANT_A, Emulator
from tests.emulator.support import OWNED, TENANT_C, Api, client_credentials

TABLES = ("applications", "allowed_tenants", "installations", "devices", "roles", "sessions")


@pytest.fixture
def statements(emulator: Emulator) -> Iterator[set[str]]:
    """What is asked of the database."""
    seen: set[str] = set()
    connection = emulator._the_world.db._connection
    connection.set_trace_callback(seen.add)
    yield seen
    connection.set_trace_callback(None)


def _scans(connection: sqlite3.Connection, statement: str) -> list[str]:
    steps = connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
    return [
        f"{step[3]}: {statement}"
        for step in steps
        if re.match(r"SCAN (?!CONSTANT ROW|\()", step[3])
    ]


def test_no_call_reads_a_whole_table(emulator: Emulator, owner: Api, statements: set[str]) -> None:
    one = owner.register(allowedTenants=[{"tenantId": TENANT_A}], withPublicOauth2Client=True)
    path = f"{OWNED}/{one['id']}"
    owner.data("GET", OWNED)
    owner.data("GET", path)
    owner.data("PATCH", path, {"name": "New"})
    owner.data("GET", f"{path}/allowed-tenants")
    owner.data("PUT", f"{path}/allowed-tenants/{TENANT_C}")
    owner("DELETE", f"{path}/allowed-tenants/{TENANT_C}")
    owner.data("PUT", f"/applications/{one['id']}/installation")
    owner.data("GET", "/applications")
    owner.data("GET", "/applications", params={"installed": "true"})
    owner.data("GET", f"/applications/{one['id']}")
    token = client_credentials(emulator, one).json()["access_token"]
    its = Api(emulator, token)
    its.data("GET", "/application-info/installed-tenants")
    its.data("GET", "/devices")
    its.close()
    owner.data("POST", f"{path}/secret")
    owner("DELETE", f"/applications/{one['id']}/installation")
    owner("DELETE", path)
    asked = {each for each in statements if each.startswith(("SELECT", "INSERT", "UPDATE", "DEL"))}
    assert all(any(table in each for each in asked) for table in TABLES)
    connection = emulator._the_world.db._connection
    assert [scan for each in asked for scan in _scans(connection, each)] == []
