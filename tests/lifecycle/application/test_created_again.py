"""The engine can repeat a failed creation: the application of the first attempt is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from olt_provider.api.errors import OltError
from olt_provider.emulator import Emulator, Fault
from olt_provider.lifecycle.application import operations
from olt_provider.lifecycle.application.model import ApplicationInputs, ApplicationState
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.provider_context import ProviderContext
from tests.emulated import calls_of, new_tenant

Connect = Callable[..., ProviderContext]
How = dict[str, Any]

APPLICATIONS = "/application-developer/applications"
ONE = f"{APPLICATIONS}/*"
SECRET = f"{ONE}/secret"


def fault(method: str, path: str, **how: Any) -> How:
    return {"method": method, "path": path, "times": 99, **how}


REFUSED: How = {"kind": "status", "status": 403}
LOST = fault("POST", APPLICATIONS, kind="reset_after", times=1)
ATTEMPTS: dict[str, tuple[How, ...]] = {
    "not looked up": (LOST, fault("GET", APPLICATIONS, after=1, **REFUSED)),
    "no secret": (LOST, fault("POST", SECRET, **REFUSED)),
    "secret lost": (LOST, fault("POST", SECRET, kind="truncate")),
    "not finished": (LOST, fault("PATCH", ONE, **REFUSED)),
    "not undone": (fault("PATCH", ONE, **REFUSED), fault("DELETE", ONE, **REFUSED)),
    "undone, response lost": (
        fault("PATCH", ONE, **REFUSED),
        fault("DELETE", ONE, kind="status", status=500, when="after"),
    ),
    "never arrived": (fault("POST", APPLICATIONS, kind="reset_before", times=1),),
    "refused": (fault("POST", APPLICATIONS, **REFUSED),),
    "no usable response": (
        fault("POST", APPLICATIONS, kind="html", when="after", times=1),
        fault("GET", APPLICATIONS, kind="truncate", after=1),
    ),
}
"""What goes wrong in an attempt, so that it fails."""


@pytest.fixture(params=[True, False], ids=["unique name", "any name"])
def inputs(request: pytest.FixtureRequest, owner: str) -> ApplicationInputs:
    return ApplicationInputs(
        name="Sample",
        tenant_id=owner,
        allowed_tenants={owner: "x"},
        status="inactive",
        prevent_duplicate_name=request.param,
    )


@pytest.fixture
def context(connect: Connect, owner: str) -> ProviderContext:
    return connect(owner)


def is_alive(emulator: Emulator, state: ApplicationState) -> bool:
    assert state.client_secret is not None
    secret = state.client_secret.get_secret_value()
    return emulator.platform.secret_is_valid(state.client_id, secret)


def fail(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, *faults: How
) -> OltError:
    for each in faults:
        emulator.add_fault(Fault(**each))
    with pytest.raises(OltError) as caught:
        operations.create_or_undo(context, inputs)
    emulator.clear_faults()
    return caught.value


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=list(ATTEMPTS))
def test_a_creation_that_is_sent_again_never_makes_a_second_application(
    emulator: Emulator,
    context: ProviderContext,
    inputs: ApplicationInputs,
    owner: str,
    attempt: tuple[How, ...],
) -> None:
    fail(emulator, context, inputs, *attempt)
    state = operations.create_or_undo(context, inputs)
    (application,) = emulator.platform.applications(owner)
    assert application["id"] == state.id
    assert application["status"] == "inactive"
    assert is_alive(emulator, state)


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=list(ATTEMPTS))
def test_a_creation_that_fails_twice_and_is_sent_again_makes_one_application(
    emulator: Emulator,
    context: ProviderContext,
    inputs: ApplicationInputs,
    owner: str,
    attempt: tuple[How, ...],
) -> None:
    fail(emulator, context, inputs, *attempt)
    fail(emulator, context, inputs, fault("*", "/**", **REFUSED))
    state = operations.create_or_undo(context, inputs)
    assert [each["id"] for each in emulator.platform.applications(owner)] == [state.id]
    assert is_alive(emulator, state)


def test_what_is_looked_up_again_and_again_is_registered_once(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    lost = fault("POST", APPLICATIONS, kind="reset_after", times=1)
    unseen = fault("GET", APPLICATIONS, **REFUSED)
    fail(emulator, context, inputs, lost, {**unseen, "after": 1})
    for _ in range(3):
        fail(emulator, context, inputs, unseen)
    posts = [call for call in calls_of(emulator) if call.method == "POST"]
    assert [call.template for call in posts] == [APPLICATIONS]


def test_where_several_fit_none_is_taken_however_often_it_is_sent(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, owner: str
) -> None:
    inputs = replace(inputs, prevent_duplicate_name=False)
    operations.create_or_undo(context, replace(inputs, name="First"))
    twin = emulator.platform.register(owner, name="Sample", allowed_tenants={owner: "x"})
    fail(emulator, context, inputs, LOST)
    for _ in range(2):
        with pytest.raises(LifecycleError, match="may be one of these"):
            operations.create_or_undo(context, inputs)
    assert len(emulator.platform.applications(owner)) == 3
    client = twin["oauth2Client"]
    assert emulator.platform.secret_is_valid(client["id"], client["secret"])


def test_two_equal_resources_of_which_one_fails_become_two_applications(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, owner: str
) -> None:
    inputs = replace(inputs, prevent_duplicate_name=False)
    fail(emulator, context, inputs, *ATTEMPTS["not looked up"])
    states = [operations.create_or_undo(context, inputs) for _ in range(2)]
    held = {each["id"] for each in emulator.platform.applications(owner)}
    assert held == {state.id for state in states}
    assert len(held) == 2
    assert all(is_alive(emulator, state) for state in states)


def test_another_name_is_registered_as_usual_after_a_failure(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, owner: str
) -> None:
    fail(emulator, context, inputs, *ATTEMPTS["not looked up"])
    operations.create_or_undo(context, replace(inputs, name="Other"))
    names = sorted(each["name"] for each in emulator.platform.applications(owner))
    assert names == ["Other", "Sample"]


def test_an_unexpected_exception_after_a_lost_response_is_no_reason_for_a_second_application(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, owner: str
) -> None:
    def broken(_: str) -> None:
        raise RuntimeError("a bug")

    warn, context.warn = context.warn, broken
    emulator.add_fault(Fault(**LOST))
    with pytest.raises(RuntimeError):
        operations.create_or_undo(context, inputs)
    context.warn = warn
    state = operations.create_or_undo(context, inputs)
    assert [each["id"] for each in emulator.platform.applications(owner)] == [state.id]
    assert is_alive(emulator, state)


def test_one_that_another_program_registered_in_between_keeps_its_secret(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, owner: str
) -> None:
    """Nothing of it was registered here, and what has come differs."""
    fail(emulator, context, inputs, fault("POST", APPLICATIONS, kind="reset_before", times=1))
    other = emulator.platform.register(
        owner, name="Sample", allowed_tenants={new_tenant(emulator): ""}
    )
    if inputs.prevent_duplicate_name:
        with pytest.raises(LifecycleError, match="exists already"):
            operations.create_or_undo(context, inputs)
    else:
        operations.create_or_undo(context, inputs)
    client = other["oauth2Client"]
    assert emulator.platform.secret_is_valid(client["id"], client["secret"])
