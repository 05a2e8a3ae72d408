"""Exactly one application per declaration, also after a lost response to its registration."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Literal

import pytest

from olt_provider.api.errors import ApiError, OltError, RequestError
from olt_provider.emulator import Emulator, Fault
from olt_provider.lifecycle.application import operations
from olt_provider.lifecycle.application.model import ApplicationInputs
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.provider_context import ProviderContext
from tests.emulated import calls_of

Connect = Callable[..., ProviderContext]

APPLICATIONS = "/application-developer/applications"


@pytest.fixture
def context(connect: Connect, owner: str) -> ProviderContext:
    return connect(owner)


@pytest.fixture
def inputs(owner: str) -> ApplicationInputs:
    return ApplicationInputs(name="Sample", tenant_id=owner, allowed_tenants={owner: "x"})


Lost = Literal["reset_after", "truncate", "reset_before"]


def lose_the_response(emulator: Emulator, kind: Lost = "reset_after") -> None:
    emulator.add_fault(Fault(method="POST", path=APPLICATIONS, kind=kind, times=1))


@pytest.mark.parametrize("kind", ["reset_after", "truncate"])
def test_a_lost_response_is_looked_up_and_never_repeated(
    emulator: Emulator,
    context: ProviderContext,
    inputs: ApplicationInputs,
    owner: str,
    warnings: list[str],
    kind: Lost,
) -> None:
    lose_the_response(emulator, kind)
    state = operations.create(context, inputs)
    (application,) = emulator.platform.applications(owner)
    assert application["id"] == state.id
    assert state.client_secret is not None
    secret = state.client_secret.get_secret_value()
    assert emulator.platform.secret_is_valid(state.client_id, secret)
    assert "adopted with a new client secret" in warnings[0]


def test_a_registration_that_never_arrived_leaves_nothing(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, owner: str
) -> None:
    lose_the_response(emulator, "reset_before")
    with pytest.raises(LifecycleError, match="run `pulumi up` again"):
        operations.create(context, inputs)
    assert emulator.platform.applications(owner) == []
    operations.create(context, inputs)
    assert len(emulator.platform.applications(owner)) == 1


def test_an_equal_application_from_before_is_never_adopted(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    unguarded = replace(inputs, prevent_duplicate_name=False)
    first = operations.create(context, unguarded)
    lose_the_response(emulator)
    second = operations.create(context, unguarded)
    assert first.id != second.id
    assert first.client_secret is not None
    secret = first.client_secret.get_secret_value()
    assert emulator.platform.secret_is_valid(first.client_id, secret)


def test_one_that_differs_in_what_was_sent_is_never_adopted(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, owner: str
) -> None:
    operations.create(context, replace(inputs, name="First"))
    emulator.platform.register(owner, name="Sample")  # by another program, in the meantime
    lose_the_response(emulator, "reset_before")
    with pytest.raises(LifecycleError, match="No application that matches"):
        operations.create(context, inputs)


def test_where_several_fit_their_ids_and_times_are_listed_and_none_is_advised(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, owner: str
) -> None:
    operations.create(context, replace(inputs, name="First"))
    twin = emulator.platform.register(owner, name="Sample", allowed_tenants={owner: "x"})
    lose_the_response(emulator)
    unguarded = replace(inputs, prevent_duplicate_name=False)
    with pytest.raises(LifecycleError) as caught:
        operations.create(context, unguarded)
    for application in emulator.platform.applications(owner):
        described = f"{application['id']} (created {application['createdAt']})"
        assert (described in str(caught.value)) == (application["name"] == "Sample")
    assert "Find out which of them is yours" in str(caught.value)
    assert 'application_id="' not in str(caught.value)
    assert emulator.platform.application(twin["id"]) is not None


def test_equal_registrations_at_the_same_moment_become_two_applications(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, owner: str
) -> None:
    unguarded = replace(inputs, prevent_duplicate_name=False)
    lose_the_response(emulator)
    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(lambda _: operations.create(context, unguarded), range(4)))
    assert len({state.id for state in states}) == 4
    assert len(emulator.platform.applications(owner)) == 4
    for state in states:
        assert state.client_secret is not None
        secret = state.client_secret.get_secret_value()
        assert emulator.platform.secret_is_valid(state.client_id, secret)


def test_two_resources_with_one_name_do_not_race_past_the_guard(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, owner: str
) -> None:
    barrier = threading.Barrier(2)

    def create(_: int) -> str:
        barrier.wait(timeout=10)
        try:
            return operations.create(context, inputs).id
        except LifecycleError:
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(create, range(2)))
    assert results.count("refused") == 1
    assert len(emulator.platform.applications(owner)) == 1


@pytest.mark.parametrize("status", [400, 403, 409])
def test_a_refusal_is_not_looked_up(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, status: int
) -> None:
    emulator.add_fault(
        Fault(method="POST", path=APPLICATIONS, kind="status", status=status, times=1)
    )
    with pytest.raises(ApiError):
        operations.create(context, inputs)
    assert [call.method for call in calls_of(emulator)] == ["GET", "POST"]


def test_a_lost_response_that_cannot_be_looked_up_is_reported(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    lose_the_response(emulator)
    emulator.add_fault(
        Fault(method="GET", path=APPLICATIONS, kind="status", status=503, after=1, times=50)
    )
    with pytest.raises(LifecycleError, match="could not be looked up"):
        operations.create(context, inputs)


def test_an_unreachable_platform_registers_nothing(
    connect: Connect, owner: str, inputs: ApplicationInputs
) -> None:
    context = connect(owner, api_url="http://127.0.0.1:1/v1")
    with pytest.raises(RequestError, match="could not connect") as caught:
        operations.create(context, inputs)
    assert not caught.value.sent


def test_an_error_is_always_one_of_ours(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    emulator.add_fault(Fault(method="POST", path=APPLICATIONS, kind="html", status=502, times=9))
    with pytest.raises(OltError):
        operations.create(context, inputs)


def test_what_was_found_is_not_deleted_again_when_a_later_step_fails(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, owner: str
) -> None:
    """It might be another program's, which registered the same at the same moment."""
    lose_the_response(emulator)
    emulator.add_fault(Fault(method="PATCH", kind="status", status=500, times=1))
    with pytest.raises(LifecycleError, match="it was not deleted") as refused:
        operations.create_or_undo(context, replace(inputs, status="inactive"))
    (application,) = emulator.platform.applications(owner)
    id_ = application["id"]
    assert f'adopt=AdoptArgs(application_id="{id_}")' in str(refused.value)
