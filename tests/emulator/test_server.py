"""The server: start, end, journal, connections, TLS, database."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from olt_provider.emulator import TENANT_A, TENANT_B, Emulator, Fault
from tests.emulator.support import OWNED, TIMEOUT, UNKNOWN, Api, api
from tools.workspace import ROOT


def test_it_listens_on_loopback_alone(emulator: Emulator) -> None:
    assert emulator._socket.getsockname()[0] == "127.0.0.1"


def test_two_emulators_know_nothing_of_each_other(emulator: Emulator) -> None:
    with Emulator.start() as other:
        other.platform.register(TENANT_A)
        assert other.port != emulator.port
        assert emulator.platform.applications() == []


def test_nothing_runs_or_listens_after_the_block() -> None:
    with Emulator.start() as emulator:
        url = emulator.api_url
        thread = emulator._thread
    assert not thread.is_alive()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/devices", timeout=TIMEOUT)


def test_a_port_in_use_is_an_error_that_leaves_nothing_behind(emulator: Emulator) -> None:
    threads = threading.active_count()
    with pytest.raises(OSError, match="in use"), Emulator.start(port=emulator.port):
        pass
    assert threading.active_count() == threads


def test_an_error_in_the_block_ends_the_emulator() -> None:
    threads: list[threading.Thread] = []

    def fail(emulator: Emulator) -> None:
        threads.append(emulator._thread)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), Emulator.start() as emulator:
        fail(emulator)
    assert [thread.is_alive() for thread in threads] == [False]


def test_journal_records_method_path_query_template_status_and_tenant(
    emulator: Emulator, owner: Api
) -> None:
    emulator.clear_calls()
    owner("GET", f"{OWNED}/{UNKNOWN}", headers={"User-Agent": "test/1"})
    owner("GET", "/devices", params={"page": 1})
    owner("PUT", "/nothing")
    first, second, third = emulator.calls
    assert (first.method, first.path, first.query, first.status) == (
        "GET",
        f"{OWNED}/{UNKNOWN}",
        "",
        404,
    )
    assert first.template == f"{OWNED}/{{applicationId}}"
    assert (first.tenant, first.user_agent, first.fault) == (TENANT_A, "test/1", None)
    assert (second.path, second.query, second.status) == ("/devices", "page=1", 200)
    assert (third.template, third.status) == (None, 404)


def test_a_call_is_in_the_journal_before_its_response_is_seen(
    emulator: Emulator, owner: Api
) -> None:
    for number in range(1, 50):
        owner("GET", "/devices")
        assert len(emulator.calls) == number


def test_a_call_without_a_response_is_in_the_journal(emulator: Emulator, owner: Api) -> None:
    emulator.add_fault(Fault(kind="reset_after"))
    with pytest.raises(requests.ConnectionError):
        owner("GET", "/devices")
    (call,) = emulator.calls
    assert (call.status, call.fault, call.template) == (None, "reset_after", "/devices")


def test_the_journal_holds_nothing_secret(emulator: Emulator, owner: Api) -> None:
    secret = owner.register()["oauth2Client"]["secret"]
    token = emulator.token(TENANT_A)
    requests.post(
        emulator.identity_url + "/id/auth/realms/olt/protocol/openid-connect/token",
        data={"grant_type": "client_credentials", "client_secret": secret},
        headers={"tenant": TENANT_B},
        timeout=TIMEOUT,
    )
    assert emulator.calls[-1].tenant == TENANT_B
    assert secret not in repr(emulator.calls)
    assert token not in repr(emulator.calls)


def test_the_kernel_does_not_hold_back_responses(emulator: Emulator, owner: Api) -> None:
    owner("GET", "/devices")
    connections = emulator._server.server_state.connections
    sockets = [each.transport.get_extra_info("socket") for each in connections]
    assert sockets
    assert all(each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for each in sockets)


def test_connections_are_counted_and_numbered(emulator: Emulator) -> None:
    emulator.clear_calls()
    for _ in range(2):
        with api(emulator) as client:
            client("GET", "/devices")
            client("GET", "/devices")
    numbers = [call.connection for call in emulator.calls]
    ports = [call.client_port for call in emulator.calls]
    assert emulator.connections == 2
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3]
    assert ports[0] == ports[1] != ports[2] == ports[3]


def test_threads_may_call_and_look_at_the_same_time(emulator: Emulator) -> None:
    with api(emulator) as first:
        token = first._session.headers["Authorization"]

    def work(number: int) -> int:
        client = Api(emulator, str(token).removeprefix("Bearer "))
        client.register(name=str(number))
        emulator.platform.register(TENANT_A, name="manual")
        seen = len(emulator.platform.applications()) + len(emulator.calls)
        client.close()
        return seen

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert len(emulator.platform.applications()) == 80
    assert emulator.requests_in_flight == 0


def test_a_reset_brings_the_seed_back_and_keeps_tokens(emulator: Emulator, owner: Api) -> None:
    owner.register()
    emulator.platform.add_tenant(UNKNOWN, "New")
    emulator.add_fault(Fault(kind="status", status=500, times=None))
    emulator.reset()
    assert [tenant.id for tenant in emulator.tenants] == [TENANT_A, TENANT_B]
    assert emulator.calls == []
    assert owner.data("GET", OWNED) == []
    assert len(owner.data("GET", "/devices")) == 3


def test_a_token_makes_its_tenant_known(emulator: Emulator) -> None:
    emulator.token(UNKNOWN)
    assert UNKNOWN in {tenant.id for tenant in emulator.tenants}


def test_a_database_file_outlives_the_emulator(tmp_path: Path) -> None:
    file = tmp_path / "platform.sqlite"
    with Emulator.start(database=file) as emulator:
        port, token = emulator.port, emulator.token(TENANT_A)
        one = emulator.platform.register(TENANT_A, allowed_tenants=[TENANT_B])
        emulator.platform.install(one["id"], TENANT_B)
        before = emulator.platform.applications()
    with Emulator.start(port=port, database=file) as emulator:
        client = Api(emulator, token)
        assert client.data("GET", OWNED) == before
        client.close()
        assert emulator.platform.applications() == before
        client_id, secret = one["oauth2Client"]["id"], one["oauth2Client"]["secret"]
        assert emulator.platform.secret_is_valid(client_id, secret)


@pytest.mark.parametrize("old", [False, True], ids=["new", "from-before"])
def test_a_database_is_for_its_owner_alone(tmp_path: Path, old: bool) -> None:
    file = tmp_path / "platform.sqlite"
    if old:
        with Emulator.start(database=file):
            pass
        file.chmod(0o644)
    before = os.umask(0)
    try:
        with Emulator.start(database=file) as emulator:
            emulator.platform.register(TENANT_A)
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == {f"platform.sqlite{end}": 0o600 for end in ("", "-wal", "-shm")}


def test_a_file_of_another_program_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "other"
    file.write_bytes(b"no database" * 100)
    file.chmod(0o644)
    with pytest.raises(sqlite3.DatabaseError), Emulator.start(database=file):
        pass
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


@pytest.mark.parametrize("content", [b"no database" * 100, None])
def test_a_file_that_is_no_database_of_ours_is_refused(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "other"
    if content is None:
        with sqlite3.connect(file) as other:
            other.execute("CREATE TABLE applications (id)")
        other.close()
    else:
        file.write_bytes(content)
    with pytest.raises(sqlite3.DatabaseError), Emulator.start(database=file):
        pass


SEED: dict[str, Any] = {
    "tenants": [
        {
            "id": TENANT_B,
            "name": "Seeded",
            "devices": [{"name": "Lamp", "tags": ["x"]}],
            "applications": [
                {
                    "id": UNKNOWN,
                    "clientSecret": "a-known-secret-1",
                    "status": "inactive",
                    "installedIn": [TENANT_B],
                    "registration": {
                        "name": "App",
                        "allowedTenants": [{"tenantId": TENANT_B, "comment": "c"}],
                    },
                }
            ],
        }
    ]
}


def test_a_seed_is_what_is_there_at_the_start() -> None:
    with Emulator.start(SEED) as emulator:
        assert [tuple(tenant) for tenant in emulator.tenants] == [(TENANT_B, "Seeded")]
        one = emulator.platform.application(UNKNOWN)
        assert one is not None
        assert (one["name"], one["status"]) == ("App", "inactive")
        assert [each["installed"] for each in one["allowedTenants"]] == [True]
        client_id = one["oauth2Client"]["id"]
        assert emulator.platform.secret_is_valid(client_id, "a-known-secret-1")
        with api(emulator, TENANT_B) as client:
            assert [each["info"]["name"] for each in client.data("GET", "/devices")] == ["Lamp"]


UNUSABLE_SEED: dict[str, Any] = {
    "tenants": [
        {
            "id": TENANT_A,
            "name": "A",
            "applications": [{"registration": {"name": "x"}, "installedIn": [TENANT_B]}],
        }
    ]
}


def test_unusable_seed_closes_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def recorded(*args: Any, **options: Any) -> sqlite3.Connection:
        opened.append(connect(*args, **options))
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", recorded)
    with pytest.raises(ValueError, match="allowedTenants"), Emulator.start(UNUSABLE_SEED):
        pass
    (connection,) = opened
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_sql_has_no_numbered_placeholders_which_python_3_12_warns_of() -> None:
    files = sorted((ROOT / "olt_provider" / "emulator").rglob("*.py"))
    numbered = [file.name for file in files if re.search(r"= \?\d|LIMIT \?\d", file.read_text())]
    assert len(files) > 10
    assert numbered == []


def test_a_seed_that_the_platform_would_not_let_be_is_refused() -> None:
    seed = {
        "tenants": [
            {
                "id": TENANT_A,
                "name": "A",
                "applications": [{"registration": {"name": "x"}, "installedIn": [TENANT_A]}],
            }
        ]
    }
    with pytest.raises(ValueError, match="not among its allowedTenants"), Emulator.start(seed):
        pass
