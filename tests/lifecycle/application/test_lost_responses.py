"""A call with a lost response may have been carried out, for any result of its repetition."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

import pytest
from pydantic import SecretStr

from olt_provider.api.errors import OltError
from olt_provider.emulator import Emulator, Fault
from olt_provider.lifecycle.application import operations
from olt_provider.lifecycle.application.model import Adoption, ApplicationInputs
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.provider_context import ProviderContext
from tests.emulated import new_tenant

Connect = Callable[..., ProviderContext]


@pytest.mark.parametrize("lost", [{"kind": "reset_after"}, {"kind": "status", "status": 503}])
@pytest.mark.parametrize("status", [403, 429])
def test_a_change_that_was_refused_when_it_was_repeated_names_the_command_to_run(
    emulator: Emulator, connect: Connect, owner: str, lost: dict[str, Any], status: int
) -> None:
    context = connect(owner)
    state = operations.create(context, ApplicationInputs(name="Sample", tenant_id=owner))
    emulator.add_fault(Fault(method="PATCH", times=1, when="after", **lost))
    emulator.add_fault(Fault(method="PATCH", kind="status", status=status, times=99))
    with pytest.raises(LifecycleError, match="up --refresh --run-program"):
        operations.update(context, state, replace(state.inputs, name="New"))
    application = emulator.platform.application(state.id)
    assert application is not None
    assert application["name"] == "New"


def test_a_rotation_that_was_refused_when_it_was_repeated_warns_that_the_secret_may_be_dead(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    context = connect(owner)
    state = operations.create(context, ApplicationInputs(name="Sample", tenant_id=owner))
    emulator.add_fault(Fault(method="POST", path="**/secret", kind="reset_after", times=1))
    emulator.add_fault(Fault(method="POST", path="**/secret", kind="status", status=403, times=9))
    with pytest.raises(LifecycleError, match="may be dead"):
        operations.update(
            context, state, replace(state.inputs, rotate_secret_when_changed={"on": "monday"})
        )


SECRET = "**/secret"
NO_TOKEN: dict[str, dict[str, Any]] = {
    "refused": {"kind": "status", "status": 401},
    "unreachable": {"kind": "close_before"},
    "no token": {"kind": "html"},
}


def rotated(inputs: ApplicationInputs) -> ApplicationInputs:
    return replace(inputs, rotate_secret_when_changed={"on": "monday"})


@pytest.fixture
def deployer(emulator: Emulator, connect: Connect, owner: str) -> Connect:
    """Connects with client credentials, so that a token is renewed after a 401."""
    made = emulator.platform.register(new_tenant(emulator), name="CI", allowed_tenants=[owner])
    emulator.platform.install(made["id"], owner)
    client = made["oauth2Client"]
    credentials = (
        ("clientId", SecretStr(client["id"])),
        ("clientSecret", SecretStr(client["secret"])),
    )
    return lambda: connect(credentials=credentials)


def lose_then_have_no_token(emulator: Emulator, write: Fault, no_token: dict[str, Any]) -> None:
    """A write is carried out, its repetition gets a 401, and no other token is to be had."""
    emulator.add_fault(write.model_copy(update={"kind": "reset_after", "times": 1}))
    emulator.add_fault(write.model_copy(update={"kind": "status", "status": 401, "times": 1}))
    emulator.add_fault(Fault(method="POST", path="**/token", times=99, **no_token))


@pytest.mark.parametrize("no_token", NO_TOKEN.values(), ids=list(NO_TOKEN))
def test_a_rotation_that_cannot_be_repeated_without_a_token_names_the_way_out(
    emulator: Emulator, deployer: Connect, owner: str, no_token: dict[str, Any]
) -> None:
    context = deployer()
    state = operations.create(context, ApplicationInputs(name="Sample", tenant_id=owner))
    lose_then_have_no_token(emulator, Fault(method="POST", path=SECRET, kind="hold"), no_token)
    with pytest.raises(LifecycleError, match="in the state may be dead") as caught:
        operations.update(context, state, rotated(state.inputs))
    assert "run `pulumi up` again" in str(caught.value)
    assert state.client_secret is not None
    secret = state.client_secret.get_secret_value()
    assert not emulator.platform.secret_is_valid(state.client_id, secret)
    emulator.clear_faults()
    reconciled = operations.update(deployer(), state, rotated(state.inputs))
    assert reconciled.client_secret is not None
    secret = reconciled.client_secret.get_secret_value()
    assert emulator.platform.secret_is_valid(reconciled.client_id, secret)


@pytest.mark.parametrize("no_token", NO_TOKEN.values(), ids=list(NO_TOKEN))
def test_an_update_that_cannot_be_repeated_without_a_token_names_the_command_to_run(
    emulator: Emulator, deployer: Connect, owner: str, no_token: dict[str, Any]
) -> None:
    context = deployer()
    state = operations.create(context, ApplicationInputs(name="Sample", tenant_id=owner))
    lose_then_have_no_token(emulator, Fault(method="PATCH", kind="hold"), no_token)
    with pytest.raises(LifecycleError, match="up --refresh --run-program"):
        operations.update(context, state, replace(state.inputs, name="New"))


def test_an_api_token_that_expires_while_a_rotation_waits_names_the_way_out(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    state = operations.create(connect(owner), ApplicationInputs(name="Sample", tenant_id=owner))
    token = SecretStr(emulator.token(owner))
    context = connect(credentials=(("apiToken", token),))
    moments = chain([time.time()], repeat(time.time() + 100 * 86400))
    context.client.tokens._clock = moments.__next__  # type: ignore[attr-defined]
    emulator.add_fault(Fault(method="POST", path=SECRET, kind="reset_after", times=1))
    with pytest.raises(LifecycleError, match=r"expired at .* in the state may be dead"):
        operations.update(context, state, rotated(state.inputs))


def test_a_rotation_whose_engine_goes_away_in_the_wait_warns_that_the_secret_may_be_dead(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    context = connect(owner)
    state = operations.create(context, ApplicationInputs(name="Sample", tenant_id=owner))
    emulator.add_fault(Fault(method="POST", path=SECRET, kind="truncate", times=1))
    asked = iter([None])

    def check_cancelled() -> None:
        if next(asked, "gone") is not None:
            raise OltError("the engine is gone")

    context.check_cancelled = check_cancelled
    with pytest.raises(LifecycleError, match="in the state may be dead"):
        operations.update(context, state, rotated(state.inputs))


@pytest.mark.parametrize("body", ["truncate", "missing_field", "html"])
def test_a_rotation_with_an_unusable_response_each_time_names_the_way_out(
    emulator: Emulator, connect: Connect, owner: str, body: str
) -> None:
    context = connect(owner)
    state = operations.create(context, ApplicationInputs(name="Sample", tenant_id=owner))
    spoiled: dict[str, Any] = {"kind": body, "when": "after"}
    if body == "missing_field":
        spoiled["field"] = "data.oauth2Client.secret"
    emulator.add_fault(Fault(method="POST", path=SECRET, times=99, **spoiled))
    with pytest.raises(LifecycleError, match="in the state may be dead"):
        operations.update(context, state, rotated(state.inputs))


def test_an_adoption_whose_new_secret_is_lost_warns_that_the_previous_one_may_be_dead(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    found = emulator.platform.register(owner, name="Sample")
    emulator.add_fault(Fault(method="POST", path=SECRET, kind="truncate", times=99))
    inputs = ApplicationInputs(name="Sample", tenant_id=owner, adopt=Adoption(found["id"]))
    with pytest.raises(LifecycleError, match="may be dead, also where a state holds it"):
        operations.create(connect(owner), inputs)


def test_a_revocation_that_was_lost_and_cannot_be_looked_up_names_the_command_to_run(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    context = connect(owner)
    inputs = ApplicationInputs(name="Sample", tenant_id=owner, allowed_tenants={owner: ""})
    state = operations.create(context, inputs)
    emulator.add_fault(Fault(method="DELETE", kind="reset_after", times=1))
    emulator.add_fault(Fault(method="GET", kind="status", status=403, times=99))
    with pytest.raises(LifecycleError, match="up --refresh --run-program"):
        operations.update(context, state, replace(inputs, allowed_tenants={}))


def test_a_deletion_that_was_lost_and_cannot_be_proven_does_not_claim_that_nothing_changed(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    context = connect(owner)
    state = operations.create(context, ApplicationInputs(name="Sample", tenant_id=owner))
    emulator.add_fault(Fault(method="DELETE", kind="reset_after", times=1))
    path = "/application-developer/applications"
    emulator.add_fault(Fault(method="GET", path=path, kind="status", status=403, times=99))
    with pytest.raises(LifecycleError, match="may have deleted it: run the same again") as caught:
        operations.delete(context, state)
    assert "Nothing was changed" not in str(caught.value)
    emulator.clear_faults()
    operations.delete(connect(owner), state)
