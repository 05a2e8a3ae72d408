"""The cost of a call does not depend on the amount of data: no query scans a whole table."""

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
    """The queries of the database."""
    seen: set[str] = set()
    connection = emulator._state.db._connection
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
    connection = emulator._state.db._connection
    assert [scan for each in asked for scan in _scans(connection, each)] == []


def _grow(emulator: Emulator, tenants: range) -> None:
    """Ten applications in each of these tenants, allowed and installed in the next one too."""
    for number in tenants:
        ours, theirs = (f"{each:08d}-0000-4000-8000-000000000000" for each in (number, number + 1))
        emulator.platform.add_tenant(ours, f"Tenant {number}")
        for each in range(10):
            application = emulator.platform.register(
                ours, name=f"App {each}", allowed_tenants=[ours, theirs]
            )
            emulator.platform.install(application["id"], theirs)


def _steps_of_calls(emulator: Emulator) -> int:
    """The number of database steps for a round of calls of one tenant."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    connection = emulator._state.db._connection
    api = Api(emulator, emulator.token("00000005-0000-4000-8000-000000000000"))
    connection.set_progress_handler(count, 1)
    one = api.register(allowedTenants=[{"tenantId": "00000005-0000-4000-8000-000000000000"}])
    api.data("GET", OWNED)
    api.data("PATCH", f"{OWNED}/{one['id']}", {"name": "New"})
    api.data("PUT", f"/applications/{one['id']}/installation")
    api.data("GET", "/applications", params={"installed": "true"})
    api.data("GET", f"/applications/{one['id']}")
    api("DELETE", f"{OWNED}/{one['id']}")
    connection.set_progress_handler(None, 1)
    api.close()
    return steps


def test_10000_applications_in_1000_tenants_cost_what_100_in_10_do() -> None:
    with Emulator.start() as emulator:
        _grow(emulator, range(10))
        few = _steps_of_calls(emulator)
        _grow(emulator, range(10, 1000))
        assert len(emulator.platform.applications()) == 10_000
        assert _steps_of_calls(emulator) <= 1.1 * few
