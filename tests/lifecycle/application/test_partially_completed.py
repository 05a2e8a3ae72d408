"""The error of a later step contains the partial state, and the next run completes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from olt_provider.emulator import Emulator, Fault
from olt_provider.lifecycle.application import operations
from olt_provider.lifecycle.application.model import Adoption, ApplicationInputs, ApplicationState
from olt_provider.lifecycle.errors import PartiallyCompleted
from olt_provider.lifecycle.provider_context import ProviderContext
from tests.emulated import changes_in, new_tenant

Connect = Callable[..., ProviderContext]
ONE = "/application-developer/applications/{applicationId}"


@pytest.fixture
def context(connect: Connect, owner: str) -> ProviderContext:
    return connect(owner)


@pytest.fixture
def inputs(owner: str) -> ApplicationInputs:
    return ApplicationInputs(name="Sample", tenant_id=owner)


def refused(emulator: Emulator, method: str, path: str = "**") -> None:
    emulator.add_fault(Fault(method=method, path=path, kind="status", status=500, times=99))


def finish(
    emulator: Emulator, context: ProviderContext, left: ApplicationState, desired: ApplicationInputs
) -> tuple[ApplicationState, list[str]]:
    """The next run, and the calls that change something in it."""
    emulator.clear_faults()
    emulator.clear_calls()
    state = operations.update(context, left, replace(desired, adopt=None))
    assert operations.read(context, state) == state
    assert state.client_secret is not None
    secret = state.client_secret.get_secret_value()
    assert emulator.platform.secret_is_valid(state.client_id, secret)
    return state, changes_in(emulator)


def test_a_registration_whose_status_failed_is_kept_with_its_secret(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    refused(emulator, "PATCH")
    desired = replace(inputs, status="inactive")
    with pytest.raises(PartiallyCompleted) as error:
        operations.create(context, desired)
    assert error.value.state.inputs.status == "active"
    assert str(error.value) == str(error.value.cause)
    _, calls = finish(emulator, context, error.value.state, desired)
    assert calls == [f"PATCH {ONE}"]


def test_an_update_that_stopped_keeps_what_was_done(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    first, second = new_tenant(emulator), new_tenant(emulator)
    state = operations.create(context, replace(inputs, allowed_tenants={first: ""}))
    desired = replace(
        inputs,
        name="Other",
        allowed_tenants={second: ""},
        rotate_secret_when_changed={"on": "monday"},
    )
    refused(emulator, "DELETE")
    with pytest.raises(PartiallyCompleted) as error:
        operations.update(context, state, desired)
    left = error.value.state
    assert left.inputs == replace(
        state.inputs, name="Other", allowed_tenants={first: "", second: ""}
    )
    assert left.client_secret == state.client_secret
    _, calls = finish(emulator, context, left, desired)
    assert calls == [f"DELETE {ONE}/allowed-tenants/{{tenantId}}", f"POST {ONE}/secret"]


def test_a_rotation_of_which_every_response_was_lost_is_due_even_where_it_is_taken_back(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    state = operations.create(context, inputs)
    emulator.add_fault(Fault(method="POST", path="**/secret", kind="reset_after", times=99))
    with pytest.raises(PartiallyCompleted) as error:
        operations.update(context, state, replace(inputs, rotate_secret_when_changed={"a": 1}))
    assert error.value.state == replace(state, needs_new_secret=True)
    after, calls = finish(emulator, context, error.value.state, inputs)
    assert calls == [f"POST {ONE}/secret"]
    assert not after.needs_new_secret


def test_an_update_that_changed_nothing_is_not_partial(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    state = operations.create(context, inputs)
    refused(emulator, "PATCH")
    with pytest.raises(Exception, match="500") as error:
        operations.update(context, state, replace(inputs, name="Other"))
    assert not isinstance(error.value, PartiallyCompleted)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="POST", path="**/secret", kind="status", status=500, times=99),
        Fault(method="POST", path="**/secret", kind="reset_after", times=99),
    ],
    ids=["refused", "lost"],
)
def test_an_adoption_whose_rotation_failed_rotates_in_the_next_run(
    emulator: Emulator, connect: Connect, inputs: ApplicationInputs, fault: Fault
) -> None:
    context = connect(inputs.tenant_id)
    existing = operations.create(context, replace(inputs, name="Existing"))
    emulator.add_fault(fault)
    desired = replace(inputs, adopt=Adoption(existing.id))
    with pytest.raises(PartiallyCompleted) as error:
        operations.create(context, desired)
    left = error.value.state
    assert (left.inputs.name, left.client_secret, left.needs_new_secret) == ("Sample", None, True)
    _, calls = finish(emulator, context, left, desired)
    assert calls == [f"POST {ONE}/secret"]
