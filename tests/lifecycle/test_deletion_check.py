"""The deletion check: the cost of its lists, and that a cached one yields no false reason."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from olt_provider.api.applications import ListedApplication
from olt_provider.emulator import Emulator, Fault
from olt_provider.lifecycle.application import operations as applications
from olt_provider.lifecycle.application.model import ApplicationInputs, ApplicationState
from olt_provider.lifecycle.bulk_reads import FETCHES, ListedIds
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.installation import operations as installations
from olt_provider.lifecycle.installation.model import InstallationInputs, InstallationState
from olt_provider.lifecycle.provider_context import ProviderContext
from tests.emulated import calls_of

Connect = Callable[..., ProviderContext]
MANY = 30


def installed(emulator: Emulator, owner: str, count: int) -> list[InstallationState]:
    """Installations as a state holds them, each of an application of its own."""
    states = []
    for number in range(count):
        made = emulator.platform.register(owner, name=f"app {number}", allowed_tenants=[owner])
        emulator.platform.install(made["id"], owner)
        inputs = InstallationInputs(made["id"], owner)
        states.append(InstallationState(inputs, "2019-05-09T10:11:32.123Z", emulator.api_url))
    return states


def registered(context: ProviderContext, owner: str, count: int) -> list[ApplicationState]:
    return [
        applications.create(context, ApplicationInputs(name=f"app {number}", tenant_id=owner))
        for number in range(count)
    ]


def lists(emulator: Emulator) -> int:
    paths = ("/applications", "/application-developer/applications")
    return sum(call.method == "GET" and call.path in paths for call in calls_of(emulator))


@pytest.mark.parametrize("threads", [1, 4])
def test_uninstalling_where_the_applications_are_gone_lists_them_once(
    emulator: Emulator, connect: Connect, owner: str, threads: int
) -> None:
    context = connect(owner)
    states = installed(emulator, owner, MANY)
    for state in states:
        emulator.platform.delete(state.inputs.application_id)
    emulator.clear_calls()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda state: installations.delete(context, state), states))
    assert lists(emulator) <= (1 if threads == 1 else FETCHES)
    assert len(calls_of(emulator)) == 2 * MANY + lists(emulator)


def test_deleting_applications_that_are_gone_lists_them_once_for_guard_and_deletion_check(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    states = registered(connect(owner), owner, 20)
    for state in states:
        emulator.platform.delete(state.id)
    context = connect(owner)
    guard = context.session(owner).deletion_guard
    guard._began, guard._monotonic = 0.0, lambda: 0.0  # its list does not grow old
    emulator.wait_until_idle()
    emulator.clear_calls()
    for state in states:
        applications.delete(context, state)
    assert lists(emulator) == 2


def test_kept_list_that_shows_what_was_deleted_since_gives_no_false_reason(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    context = connect(owner)
    first, second = registered(context, owner, 2)
    emulator.platform.delete(first.id)
    assert applications.read(context, first) is None, "the list is known, and shows the second"
    emulator.platform.delete(second.id)
    assert applications.read(context, second) is None
    assert applications.read(context, first) is None


def test_kept_list_proves_nothing_of_what_was_added_since(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    context = connect(owner)
    (gone,) = registered(context, owner, 1)
    emulator.platform.delete(gone.id)
    assert applications.read(context, gone) is None
    hidden = applications.create(context, ApplicationInputs(name="later", tenant_id=owner))
    emulator.add_fault(
        Fault(kind="not_found", times=None, path="/application-developer/applications/{id}")
    )
    with pytest.raises(LifecycleError, match="it is still listed"):
        applications.delete(context, hidden)


@dataclass
class Writes:
    """The counters of a client."""

    writes: int = 0
    additions: int = 0


def entries(*ids: str) -> list[ListedApplication]:
    return [ListedApplication.model_construct(id=id_, name="") for id_ in ids]


def test_only_additions_make_a_list_stale() -> None:
    writes, listed, fetched = Writes(), {"there"}, 0

    def fetch() -> list[ListedApplication]:
        nonlocal fetched
        fetched += 1
        return entries(*listed)

    ids = ListedIds(fetch, writes)
    assert [ids.lacks("gone"), ids.lacks("also gone")] == [True, True]
    assert fetched == 1
    assert not ids.lacks("there")
    writes.additions += 1
    listed.add("gone")
    assert not ids.lacks("gone")


def test_list_that_lost_an_entry_between_its_pages_is_fetched_again() -> None:
    """A deletion of this process in between moves an entry to a page that was fetched before."""
    writes = Writes()
    lists = [entries("one"), entries("one", "hidden")]

    def fetch() -> list[ListedApplication]:
        writes.writes += len(lists) == 2
        return lists.pop(0)

    assert not ListedIds(fetch, writes).lacks("hidden")


def test_list_that_writes_keep_falling_into_is_fetched_a_few_times_only() -> None:
    writes = Writes()

    def fetch() -> list[ListedApplication]:
        writes.writes += 1
        return []

    assert ListedIds(fetch, writes).lacks("gone")
    assert writes.writes == FETCHES
