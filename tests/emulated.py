"""Shared fixtures: an emulator of the platform, tenants, calls."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from olt_provider.emulator import Call, Emulator


@pytest.fixture(scope="session")
def shared_emulator() -> Iterator[Emulator]:
    with Emulator.start() as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator: Emulator) -> Emulator:
    """The emulator without faults and without calls; tests do not share tenants."""
    shared_emulator.clear_faults()
    shared_emulator.wait_until_idle()  # the last call of the previous test may not be recorded yet
    shared_emulator.clear_calls()
    return shared_emulator


@pytest.fixture
def owner(emulator: Emulator) -> str:
    return new_tenant(emulator)


def new_tenant(emulator: Emulator) -> str:
    tenant_id = str(uuid.uuid4())
    emulator.platform.add_tenant(tenant_id, f"Tenant {tenant_id[:8]}")
    return tenant_id


def calls_of(emulator: Emulator) -> list[Call]:
    """All calls, also the one whose response has only just arrived."""
    emulator.wait_until_idle()
    return emulator.calls


def changes_in(emulator: Emulator) -> list[str]:
    """The changing calls, in order: method and path template."""
    return [f"{call.method} {call.template}" for call in calls_of(emulator) if call.method != "GET"]
