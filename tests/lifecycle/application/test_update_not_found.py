"""An update that gets a 404: its error claims only what the deletion check proves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from olt_provider.api.errors import OltError
from olt_provider.emulator import Emulator, Fault
from olt_provider.lifecycle.application import operations
from olt_provider.lifecycle.application.model import ApplicationInputs, ApplicationState
from olt_provider.lifecycle.provider_context import ProviderContext
from tests.emulated import new_tenant

Connect = Callable[..., ProviderContext]
Change = Callable[[ApplicationInputs], ApplicationInputs]

RECREATE = "pulumi up --refresh --run-program"


@pytest.fixture
def context(connect: Connect, owner: str) -> ProviderContext:
    return connect(owner)


@pytest.fixture
def state(context: ProviderContext, owner: str) -> ApplicationState:
    inputs = ApplicationInputs(name="Sample", tenant_id=owner, allowed_tenants={owner: ""})
    return operations.create(context, inputs)


def failing_update(
    context: ProviderContext, state: ApplicationState, inputs: ApplicationInputs
) -> str:
    with pytest.raises(OltError) as caught:
        operations.update(context, state, inputs)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda inputs: replace(inputs, name="New"),
        lambda inputs: replace(inputs, allowed_tenants={}),
        lambda inputs: replace(inputs, allowed_tenants={inputs.tenant_id: "a comment"}),
        lambda inputs: replace(inputs, rotate_secret_when_changed={"when": "now"}),
    ],
    ids=["patch", "revoke", "allow", "rotate"],
)
def test_update_of_a_deleted_application_names_the_command_that_registers_it_again(
    emulator: Emulator, context: ProviderContext, state: ApplicationState, change: Change
) -> None:
    emulator.platform.delete(state.id)
    message = failing_update(context, state, change(state.inputs))
    assert f"application {state.id} was deleted outside Pulumi: run `{RECREATE}`" in message


def test_update_whose_tenants_become_managed_names_it_too(
    emulator: Emulator, context: ProviderContext, owner: str
) -> None:
    state = operations.create(context, ApplicationInputs(name="Sample", tenant_id=owner))
    emulator.platform.delete(state.id)
    assert RECREATE in failing_update(context, state, replace(state.inputs, allowed_tenants={}))


def test_application_deleted_in_the_middle_of_an_update_is_named_too(
    emulator: Emulator, context: ProviderContext, state: ApplicationState, owner: str
) -> None:
    real = context.check_cancelled

    def delete_before_the_second_step() -> None:
        if any(call.method == "PATCH" for call in emulator.calls):
            emulator.platform.delete(state.id)
            context.check_cancelled = real
        real()

    context.check_cancelled = delete_before_the_second_step
    emulator.clear_calls()
    inputs = replace(state.inputs, name="New", allowed_tenants={owner: "a comment"})
    assert RECREATE in failing_update(context, state, inputs)


def test_update_of_a_hidden_application_claims_no_deletion(
    emulator: Emulator, context: ProviderContext, state: ApplicationState
) -> None:
    emulator.add_fault(Fault(method="PATCH", kind="not_found", times=None))
    message = failing_update(context, state, replace(state.inputs, name="New"))
    assert "a 404 does not prove that it is gone, and it is still listed" in message
    assert "deleted outside" not in message
    assert RECREATE not in message


@pytest.mark.parametrize("status", [403, 500])
def test_update_claims_no_deletion_where_the_list_fails(
    emulator: Emulator, context: ProviderContext, state: ApplicationState, status: int
) -> None:
    emulator.platform.delete(state.id)
    emulator.add_fault(Fault(method="GET", kind="status", status=status, times=None))
    message = failing_update(context, state, replace(state.inputs, name="New"))
    assert "the list request that would confirm the deletion failed" in message
    assert RECREATE not in message


def test_update_claims_no_deletion_where_the_404_is_not_the_platforms(
    emulator: Emulator, context: ProviderContext, state: ApplicationState
) -> None:
    emulator.platform.delete(state.id)
    emulator.add_fault(Fault(method="PATCH", kind="html", status=404, times=None))
    message = failing_update(context, state, replace(state.inputs, name="New"))
    assert "the response is not the platform's" in message
    assert RECREATE not in message


def test_update_on_another_platform_names_the_setting(
    context: ProviderContext, state: ApplicationState
) -> None:
    elsewhere = replace(state, id="9aa3b618-8cd2-4dc0-b7a1-da6df60af254", api_url="https://x/v1")
    message = failing_update(context, elsewhere, replace(state.inputs, name="New"))
    assert "is registered at https://x/v1" in message
    assert message.endswith("set olt:apiUrl (or OLT_API_URL) to its platform")
    assert RECREATE not in message


def test_404_of_a_tenant_is_not_taken_for_one_of_the_application(
    emulator: Emulator, context: ProviderContext, state: ApplicationState
) -> None:
    other = new_tenant(emulator)
    emulator.add_fault(Fault(method="PUT", kind="not_found", times=None))
    inputs = replace(state.inputs, allowed_tenants={other: ""})
    message = failing_update(context, state, inputs)
    assert f"the platform may have no tenant {other}: check allowed_tenants" in message
    assert "a 404 does not prove" not in message
