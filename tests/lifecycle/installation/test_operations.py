"""Operations on installations, checked on the platform."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

import pytest
from pydantic import SecretStr

from olt_provider.api.errors import ApiError, ConfigurationError, OltError
from olt_provider.emulator import Emulator, Fault
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.installation import declaration, operations
from olt_provider.lifecycle.installation.model import InstallationInputs, InstallationState
from olt_provider.lifecycle.provider_context import ProviderContext
from tests.emulated import calls_of, new_tenant

Connect = Callable[..., ProviderContext]


@pytest.fixture
def user(emulator: Emulator) -> str:
    """The tenant that uses the application."""
    return new_tenant(emulator)


@pytest.fixture
def application(emulator: Emulator, owner: str, user: str) -> str:
    registered = emulator.platform.register(owner, name="Sample", allowed_tenants={user: ""})
    return str(registered["id"])


@pytest.fixture
def context(connect: Connect, user: str) -> ProviderContext:
    return connect(user)


@pytest.fixture
def inputs(application: str, user: str) -> InstallationInputs:
    return InstallationInputs(application, user)


@pytest.fixture
def state(
    emulator: Emulator, context: ProviderContext, inputs: InstallationInputs
) -> InstallationState:
    created = operations.create(context, inputs)
    emulator.clear_calls()
    return created


def installed(emulator: Emulator, application: str) -> list[str]:
    return [item["tenantId"] for item in emulator.platform.installations(application)]


def test_installing_is_one_call_in_the_name_of_the_tenant(
    emulator: Emulator, context: ProviderContext, inputs: InstallationInputs
) -> None:
    state = operations.create(context, inputs)
    (call,) = calls_of(emulator)
    assert (call.method, call.tenant) == ("PUT", inputs.tenant_id)
    assert installed(emulator, inputs.application_id) == [inputs.tenant_id]
    assert state.id == f"{inputs.tenant_id}/{inputs.application_id}"


def test_a_lost_response_is_repeated_because_that_is_harmless(
    emulator: Emulator, context: ProviderContext, inputs: InstallationInputs
) -> None:
    emulator.add_fault(Fault(method="PUT", kind="reset_after", times=1))
    operations.create(context, inputs)
    assert installed(emulator, inputs.application_id) == [inputs.tenant_id]


def test_a_tenant_that_is_not_allowed_is_reported(
    emulator: Emulator, connect: Connect, application: str
) -> None:
    stranger = new_tenant(emulator)
    with pytest.raises(LifecycleError, match="its owner has not allowed this tenant"):
        operations.create(connect(stranger), InstallationInputs(application, stranger))


def test_an_inactive_application_is_reported(
    emulator: Emulator, context: ProviderContext, inputs: InstallationInputs
) -> None:
    emulator.platform.patch(inputs.application_id, status="inactive")
    with pytest.raises(LifecycleError, match="inactive"):
        operations.create(context, inputs)


def test_refusal_of_an_inactive_application_names_one_cause(
    emulator: Emulator, context: ProviderContext, inputs: InstallationInputs
) -> None:
    emulator.platform.patch(inputs.application_id, status="inactive")
    with pytest.raises(LifecycleError) as caught:
        operations.create(context, inputs)
    assert "is inactive" in str(caught.value)
    for other in ("permission", "allow", "owner and writer", "applications:write", "cannot see"):
        assert other not in str(caught.value)


def refusing(emulator: Emulator, inputs: InstallationInputs, put: int, get: int | None) -> None:
    path = f"/applications/{inputs.application_id}"
    put_path = f"{path}/installation"
    emulator.add_fault(Fault(method="PUT", path=put_path, kind="status", status=put, times=99))
    if get is not None:
        emulator.add_fault(Fault(method="GET", path=path, kind="status", status=get, times=99))


@pytest.mark.parametrize(
    ("put", "get", "end"),
    [
        (401, None, "set a new one"),
        (401, 404, "set a new one"),
        (429, None, "try again later"),
        (429, 404, "try again later"),
        (500, 404, "it may stay installed without being in any state"),
        (503, 404, "it may stay installed without being in any state"),
        (400, None, "correct what the platform does not accept"),
        (400, 500, "report it to its operator if it lasts"),
        (400, 401, "set a new one"),
        (400, 429, "try again later"),
        (403, 502, "report it to its operator if it lasts"),
        (403, 404, "or the ID is wrong, or the application was deleted"),
        (403, 403, "(applications:write)"),
        (403, None, "so these credentials lack applications:write"),
        (404, None, "run `pulumi up` again"),
        (409, None, "run `pulumi up` again"),
    ],
)
def test_refusal_is_explained_by_what_is_known(
    emulator: Emulator,
    context: ProviderContext,
    inputs: InstallationInputs,
    put: int,
    get: int | None,
    end: str,
) -> None:
    refusing(emulator, inputs, put, get)
    with pytest.raises(OltError) as caught:
        operations.create(context, inputs)
    assert str(caught.value).endswith(end)
    assert ("cannot see" in str(caught.value)) == (get == 404 and put == 403)


@pytest.mark.parametrize("broken", [{"kind": "reset_before"}, {"kind": "html"}])
def test_refusal_whose_reason_cannot_be_looked_up_claims_none(
    emulator: Emulator, context: ProviderContext, inputs: InstallationInputs, broken: dict[str, str]
) -> None:
    refusing(emulator, inputs, 403, None)
    path = f"/applications/{inputs.application_id}"
    emulator.add_fault(Fault(method="GET", path=path, times=99, **broken))  # type: ignore[arg-type]
    with pytest.raises(LifecycleError, match="the reason could not be looked up") as caught:
        operations.create(context, inputs)
    assert "cannot see" not in str(caught.value)


def test_a_missing_permission_is_reported(
    connect: Connect, inputs: InstallationInputs, user: str
) -> None:
    with pytest.raises(LifecycleError, match="applications:write"):
        operations.create(connect(user, role="reader"), inputs)


def test_credentials_of_another_tenant_are_an_error_without_a_call(
    emulator: Emulator, connect: Connect, inputs: InstallationInputs, owner: str
) -> None:
    with pytest.raises(ConfigurationError, match=owner):
        operations.create(connect(owner), inputs)
    assert calls_of(emulator) == []


def test_reading_costs_one_call_and_finds_nothing_to_change(
    emulator: Emulator, context: ProviderContext, state: InstallationState
) -> None:
    assert operations.read(context, state) == state
    assert [call.method for call in calls_of(emulator)] == ["GET"]


def test_one_that_the_tenant_removed_is_gone(
    emulator: Emulator, context: ProviderContext, state: InstallationState
) -> None:
    emulator.platform.uninstall(state.inputs.application_id, state.inputs.tenant_id)
    assert operations.read(context, state) is None


def test_one_whose_tenant_was_revoked_is_still_there(
    emulator: Emulator, context: ProviderContext, state: InstallationState
) -> None:
    emulator.platform.revoke(state.inputs.application_id, state.inputs.tenant_id)
    assert operations.read(context, state) == state


def test_one_whose_application_was_deleted_is_gone(
    emulator: Emulator, context: ProviderContext, state: InstallationState
) -> None:
    emulator.platform.delete(state.inputs.application_id)
    assert operations.read(context, state) is None


@pytest.mark.parametrize("operation", [operations.read, operations.delete])
@pytest.mark.parametrize(
    "fault",
    [{"kind": "not_found"}, {"kind": "html", "status": 404}, {"kind": "status", "status": 403}],
)
def test_a_404_that_proves_nothing_loses_nothing(
    emulator: Emulator,
    context: ProviderContext,
    state: InstallationState,
    operation: Callable[[ProviderContext, InstallationState], object],
    fault: dict[str, Any],
) -> None:
    emulator.add_fault(Fault(method="*", path="/applications/**", times=10, **fault))
    with pytest.raises(OltError):
        operation(context, state)
    assert installed(emulator, state.inputs.application_id) == [state.inputs.tenant_id]


def test_another_platform_proves_nothing(
    emulator: Emulator, context: ProviderContext, state: InstallationState
) -> None:
    emulator.platform.delete(state.inputs.application_id)
    elsewhere = replace(state, api_url="https://api.elsewhere.example/v1")
    with pytest.raises(LifecycleError, match="set OLT_API_URL"):
        operations.read(context, elsewhere)


def test_deleting_uninstalls(
    emulator: Emulator, context: ProviderContext, state: InstallationState
) -> None:
    operations.delete(context, state)
    assert installed(emulator, state.inputs.application_id) == []
    assert [call.method for call in calls_of(emulator)] == ["DELETE"]


def test_a_revoked_tenant_can_uninstall(
    emulator: Emulator, context: ProviderContext, state: InstallationState
) -> None:
    emulator.platform.revoke(state.inputs.application_id, state.inputs.tenant_id)
    operations.delete(context, state)
    assert installed(emulator, state.inputs.application_id) == []


def test_deleting_what_is_gone_already_succeeds(
    emulator: Emulator, context: ProviderContext, state: InstallationState
) -> None:
    emulator.platform.uninstall(state.inputs.application_id, state.inputs.tenant_id)
    operations.delete(context, state)


def test_getting_one_that_is_not_installed_is_an_error(
    context: ProviderContext, inputs: InstallationInputs
) -> None:
    with pytest.raises(LifecycleError, match="is not installed"):
        operations.get(context, inputs)


def test_getting_one_that_is_hidden_is_an_error(
    emulator: Emulator, connect: Connect, application: str
) -> None:
    stranger = new_tenant(emulator)
    with pytest.raises(ApiError, match="404"):
        operations.get(connect(stranger), InstallationInputs(application, stranger))


def test_one_that_is_declared_under_another_name_stays_installed(
    emulator: Emulator, context: ProviderContext, state: InstallationState
) -> None:
    declaration.check(context, {}, state.inputs.to_props())
    operations.delete(context, state)
    assert installed(emulator, state.inputs.application_id) == [state.inputs.tenant_id]
    assert calls_of(emulator) == []


def test_one_that_could_not_be_declared_is_uninstalled(
    emulator: Emulator, context: ProviderContext, state: InstallationState
) -> None:
    elsewhere = {**state.inputs.to_props(), "tenant_id": new_tenant(emulator)}
    assert declaration.check(context, {}, elsewhere).failures
    operations.delete(context, state)
    assert installed(emulator, state.inputs.application_id) == []


UNUSABLE: dict[str, dict[str, Any]] = {
    "truncated": {"kind": "truncate"},
    "html": {"kind": "html", "when": "after"},
    "500": {"kind": "status", "status": 500, "when": "after"},
    "no field": {"kind": "missing_field", "field": "data.tenantId"},
    "closed": {"kind": "close_after"},
    "redirect": {"kind": "redirect", "location": "http://127.0.0.1:9/", "when": "after"},
    "too large": {"kind": "oversize"},
}
unusable = pytest.mark.parametrize("response", UNUSABLE.values(), ids=list(UNUSABLE))


@unusable
def test_an_installation_whose_responses_are_unusable_is_looked_up(
    emulator: Emulator,
    context: ProviderContext,
    inputs: InstallationInputs,
    response: dict[str, Any],
) -> None:
    emulator.add_fault(Fault(method="PUT", times=99, **response))
    state = operations.create(context, inputs)
    assert operations.read(context, state) == state
    assert installed(emulator, inputs.application_id) == [inputs.tenant_id]


@pytest.mark.parametrize("response", [{"kind": "html"}, {"kind": "status", "status": 500}])
def test_an_installation_that_was_not_carried_out_is_repeated(
    emulator: Emulator,
    context: ProviderContext,
    inputs: InstallationInputs,
    response: dict[str, Any],
) -> None:
    emulator.add_fault(Fault(method="PUT", times=1, **response))
    operations.create(context, inputs)
    assert [call.method for call in calls_of(emulator)] == ["PUT", "GET", "PUT"]
    assert installed(emulator, inputs.application_id) == [inputs.tenant_id]


def test_an_installation_that_is_never_carried_out_ends_after_one_repetition(
    emulator: Emulator, context: ProviderContext, inputs: InstallationInputs
) -> None:
    emulator.add_fault(Fault(method="PUT", kind="status", status=500, times=99))
    with pytest.raises(ApiError, match="500"):
        operations.create(context, inputs)
    assert [call.method for call in calls_of(emulator)] == ["PUT", "GET", "PUT", "GET"]


@unusable
def test_an_installation_that_cannot_be_looked_up_is_named(
    emulator: Emulator,
    context: ProviderContext,
    inputs: InstallationInputs,
    response: dict[str, Any],
) -> None:
    emulator.add_fault(Fault(method="PUT", times=99, **response))
    emulator.add_fault(Fault(method="GET", kind="status", status=403, times=99))
    with pytest.raises(LifecycleError, match="Leave it in the program and run") as caught:
        operations.create(context, inputs)
    assert inputs.application_id in str(caught.value)
    assert inputs.tenant_id in str(caught.value)


def test_an_installation_whose_token_expires_in_the_wait_is_named(
    emulator: Emulator, connect: Connect, inputs: InstallationInputs
) -> None:
    token = SecretStr(emulator.token(inputs.tenant_id))
    context = connect(credentials=(("apiToken", token),))
    moments = chain([time.time()], repeat(time.time() + 100 * 86400))
    context.client.tokens._clock = moments.__next__  # type: ignore[attr-defined]
    emulator.add_fault(Fault(method="PUT", kind="close_after", times=1))
    with pytest.raises(LifecycleError, match="Leave it in the program and run"):
        operations.create(context, inputs)
    assert installed(emulator, inputs.application_id) == [inputs.tenant_id]


def test_an_installation_whose_repetition_is_refused_is_looked_up(
    emulator: Emulator, context: ProviderContext, inputs: InstallationInputs
) -> None:
    emulator.add_fault(Fault(method="PUT", kind="close_after", times=1))
    emulator.add_fault(Fault(method="PUT", kind="status", status=403, times=99))
    state = operations.create(context, inputs)
    assert operations.read(context, state) == state


def test_an_inactive_application_that_is_installed_is_taken(
    emulator: Emulator, connect: Connect, state: InstallationState, inputs: InstallationInputs
) -> None:
    emulator.platform.patch(inputs.application_id, status="inactive")
    assert operations.create(connect(inputs.tenant_id), inputs) == state


def test_an_installation_of_a_tenant_that_was_revoked_is_taken(
    emulator: Emulator, connect: Connect, state: InstallationState, inputs: InstallationInputs
) -> None:
    emulator.platform.revoke(inputs.application_id, inputs.tenant_id)
    assert operations.create(connect(inputs.tenant_id), inputs) == state


@pytest.mark.parametrize("status", [401, 429])
def test_a_refusal_that_does_not_depend_on_the_application_is_not_explained_by_it(
    emulator: Emulator, context: ProviderContext, inputs: InstallationInputs, status: int
) -> None:
    emulator.add_fault(Fault(method="*", kind="status", status=status, times=99))
    with pytest.raises(ApiError) as caught:
        operations.create(context, inputs)
    assert "its owner" not in str(caught.value)


@unusable
def test_an_uninstallation_whose_responses_are_unusable_is_looked_up(
    emulator: Emulator,
    context: ProviderContext,
    state: InstallationState,
    response: dict[str, Any],
) -> None:
    emulator.add_fault(Fault(method="DELETE", times=99, **response))
    operations.delete(context, state)
    assert installed(emulator, state.inputs.application_id) == []


def test_an_uninstallation_that_was_not_carried_out_is_repeated(
    emulator: Emulator, context: ProviderContext, state: InstallationState
) -> None:
    emulator.add_fault(Fault(method="DELETE", kind="status", status=500, times=1))
    operations.delete(context, state)
    assert installed(emulator, state.inputs.application_id) == []


def test_an_uninstallation_that_cannot_be_looked_up_names_the_command_to_run(
    emulator: Emulator, context: ProviderContext, state: InstallationState
) -> None:
    emulator.add_fault(Fault(method="DELETE", kind="status", status=500, times=99, when="after"))
    emulator.add_fault(Fault(method="GET", kind="status", status=403, times=99))
    with pytest.raises(LifecycleError, match=r"still installed in .* Run the same again"):
        operations.delete(context, state)
    emulator.clear_faults()
    operations.delete(context, state)


def test_an_uninstallation_of_a_deleted_application_after_a_lost_response_claims_nothing(
    emulator: Emulator, context: ProviderContext, state: InstallationState
) -> None:
    emulator.add_fault(Fault(method="DELETE", kind="close_after", times=1))
    emulator.add_fault(Fault(method="GET", kind="not_found", times=99))
    with pytest.raises(LifecycleError) as caught:
        operations.delete(context, state)
    assert "Nothing was changed" not in str(caught.value)
