"""The duplicate-name guard: the ways out in its error, and applications that do not count."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from olt_provider.emulator import Emulator
from olt_provider.lifecycle.application import declaration, operations
from olt_provider.lifecycle.application.model import Adoption, ApplicationInputs, ApplicationState
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.known_applications import LOOKS, WAITING, KnownApplications
from olt_provider.lifecycle.provider_context import ProviderContext
from tests.emulated import changes_in

Connect = Callable[..., ProviderContext]


@pytest.fixture
def taken(connect: Connect, owner: str) -> ApplicationState:
    """An application named X, registered by an earlier run."""
    return operations.create(connect(owner), ApplicationInputs(name="X", tenant_id=owner))


@pytest.fixture
def context(connect: Connect, owner: str) -> ProviderContext:
    """A new run with empty caches."""
    return connect(owner)


def compared(
    context: ProviderContext, state: ApplicationState, **changes: Any
) -> ApplicationInputs:
    """What the engine does with a resource of the program before it updates it."""
    inputs = replace(state.inputs, **changes)
    news = inputs.to_props()
    declaration.check(context, state.inputs.to_props(), news)
    declaration.compare(context, state.id, state.to_props(), news)
    return inputs


def names(emulator: Emulator, owner: str) -> list[str]:
    return sorted(each["name"] for each in emulator.platform.applications(owner))


def test_ways_out_are_named_with_the_harmless_ones_first(
    context: ProviderContext, taken: ApplicationState
) -> None:
    with pytest.raises(LifecycleError) as caught:
        operations.create(context, taken.inputs)
    message = str(caught.value)
    ways = (
        'opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="OLD")])',
        "another stack manages it, give this one another name",
        f'adopt=AdoptArgs(application_id="{taken.id}"), which rotates its client secret',
        "prevent_duplicate_name=False",
    )
    places = [message.index(way) for way in ways]
    assert places == sorted(places)
    assert len(message.splitlines()) == 1


def test_name_that_a_resource_gives_up_in_the_same_run_can_be_used(
    emulator: Emulator, context: ProviderContext, taken: ApplicationState, owner: str
) -> None:
    renamed = compared(context, taken, name="Y")
    operations.create(context, taken.inputs)
    operations.update(context, taken, renamed)
    assert names(emulator, owner) == ["X", "Y"]


def test_name_that_was_given_up_before_can_be_used(
    emulator: Emulator, context: ProviderContext, taken: ApplicationState, owner: str
) -> None:
    operations.create(context, ApplicationInputs(name="Z", tenant_id=owner))
    operations.update(context, taken, compared(context, taken, name="Y"))
    operations.create(context, taken.inputs)
    assert names(emulator, owner) == ["X", "Y", "Z"]


def test_name_that_an_adoption_of_the_same_run_changes_can_be_used(
    emulator: Emulator, context: ProviderContext, taken: ApplicationState, owner: str
) -> None:
    adoption = Adoption(taken.id)
    news = {"name": "Y", "tenant_id": owner, "adopt": {"application_id": taken.id}}
    assert declaration.check(context, {}, news).failures == ()
    operations.create(context, taken.inputs)
    operations.create(context, ApplicationInputs(name="Y", tenant_id=owner, adopt=adoption))
    assert names(emulator, owner) == ["X", "Y"]


def test_resource_that_the_engine_compares_a_moment_later_is_waited_for(
    emulator: Emulator,
    connect: Connect,
    taken: ApplicationState,
    owner: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits = threading.Event()
    compared_by_now = threading.Event()

    def wait(seconds: float) -> None:
        del seconds
        waits.set()
        assert compared_by_now.wait(30)

    context = connect(owner)
    monkeypatch.setattr(context, "pause", wait)
    with ThreadPoolExecutor(1) as pool:
        creation = pool.submit(operations.create, context, taken.inputs)
        assert waits.wait(30)
        renamed = compared(context, taken, name="Y")
        compared_by_now.set()
        creation.result(30)
    operations.update(context, taken, renamed)
    assert names(emulator, owner) == ["X", "Y"]


def test_fewer_threads_wait_than_the_host_has() -> None:
    known = KnownApplications()
    waiting = [known.waits() for _ in range(WAITING)]
    assert all(next(waits, "none") is None for waits in waiting)
    assert list(known.waits()) == []
    waiting.pop().close()
    assert next(known.waits(), "none") is None


def test_all_waits_of_a_process_together_are_bounded() -> None:
    known = KnownApplications()
    assert len(list(known.waits())) == LOOKS
    assert list(known.waits()) == []


def test_name_that_a_resource_of_the_program_keeps_is_in_use_at_once(
    emulator: Emulator,
    context: ProviderContext,
    taken: ApplicationState,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    emulator.clear_calls()
    compared(context, taken, url="https://new.example")
    monkeypatch.setattr(context, "pause", pytest.fail)
    with pytest.raises(LifecycleError, match="which the resource with name='X' of this program"):
        operations.create(context, taken.inputs)
    assert changes_in(emulator) == []


def test_name_that_this_run_has_registered_is_in_use_at_once(
    context: ProviderContext, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = ApplicationInputs(name="new", tenant_id=owner)
    operations.create(context, inputs)
    monkeypatch.setattr(context, "pause", pytest.fail)
    with pytest.raises(LifecycleError, match="which another resource of this program manages"):
        operations.create(context, inputs)


def test_name_that_one_of_two_keeps_is_in_use(
    context: ProviderContext, taken: ApplicationState, owner: str
) -> None:
    operations.create(context, replace(taken.inputs, prevent_duplicate_name=False))
    compared(context, taken, name="Y")
    with pytest.raises(LifecycleError, match="exists already"):
        operations.create(context, taken.inputs)


def test_resource_of_another_platform_gives_nothing_up(
    context: ProviderContext, taken: ApplicationState
) -> None:
    elsewhere = ProviderContext(
        replace(context.settings, api_url="http://127.0.0.1:9/v1"),
        warn=context.warn,
        run=context.run,
    )
    compared(elsewhere, taken, name="Y")
    with pytest.raises(LifecycleError, match="exists already"):
        operations.create(context, taken.inputs)
