"""After any fault at any call, repeating the operation converges."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
import trustme

from olt_provider.emulator import Emulator
from tests.faults import table
from tests.faults.ground import Tenants
from tests.faults.hosts import DYNAMIC, NATIVE, Host
from tests.faults.kinds import KINDS
from tests.faults.play import Cell, Play
from tests.faults.wire import Crossing
from tests.figures import COUNTED

Record = Callable[[str, object], None]
Start = Callable[[Host, Cell], Play]

TABLES = {host: table.read(host) for host in (DYNAMIC, NATIVE)}
EVERY = os.environ.get("FAULT_MATRIX") == "all"
RUN = [(host, cell) for host in TABLES for cell in table.chosen(host, every=EVERY)]
"""``FAULT_MATRIX=all`` runs every cell."""
REVERTED = [
    (host, cell)
    for host, cell in RUN
    if cell.target.situation.operation in ("update", "rotate", "install", "uninstall")
    and TABLES[host][cell] != "ok"
]


@pytest.fixture(scope="module")
def tenants(shared_emulator: Emulator) -> Tenants:
    return Tenants(shared_emulator)


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    """Tenants of a platform that is reached by TLS, and so through the proxy."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    bundle, certificate, key = (folder / name for name in ("ca.pem", "cert.pem", "key.pem"))
    authority.cert_pem.write_to_path(str(bundle))
    issued.cert_chain_pems[0].write_to_path(str(certificate))
    issued.private_key_pem.write_to_path(str(key))
    with Emulator.start(tls=(certificate, key)) as emulator:
        yield Tenants(emulator, str(bundle))


@pytest.fixture
def start(tenants: Tenants, proxied: Tenants, crossing: Crossing, record_property: Record) -> Start:
    def start(host: Host, cell: Cell) -> Play:
        record_property(COUNTED, "fault matrix: cells tried")
        return Play(proxied if KINDS[cell.kind].proxied else tenants, crossing, cell, host)

    return start


@pytest.mark.parametrize(("host", "cell"), RUN, ids=str)
def test_repeating_a_failed_operation_converges(start: Start, host: Host, cell: Cell) -> None:
    play = start(host, cell)
    play.with_fault()
    outcome = play.repeated()
    play.assert_together()
    assert outcome == TABLES[host][cell]


@pytest.mark.parametrize(("host", "cell"), REVERTED, ids=str)
def test_reverting_a_failed_change_converges_after_a_refresh(
    start: Start, host: Host, cell: Cell
) -> None:
    play = start(host, cell)
    (failure,) = play.with_fault()
    wanted = play.scene.program
    play.reverted()
    if "it may stay installed without being in any state" in str(failure.error):
        # It could not be looked up whether the installation exists: the error names the way out.
        play.scene.program = wanted
        assert not play.up()
        play.assert_together()
        play.scene.program = play.scene.before
        assert not play.up()
    if host.keeps or not play.loses_every_response:
        play.assert_together()
        return
    # No response returned the new secret, and no refresh can: the error names the way out.
    assert "in the state may be dead" in str(failure.error)
    play.assert_together(secret_alive=False)
    play.scene.program = wanted
    assert not play.up()
    play.assert_together()
