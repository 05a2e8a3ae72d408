"""After a cancellation nothing more is changed, because a later run may have started."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from olt_provider.api.errors import OltError
from olt_provider.emulator import Emulator, Fault
from olt_provider.lifecycle.application import operations
from olt_provider.lifecycle.application.model import ApplicationInputs
from olt_provider.lifecycle.provider_context import ProviderContext
from tests.emulated import changes_in, new_tenant

APPLICATIONS = "/application-developer/applications"
ONE = f"{APPLICATIONS}/{{applicationId}}"


class GoneError(OltError):
    pass


@pytest.fixture
def context(connect: Callable[..., ProviderContext], owner: str) -> ProviderContext:
    context: ProviderContext = connect(owner)
    return context


@pytest.fixture
def inputs(owner: str) -> ApplicationInputs:
    return ApplicationInputs(name="Sample", tenant_id=owner, allowed_tenants={owner: ""})


def leave_after(emulator: Emulator, context: ProviderContext, changes: int) -> None:
    """Cancel the run after so many more changing calls."""
    emulator.wait_until_idle()
    emulator.clear_calls()

    def check_cancelled() -> None:
        if len(changes_in(emulator)) >= changes:
            raise GoneError("cancelled")

    context.check_cancelled = check_cancelled


def test_nothing_is_registered(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    leave_after(emulator, context, 0)
    with pytest.raises(GoneError):
        operations.create(context, inputs)
    assert changes_in(emulator) == []


def test_no_registration_is_repeated_after_a_wait(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    leave_after(emulator, context, 1)
    emulator.add_fault(Fault(method="POST", kind="status", status=429, retry_after=1))
    with pytest.raises(GoneError):
        operations.create(context, inputs)
    assert changes_in(emulator) == [f"POST {APPLICATIONS}"]


def test_an_application_whose_registration_was_lost_keeps_its_secret(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    leave_after(emulator, context, 1)
    emulator.add_fault(Fault(method="POST", path=APPLICATIONS, kind="reset_after"))
    with pytest.raises(GoneError):
        operations.create(context, inputs)
    assert changes_in(emulator) == [f"POST {APPLICATIONS}"]


def test_a_secret_is_not_made_again(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    state = operations.create(context, inputs)
    leave_after(emulator, context, 1)
    emulator.add_fault(Fault(method="POST", path="**/secret", kind="html"))
    with pytest.raises(OltError):
        operations.update(context, state, replace(inputs, rotate_secret_when_changed={"no": "2"}))
    assert changes_in(emulator) == [f"POST {ONE}/secret"]


def test_the_rest_of_an_update_is_left_undone(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, owner: str
) -> None:
    state = operations.create(context, inputs)
    desired = replace(
        inputs,
        name="Renamed",
        allowed_tenants={new_tenant(emulator): ""},
        rotate_secret_when_changed={"no": "2"},
    )
    for made in (["PATCH"], ["PATCH", "PUT"], ["PATCH", "PUT", "DELETE"]):
        leave_after(emulator, context, len(made))
        with pytest.raises(OltError):
            operations.update(context, state, desired)
        assert [change.split()[0] for change in changes_in(emulator)] == made
