"""Four threads, as in the dynamic host, and several processes at a time."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

import pytest
from pydantic import SecretStr

from olt_provider.api.options import DEFAULT_MAX_CONNECTIONS
from olt_provider.emulator import Emulator, Fault
from olt_provider.emulator.contract import TOKEN_PATH
from olt_provider.lifecycle.application import operations as applications
from olt_provider.lifecycle.application.model import ApplicationInputs, ApplicationState
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.installation import operations as installations
from olt_provider.lifecycle.installation.model import InstallationInputs, InstallationState
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.settings import Settings
from tests.emulated import calls_of, new_tenant
from tests.faults.calls import APPLICATIONS
from tests.figures import LINE

THREADS: Final = 4
PATIENCE: Final = 60
"""Seconds after which a deadlock is one."""
KNOWN_LATE: Final = 0.3
"""Seconds until a response is read by its thread on a busy machine."""
T = TypeVar("T")
Record = Callable[[str, object], None]


@dataclass(frozen=True)
class Deployer:
    """Tenants, and client credentials that are valid for all of them."""

    emulator: Emulator
    tenants: tuple[str, ...]
    client_id: str
    client_secret: str

    def connect(self) -> ProviderContext:
        """As a new process does."""
        settings = Settings(
            self.emulator.api_url,
            self.emulator.identity_url,
            credentials=(
                ("clientId", SecretStr(self.client_id)),
                ("clientSecret", SecretStr(self.client_secret)),
            ),
        )
        return ProviderContext(settings, warn=lambda _: None)

    def inputs(self, name: str) -> ApplicationInputs:
        """An application of the first tenant that all may use."""
        return ApplicationInputs(
            name=name, tenant_id=self.tenants[0], allowed_tenants=dict.fromkeys(self.tenants, "")
        )

    def names(self) -> list[str]:
        """Of all that the first tenant owns."""
        owned = self.emulator.platform.applications(self.tenants[0])
        return sorted(each["name"] for each in owned)


@pytest.fixture
def deployer(emulator: Emulator) -> Deployer:
    tenants = tuple(new_tenant(emulator) for _ in range(4))
    made = emulator.platform.register(
        new_tenant(emulator), name="Deployer", allowed_tenants=tenants
    )
    for tenant in tenants:
        emulator.platform.install(made["id"], tenant)
    client = made["oauth2Client"]
    return Deployer(emulator, tenants, client["id"], client["secret"])


def at_once(work: Iterable[Callable[[], T]]) -> list[T]:
    """Run it in four threads. Raises ``TimeoutError`` for threads that do not end."""
    with ThreadPoolExecutor(THREADS) as pool:
        return [done.result() for done in as_completed(map(pool.submit, work), PATIENCE)]


def install(
    context: ProviderContext, state: ApplicationState, tenant_id: str
) -> Callable[[], InstallationState]:
    return partial(installations.create, context, InstallationInputs(state.id, tenant_id))


def is_alive(emulator: Emulator, state: ApplicationState) -> bool:
    assert state.client_secret is not None
    return emulator.platform.secret_is_valid(
        state.client_id, state.client_secret.get_secret_value()
    )


def test_fifty_applications_in_four_tenants_through_four_threads(
    emulator: Emulator, deployer: Deployer, record_property: Record
) -> None:
    context = deployer.connect()
    began = time.monotonic()
    states = at_once(
        partial(applications.create, context, deployer.inputs(f"App {number}"))
        for number in range(50)
    )
    at_once(install(context, state, tenant) for state in states for tenant in deployer.tenants)
    seconds = time.monotonic() - began
    calls = Counter(f"{call.method} {call.template}" for call in calls_of(emulator))
    connections = emulator.connections

    assert deployer.names() == sorted(f"App {number}" for number in range(50))
    assert all(is_alive(emulator, state) for state in states)
    for state in states:
        installed = {each["tenantId"] for each in emulator.platform.installations(state.id)}
        assert installed == set(deployer.tenants)
    assert calls == {
        f"POST {TOKEN_PATH}": 4,
        f"GET {APPLICATIONS}": 1,
        f"POST {APPLICATIONS}": 50,
        "PUT /applications/{applicationId}/installation": 200,
    }
    assert connections <= 2 * DEFAULT_MAX_CONNECTIONS  # two hosts
    record_property(
        LINE,
        f"concurrency: 50 applications x 4 tenants through {THREADS} threads: {calls.total()} "
        f"calls on {connections} connections in {seconds:.1f} s",
    )


def test_a_token_is_fetched_once_however_many_threads_need_it(
    emulator: Emulator, deployer: Deployer
) -> None:
    context = deployer.connect()
    held = emulator.add_fault(Fault(method="POST", path=TOKEN_PATH, kind="latency"))
    tenant = deployer.tenants[0]
    with ThreadPoolExecutor(THREADS) as pool:
        asked = [pool.submit(context.client.tokens.token, tenant) for _ in range(THREADS)]
        held.wait_until_fired()
        held.release()
        tokens = {each.result(PATIENCE) for each in asked}
    assert len(tokens) == 1
    assert [call.path for call in calls_of(emulator)] == [TOKEN_PATH]


def test_a_token_that_is_rejected_is_renewed_once_for_all_threads(
    emulator: Emulator, deployer: Deployer
) -> None:
    context = deployer.connect()
    states = at_once(
        partial(applications.create, context, deployer.inputs(f"App {number}"))
        for number in range(THREADS)
    )
    emulator.wait_until_idle()
    emulator.clear_calls()
    held = emulator.add_fault(Fault(method="GET", kind="latency", times=THREADS, seconds=PATIENCE))
    emulator.add_fault(Fault(method="GET", kind="status", status=401, times=THREADS))
    with ThreadPoolExecutor(THREADS) as pool:
        read = [
            pool.submit(applications.get, context, state.id, deployer.tenants[0])
            for state in states
        ]
        held.wait_until_fired(THREADS)
        held.release()
        assert [each.result(PATIENCE).id for each in read] == [each.id for each in states]
    fetched = [call for call in calls_of(emulator) if call.path == TOKEN_PATH]
    assert len(fetched) == 1


def test_two_stacks_on_one_tenant_at_the_same_time(
    emulator: Emulator, deployer: Deployer, record_property: Record
) -> None:
    stacks = [deployer.connect(), deployer.connect()]
    states = at_once(
        partial(applications.create, context, deployer.inputs(f"Stack {number} app {each}"))
        for each in range(10)
        for number, context in enumerate(stacks)
    )
    assert len({state.id for state in states}) == 20
    assert deployer.names() == sorted(state.inputs.name for state in states)
    assert all(is_alive(emulator, state) for state in states)
    read = at_once(partial(applications.read, stacks[0], state) for state in states)
    assert {found.id for found in read if found} == {state.id for state in states}
    at_once(partial(applications.delete, stacks[1], state) for state in states)
    assert deployer.names() == []
    record_property(LINE, "concurrency: two stacks made, read and deleted 20 applications at once")


def test_two_stacks_that_lose_a_response_at_the_same_time_take_none_of_the_others(
    emulator: Emulator, deployer: Deployer
) -> None:
    first, second = deployer.connect(), deployer.connect()
    for context in (first, second):
        applications.create(context, deployer.inputs(f"Before {id(context)}"))
    emulator.add_fault(Fault(method="POST", path=APPLICATIONS, kind="reset_after", times=2))
    states = at_once(
        [
            lambda: applications.create(first, deployer.inputs("Of the first")),
            lambda: applications.create(second, deployer.inputs("Of the second")),
        ]
    )
    assert {state.inputs.name for state in states} == {"Of the first", "Of the second"}
    assert all(is_alive(emulator, state) for state in states)
    assert len(deployer.names()) == 4


def test_two_stacks_with_the_same_application_one_after_the_other_are_refused(
    deployer: Deployer,
) -> None:
    applications.create(deployer.connect(), deployer.inputs("Same"))
    with pytest.raises(LifecycleError, match="exists already"):
        applications.create(deployer.connect(), deployer.inputs("Same"))


def test_a_rotation_while_another_process_refreshes(
    emulator: Emulator, deployer: Deployer, record_property: Record
) -> None:
    state = applications.create(deployer.connect(), deployer.inputs("Rotated"))
    over = threading.Event()
    refreshed: list[ApplicationState | None] = []

    def refresh() -> None:
        context = deployer.connect()
        while not over.is_set():
            refreshed.append(applications.read(context, state))

    def rotate() -> ApplicationState:
        context, kept = deployer.connect(), state
        try:
            for number in range(20):
                trigger = {"no": str(number)}
                wanted = replace(kept.inputs, rotate_secret_when_changed=trigger)
                kept = applications.update(context, kept, wanted)
        finally:
            over.set()
        return kept

    with ThreadPoolExecutor(2) as pool:
        refreshing, rotating = pool.submit(refresh), pool.submit(rotate)
        kept = rotating.result(PATIENCE)
        refreshing.result(PATIENCE)
    assert is_alive(emulator, kept)
    assert refreshed
    assert [found for found in refreshed if found != state] == []
    record_property(
        LINE, f"concurrency: 20 rotations during {len(refreshed)} refreshes by another process"
    )


def test_all_threads_wait_after_a_429(
    emulator: Emulator, deployer: Deployer, record_property: Record
) -> None:
    context = deployer.connect()
    state = applications.create(context, deployer.inputs("Read"))
    emulator.wait_until_idle()
    emulator.clear_calls()
    emulator.add_fault(
        Fault(method="GET", kind="status", status=429, retry_after=1, after=40, times=1)
    )
    at_once(partial(applications.read, context, state) for _ in range(120))
    calls = sorted(calls_of(emulator), key=lambda call: call.started)
    (limited,) = [call for call in calls if call.status == 429]
    limited_at = limited.started + limited.seconds
    during = [
        call.started - limited_at for call in calls if limited_at < call.started < limited_at + 1
    ]
    after = [call for call in calls if call.started >= limited_at + 1]
    assert [late for late in during if late > KNOWN_LATE] == []
    assert len(after) > 70
    record_property(
        LINE,
        f"concurrency: of {len(calls)} calls none began within the second that one had to "
        f"wait, but for {len(during)} that were on their way",
    )
