"""The cost of few and of many applications: calls, connections, and the size of the state."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pytest

from olt_provider.emulator import Emulator
from tests.emulated import calls_of, new_tenant
from tests.engine.harness import Engine, Stack
from tests.engine.olt import reaching

pytestmark = [pytest.mark.timeout(300)]

PROGRAM: Final = """
from olt_provider import OltApplication, OltInstallation
for number in range({count}):
    app = OltApplication(f"app-{{number}}", name=f"{name} {{number}}", allowed_tenants=[{tenant!r}])
    OltInstallation(f"installation-{{number}}", application_id=app.id)
"""
FEW = 5
MANY = int(os.environ.get("GROWTH_APPLICATIONS", "20"))
MAX_CONNECTIONS: Final = 5
"""The host has four threads, and a token may be fetched beside them."""


@dataclass
class Cost:
    """Of one operation of the engine."""

    calls: Counter[str]
    connections: int


@dataclass
class Costs:
    """Of each operation in turn, and the bytes of state of a resource."""

    create: Cost
    preview: Cost
    refresh: Cost
    rename: Cost
    destroy: Cost
    state_bytes: float

    def operations(self) -> list[Cost]:
        return [self.create, self.preview, self.refresh, self.rename, self.destroy]


def measured(stack: Stack, emulator: Emulator, count: int) -> Costs:
    tenant = new_tenant(emulator)
    stack.env.update(reaching(emulator, emulator.token(tenant)))

    def cost(operate: Callable[[], object]) -> Cost:
        emulator.wait_until_idle()
        emulator.clear_calls()
        operate()
        calls = Counter(call.method for call in calls_of(emulator))
        return Cost(calls, emulator.connections)

    stack.program(PROGRAM.format(count=count, name="App", tenant=tenant))
    create = cost(stack.up)
    kept = [each for each in stack.resources() if "/olt:" in each["type"]]
    assert len(kept) == 2 * count
    size = sum(len(json.dumps(each)) for each in kept) / len(kept)
    preview = cost(stack.preview)
    refresh = cost(stack.refresh)
    stack.program(PROGRAM.format(count=count, name="Renamed", tenant=tenant))
    rename = cost(stack.up)
    destroy = cost(stack.destroy)
    assert not emulator.platform.applications(tenant)
    return Costs(create, preview, refresh, rename, destroy, size)


@pytest.fixture(scope="module")
def costs(
    shared_emulator: Emulator, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> dict[int, Costs]:
    """By the number of applications, with as many installations."""
    shared_emulator.clear_faults()
    return {
        count: measured(
            engine.stack(tmp_path_factory.mktemp(f"growth{count}"), ""), shared_emulator, count
        )
        for count in (FEW, MANY)
    }


@pytest.mark.parametrize("count", [FEW, MANY])
def test_each_change_costs_its_calls_and_what_is_read_costs_few(
    costs: dict[int, Costs], count: int
) -> None:
    cost = costs[count]
    assert cost.create.calls == {"GET": 1, "POST": count, "PUT": count}
    assert cost.preview.calls == {}
    assert cost.rename.calls == {"PATCH": count}
    assert cost.destroy.calls["DELETE"] == 2 * count
    assert cost.destroy.calls["GET"] <= max(1, count // 2), "a list serves the guard for seconds"
    assert cost.refresh.calls == {"GET": 4}, "of both kinds, one read by itself and a page"


def test_connections_do_not_grow(costs: dict[int, Costs]) -> None:
    for cost in costs.values():
        assert max(each.connections for each in cost.operations()) <= MAX_CONNECTIONS


def test_the_state_of_a_resource_does_not_grow(costs: dict[int, Costs]) -> None:
    assert costs[MANY].state_bytes <= 1.05 * costs[FEW].state_bytes
