"""The deletion guard refuses to delete an installed application. One list serves many deletions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from olt_provider.emulator import Emulator, Fault
from olt_provider.lifecycle.application import operations
from olt_provider.lifecycle.application.model import ApplicationInputs, ApplicationState
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.installation import operations as installations
from olt_provider.lifecycle.installation.model import InstallationInputs
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.tenant_session import GUARD_MAX_AGE
from tests.emulated import calls_of

Connect = Callable[..., ProviderContext]

APPLICATIONS = "/application-developer/applications"
ONE = f"{APPLICATIONS}/{{applicationId}}"


@pytest.fixture
def states(connect: Connect, owner: str, emulator: Emulator) -> list[ApplicationState]:
    """Applications that their owner may install."""
    context = connect(owner)
    return [
        operations.create(context, ApplicationInputs(f"App {number}", owner, {owner: ""}))
        for number in range(4)
    ]


def calls(emulator: Emulator) -> Counter[str]:
    return Counter(f"{call.method} {call.template}" for call in calls_of(emulator))


def test_one_list_serves_the_deletions_of_a_hundred_applications(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    creating = connect(owner)
    states = [
        operations.create(creating, ApplicationInputs(f"App {number}", owner))
        for number in range(100)
    ]
    context = connect(owner)
    context.session(owner).deletion_guard._monotonic = lambda: 0.0
    context.session(owner).deletion_guard._began = 0.0
    emulator.wait_until_idle()
    emulator.clear_calls()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda state: operations.delete(context, state), states))
    made = calls(emulator)
    assert made[f"DELETE {ONE}"] == 100
    assert made[f"GET {APPLICATIONS}"] <= 2, "a full page is followed by another one, if needed"
    assert made[f"GET {ONE}"] <= 3
    assert emulator.platform.applications(owner) == []


def test_application_that_the_list_shows_as_installed_is_not_deleted(
    emulator: Emulator, connect: Connect, owner: str, states: list[ApplicationState]
) -> None:
    emulator.platform.install(states[2].id, owner)
    context = connect(owner)
    for state in states[:2]:
        operations.delete(context, state)
    emulator.wait_until_idle()
    emulator.clear_calls()
    with pytest.raises(LifecycleError, match=f"still installed in tenant {owner}"):
        operations.delete(context, states[2])
    assert calls(emulator) == {f"GET {ONE}": 1}, "its own GET confirms what the list shows"


def test_application_that_was_installed_after_an_old_list_is_not_deleted(
    emulator: Emulator, connect: Connect, owner: str, states: list[ApplicationState]
) -> None:
    context, now = connect(owner), 1000.0
    guard = context.session(owner).deletion_guard
    guard._monotonic = lambda: now
    guard._began = now
    for state in states[:2]:
        operations.delete(context, state)
    emulator.platform.install(states[2].id, owner)
    now += GUARD_MAX_AGE + 0.1
    with pytest.raises(LifecycleError, match="still installed"):
        operations.delete(context, states[2])
    assert emulator.platform.application(states[2].id) is not None


def test_a_list_that_took_too_long_does_not_serve_the_guard(
    emulator: Emulator, connect: Connect, owner: str, states: list[ApplicationState]
) -> None:
    context, ticks = connect(owner), iter(range(10**9, 2 * 10**9, 6))
    context.session(owner).deletion_guard._monotonic = lambda: float(next(ticks))
    emulator.wait_until_idle()
    emulator.clear_calls()
    for state in states:
        operations.delete(context, state)
    assert calls(emulator)[f"GET {ONE}"] == len(states)


def test_application_that_this_process_installed_after_the_list_is_not_deleted(
    emulator: Emulator, connect: Connect, owner: str, states: list[ApplicationState]
) -> None:
    context = connect(owner)
    for state in states[:2]:
        operations.delete(context, state)
    installations.create(context, InstallationInputs(states[2].id, owner))
    with pytest.raises(LifecycleError, match="still installed"):
        operations.delete(context, states[2])


def test_application_that_was_uninstalled_after_the_list_is_deleted(
    emulator: Emulator, connect: Connect, owner: str, states: list[ApplicationState]
) -> None:
    installed = installations.create(connect(owner), InstallationInputs(states[2].id, owner))
    context = connect(owner)
    for state in states[:2]:
        operations.delete(context, state)
    installations.delete(context, installed)
    operations.delete(context, states[2])
    assert emulator.platform.application(states[2].id) is None


def test_a_list_that_fails_leaves_each_application_to_its_own_get(
    emulator: Emulator, connect: Connect, owner: str, states: list[ApplicationState]
) -> None:
    emulator.platform.install(states[3].id, owner)
    emulator.add_fault(
        Fault(kind="status", status=403, method="GET", path=APPLICATIONS, times=None)
    )
    context = connect(owner)
    for state in states[:3]:
        operations.delete(context, state)
    with pytest.raises(LifecycleError, match="still installed"):
        operations.delete(context, states[3])


def test_force_destroy_needs_neither_list_nor_get(
    emulator: Emulator, connect: Connect, owner: str, states: list[ApplicationState]
) -> None:
    context = connect(owner)
    emulator.wait_until_idle()
    emulator.clear_calls()
    for state in states:
        forced = replace(state, inputs=replace(state.inputs, force_destroy=True))
        operations.delete(context, forced)
    assert calls(emulator) == {f"DELETE {ONE}": len(states)}
