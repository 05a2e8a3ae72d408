"""The table contains every call of the client, and every call of an operation."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest
from pydantic import BaseModel

from olt_provider import api
from olt_provider.emulator import Emulator
from tests.emulated import calls_of
from tests.faults import table
from tests.faults.calls import CALLS
from tests.faults.ground import Ground, Tenants
from tests.faults.hosts import DYNAMIC, NATIVE, Host
from tests.faults.kinds import KINDS
from tests.faults.play import Cell, Quiet
from tests.faults.situations import SITUATIONS, TARGETS, Situation
from tests.model.engine import Engine

DELETE = str(CALLS["applications.delete"])


def methods() -> Iterator[str]:
    """All public methods of the client classes, by their group."""
    for module in pkgutil.iter_modules(api.__path__):
        group = import_module(f"{api.__name__}.{module.name}")
        for name, found in inspect.getmembers(group, inspect.isclass):
            is_client = name.endswith("Client") and not issubclass(found, BaseModel)
            if is_client and found.__module__ == group.__name__ != "olt_provider.api.client":
                yield from (
                    f"{module.name}.{method}"
                    for method, _ in inspect.getmembers(found, inspect.isfunction)
                    if not method.startswith("_")
                )


def test_every_method_of_the_client_has_a_row() -> None:
    assert sorted(CALLS) == sorted(methods())


def test_every_call_is_tried_or_has_a_reason() -> None:
    tried = {target.call for target in TARGETS}
    assert {call for call, known in CALLS.items() if known.unused is None} == tried


@pytest.mark.parametrize(
    "situation", SITUATIONS, ids=lambda each: f"{each.operation} {each.name} {each.calls[0]}"
)
@pytest.mark.parametrize("host", [DYNAMIC, NATIVE], ids=str)
def test_an_operation_makes_the_calls_of_the_table(
    emulator: Emulator, host: Host, situation: Situation
) -> None:
    ground = Ground(Tenants(emulator), host.providers)
    scene = situation.stage(ground)
    platform = ground.connector(situation.source)()
    engine, hosts = Engine(scene.state, Quiet(), host.providers), lambda _: platform
    for given in scene.given:
        emulator.add_fault(given)
    engine.refresh(hosts) if scene.refresh else engine.up(scene.program, hosts)
    made = [f"{call.method} {call.template}" for call in calls_of(emulator)]
    undone = [DELETE] if situation.undoes and host.keeps else []
    assert made + undone == [str(CALLS[call]) for call in situation.calls]


def test_every_call_of_a_plain_operation_is_tried_in_it() -> None:
    for situation in SITUATIONS:
        tried = {
            target.call for target in TARGETS if target.situation.operation == situation.operation
        }
        assert set(situation.calls) <= tried, situation


@pytest.mark.parametrize("host", [DYNAMIC, NATIVE], ids=str)
def test_the_table_has_every_cell(host: Host) -> None:
    assert set(table.read(host)) == set(table.cells(host))


@pytest.mark.parametrize("host", [DYNAMIC, NATIVE], ids=str)
def test_a_cell_is_run_or_has_a_reason(host: Host) -> None:
    reasons = set()
    for cell, entry in table.read(host).items():
        assert (entry == table.NOT_RUN) == (cell.not_run is not None), str(cell)
        assert entry == table.NOT_RUN or entry in table.outcomes(), str(cell)
        reasons.add(cell.not_run)
    text = " ".join(table.TABLE.read_text("utf-8").split())
    assert [reason for reason in reasons if reason and reason not in text] == []


@pytest.mark.parametrize("host", [DYNAMIC, NATIVE], ids=str)
def test_choice_meets_each_operation_with_each_fault_and_each_call_with_several(
    host: Host,
) -> None:
    run = [cell for cell in table.cells(host) if cell.not_run is None]
    assert list(table.chosen(host, every=True)) == run
    chosen = list(table.chosen(host, every=False))
    assert len(set(chosen)) == len(chosen) < len(run) / 5

    def operations(cells: list[Cell]) -> set[tuple[str, str]]:
        return {(cell.target.situation.operation, cell.kind) for cell in cells}

    assert operations(chosen) == operations(run)
    for target in table.targets(host):
        met = [cell for cell in chosen if cell.target == target]
        assert len({KINDS[cell.kind].family for cell in met}) >= 2, target.title
        assert {cell.persistent for cell in met} == {False, True}, target.title


def test_a_call_that_no_operation_makes_is_named() -> None:
    unused = [f"`{call}`" for call, known in CALLS.items() if known.unused]
    assert ", ".join(unused) in " ".join(table.TABLE.read_text("utf-8").split())
