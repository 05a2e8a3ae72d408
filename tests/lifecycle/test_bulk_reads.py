"""A tenant's list serves many reads, and never proves what a GET would contradict."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import ceil
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from olt_provider.api.applications import Application
from olt_provider.api.errors import OltError
from olt_provider.api.installations import AvailableApplication, Installation
from olt_provider.api.paging import PAGE_SIZE
from olt_provider.emulator import Emulator, Fault
from olt_provider.lifecycle.application import operations as applications
from olt_provider.lifecycle.application.model import ApplicationInputs, ApplicationState
from olt_provider.lifecycle.bulk_reads import BulkReader
from olt_provider.lifecycle.installation import operations as installations
from olt_provider.lifecycle.installation.model import InstallationInputs, InstallationState
from olt_provider.lifecycle.provider_context import ProviderContext
from tests.emulated import calls_of

APPLICATIONS: Final = "/application-developer/applications"
ONE: Final = f"{APPLICATIONS}/{{applicationId}}"
INSTALLED: Final = "/applications"
THREADS: Final = 4

Connect = Callable[..., ProviderContext]


def kept(emulator: Emulator, owner: str, count: int) -> list[ApplicationState]:
    """Applications of a tenant, made without HTTP, as the state keeps them."""
    made = []
    for number in range(count):
        declared = ApplicationInputs(
            name=f"App {number}",
            tenant_id=owner,
            allowed_tenants={owner: "ours"},
            redirect_uris=("https://a.example", "https://b.example"),
            teaser_description="Reads",
            url="https://app.example",
        )
        wire = emulator.platform.register(
            owner,
            name=declared.name,
            allowed_tenants={owner: "ours"},
            redirect_uris=["https://b.example", "https://a.example"],
            teaser_description="Reads",
            url="https://app.example",
        )
        found = Application.model_validate(wire)
        secret = SecretStr(wire["oauth2Client"]["secret"])
        made.append(ApplicationState.of(found, declared, secret, emulator.api_url))
    return made


def installed(
    emulator: Emulator, tenant_id: str, states: Sequence[ApplicationState]
) -> list[InstallationState]:
    made = []
    for state in states:
        wire = emulator.platform.install(state.id, tenant_id)
        inputs = InstallationInputs(state.id, tenant_id)
        made.append(InstallationState(inputs, wire["createdAt"], emulator.api_url))
    return made


def by_path(emulator: Emulator) -> Counter[str]:
    return Counter(f"{call.method} {call.template}" for call in calls_of(emulator))


def test_100_applications_and_100_installations_of_a_tenant_cost_4_calls(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    states = kept(emulator, owner, 100)
    uses = installed(emulator, owner, states)
    context = connect(owner)
    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(lambda each: applications.read(context, each), states)) == states
        assert list(pool.map(lambda each: installations.read(context, each), uses)) == uses
    assert by_path(emulator) == {
        f"GET {ONE}": 1,
        f"GET {APPLICATIONS}": 1,
        "GET /applications/{applicationId}": 1,
        f"GET {INSTALLED}": 1,
    }


@pytest.mark.parametrize(("count", "calls"), [(1, 1), (2, 2), (3, 2), (101, 3), (250, 4)])
def test_no_more_calls_than_resources_nor_than_pages_and_one(
    emulator: Emulator, connect: Connect, owner: str, count: int, calls: int
) -> None:
    states = kept(emulator, owner, count)
    context = connect(owner)
    for state in states:
        assert applications.read(context, state) == state
    # the list is in an order of its own, so a read may ask for a page that does not hold it
    assert calls <= len(calls_of(emulator)) <= min(count, 2 * ceil(count / PAGE_SIZE) + 1)


def test_few_of_a_large_tenant_do_not_fetch_it_whole(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    states = kept(emulator, owner, 450)
    context = connect(owner)
    assert [applications.read(context, each) for each in states[-3:]] == states[-3:]
    assert len(calls_of(emulator)) <= 5


class Pages:
    """A list of a given length, which counts the pages that are asked for."""

    def __init__(self, items: Sequence[AvailableApplication]) -> None:
        self._items = items
        self.asked = 0

    def __call__(self) -> Any:
        for start in range(0, len(self._items) + 1, PAGE_SIZE):
            self.asked += 1
            yield self._items[start : start + PAGE_SIZE]


def item(number: int) -> AvailableApplication:
    return AvailableApplication(id=str(UUID(int=number)), available=True)


@given(st.integers(0, 1000), st.integers(1, 1000), st.randoms(use_true_random=False))
def test_never_more_than_twice_the_calls_of_the_cheaper_way(
    length: int, wanted: int, chance: random.Random
) -> None:
    pages = Pages([item(number) for number in range(length)])
    reads = BulkReader(pages, lambda: 0)
    # some are not in the list: hidden, or gone
    ids = [
        str(UUID(int=number)) for number in chance.sample(range(length + 50), min(wanted, length))
    ]
    alone = sum(reads.find(each) is None for each in ids)
    whole = length // PAGE_SIZE + 1
    missing = sum(UUID(each).int >= length for each in ids)
    assert alone + pages.asked <= 2 * min(len(ids), whole + missing) + 1


def test_a_list_is_fetched_once_by_all_threads(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    states = kept(emulator, owner, 2 * THREADS)
    context = connect(owner)
    assert applications.read(context, states[0]) == states[0]
    held = emulator.add_fault(Fault(path=APPLICATIONS, kind="latency", times=None, seconds=30))
    with ThreadPoolExecutor(THREADS) as pool:
        read = [pool.submit(applications.read, context, each) for each in states[1:]]
        held.wait_until_fired(1)
        held.release()
        assert [each.result(30) for each in read] == states[1:]
    assert by_path(emulator)[f"GET {APPLICATIONS}"] == 1


def test_nothing_outlives_a_write_of_the_same_process(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    first, second, third, fourth = kept(emulator, owner, 4)
    context = connect(owner)
    for state in (first, second):
        applications.read(context, state)
    renamed = applications.update(context, third, replace(third.inputs, name="Renamed"))
    emulator.platform.patch(fourth.id, url="https://changed.example")
    assert applications.read(context, renamed) == renamed
    found = applications.read(context, fourth)
    assert found is not None
    assert found.inputs.url == "https://changed.example"


def test_a_write_while_the_list_is_on_its_way_makes_it_worthless() -> None:
    writes = 0

    def pages() -> Any:
        nonlocal writes
        writes += 1
        yield [item(1)]

    reads = BulkReader(pages, lambda: writes)
    assert reads.find(item(0).id) is None
    assert reads.find(item(1).id) is None


def test_drift_is_decided_by_the_read_of_the_application(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    states = kept(emulator, owner, 3)
    context = connect(owner)
    emulator.platform.patch(states[2].id, name="Manual")
    found = [applications.read(context, each) for each in states]
    assert found[:2] == states[:2]
    assert found[2] is not None
    assert found[2].inputs.name == "Manual"
    assert by_path(emulator) == {f"GET {ONE}": 2, f"GET {APPLICATIONS}": 1}


@pytest.mark.parametrize("field", ["url", "teaserDescription", "redirectUris", "allowedTenants"])
def test_an_abridged_list_is_no_drift(
    emulator: Emulator, connect: Connect, owner: str, field: str
) -> None:
    states = kept(emulator, owner, 3)
    for number in range(3):
        emulator.add_fault(
            Fault(
                path=APPLICATIONS, kind="missing_field", field=f"data.{number}.{field}", times=None
            )
        )
    context = connect(owner)
    assert [applications.read(context, each) for each in states] == states


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 403},
        {"kind": "status", "status": 500},
        {"kind": "html", "status": 200},
        {"kind": "truncate"},
    ],
    ids=lambda each: str(each["kind"]) + str(each.get("status", "")),
)
def test_where_the_lists_fail_each_is_read_by_itself(
    emulator: Emulator, connect: Connect, owner: str, fault: dict[str, Any]
) -> None:
    states = kept(emulator, owner, 4)
    uses = installed(emulator, owner, states)
    for path in (APPLICATIONS, INSTALLED):
        emulator.add_fault(Fault(path=path, times=None, **fault))
    context = connect(owner, max_retries=0)
    assert [applications.read(context, each) for each in states] == states
    assert [installations.read(context, each) for each in uses] == uses
    lists = [call for call in calls_of(emulator) if call.template in (APPLICATIONS, INSTALLED)]
    assert len(lists) == 2, "what failed is not requested again"


def test_what_is_not_listed_is_not_gone(emulator: Emulator, connect: Connect, owner: str) -> None:
    states = kept(emulator, owner, 3)
    emulator.add_fault(Fault(path=APPLICATIONS, kind="missing_field", field="data.2", times=None))
    context = connect(owner)
    assert [applications.read(context, each) for each in states] == states


def test_uninstalled_and_hidden_are_distinguished(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    states = kept(emulator, owner, 4)
    uses = installed(emulator, owner, states)
    emulator.platform.uninstall(states[2].id, owner)
    hidden = f"/applications/{states[3].id}"
    emulator.add_fault(Fault(path=hidden, kind="not_found", times=None))
    emulator.platform.uninstall(states[3].id, owner)
    context = connect(owner)
    assert [installations.read(context, each) for each in uses[:3]] == [*uses[:2], None]
    with pytest.raises(OltError, match="does not prove"):
        installations.read(context, uses[3])


def test_an_installation_made_again_outside_pulumi_is_read_again(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    uses = installed(emulator, owner, kept(emulator, owner, 3))
    earlier = [replace(each, installed_at="2020-01-01T00:00:00.000Z") for each in uses]
    context = connect(owner)
    assert [installations.read(context, each) for each in earlier] == uses


def test_each_tenant_has_its_own_lists(emulator: Emulator, connect: Connect, owner: str) -> None:
    other = emulator.platform.add_tenant(f"{'0' * 7}1-0000-4000-8000-{owner[-12:]}", "Other").id
    states = [*kept(emulator, owner, 3), *kept(emulator, other, 3)]
    context = connect(owner, other)
    assert [applications.read(context, each) for each in states] == states
    assert len(calls_of(emulator)) == 4


def test_a_read_of_one_that_was_given_out_is_made_again() -> None:
    installation = Installation.model_validate(
        {"tenantId": "1" * 32, "createdAt": "2026-11-24T00:00:00Z"}
    )
    listed = item(1).model_copy(update={"installation": installation})
    reads = BulkReader(lambda: iter([[listed]]), lambda: 0)
    assert reads.find(item(0).id) is None
    assert reads.find(item(1).id) == listed
    assert reads.find(item(1).id) is None, "nothing is kept for which no read waits"
