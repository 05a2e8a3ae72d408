from __future__ import annotations

from collections.abc import Iterator

import pytest

from olt_provider.emulator import TENANT_A, TENANT_B, Emulator
from tests.emulator.support import TENANT_C, Api, api


@pytest.fixture(scope="session")
def _running() -> Iterator[Emulator]:
    with Emulator.start() as emulator:
        yield emulator


@pytest.fixture
def emulator(_running: Emulator) -> Iterator[Emulator]:
    """A running emulator as the seed makes it."""
    _running.reset()
    _running.platform.add_tenant(TENANT_C, "Tenant C")
    yield _running
    _running.clear_faults()


@pytest.fixture
def owner(emulator: Emulator) -> Iterator[Api]:
    """An owner in tenant A."""
    with api(emulator, TENANT_A) as client:
        yield client


@pytest.fixture
def neighbour(emulator: Emulator) -> Iterator[Api]:
    """An owner in tenant B."""
    with api(emulator, TENANT_B) as client:
        yield client


@pytest.fixture
def stranger(emulator: Emulator) -> Iterator[Api]:
    """An owner in tenant C, which has no access to the others' applications."""
    with api(emulator, TENANT_C) as client:
        yield client
