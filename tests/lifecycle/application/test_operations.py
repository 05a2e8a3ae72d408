"""Operations on applications, checked on the platform."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from olt_provider.api.errors import ApiError, ConfigurationError, OltError
from olt_provider.emulator import Emulator, Fault
from olt_provider.lifecycle.application import operations
from olt_provider.lifecycle.application.model import ApplicationInputs, ApplicationState
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.provider_context import ProviderContext
from tests.emulated import calls_of, changes_in, new_tenant

Connect = Callable[..., ProviderContext]

APPLICATIONS = "/application-developer/applications"
ONE = f"{APPLICATIONS}/{{applicationId}}"
UNKNOWN_ID = "9aa3b618-8cd2-4dc0-b7a1-da6df60af254"


@pytest.fixture
def context(connect: Connect, owner: str) -> ProviderContext:
    return connect(owner)


@pytest.fixture
def other(emulator: Emulator) -> str:
    return new_tenant(emulator)


@pytest.fixture
def inputs(owner: str, other: str) -> ApplicationInputs:
    return ApplicationInputs(
        name="Sample",
        tenant_id=owner,
        allowed_tenants={owner: "", other: "a customer"},
        with_public_oauth2_client=True,
        redirect_uris=("https://a", "https://b"),
        teaser_description="Reads",
        url="https://example.com",
    )


@pytest.fixture
def state(
    context: ProviderContext, emulator: Emulator, inputs: ApplicationInputs
) -> ApplicationState:
    created = operations.create(context, inputs)
    emulator.clear_calls()
    return created


def secret_of(state: ApplicationState) -> str:
    assert state.client_secret is not None
    return state.client_secret.get_secret_value()


def held(emulator: Emulator, state: ApplicationState) -> dict[str, Any]:
    application = emulator.platform.application(state.id)
    assert application is not None
    return application


def allowed(emulator: Emulator, state: ApplicationState) -> dict[str, str]:
    return {item["tenantId"]: item["comment"] for item in held(emulator, state)["allowedTenants"]}


def test_everything_declared_is_registered_in_one_call(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    state = operations.create(context, inputs)
    assert changes_in(emulator) == [f"POST {APPLICATIONS}"]
    application = held(emulator, state)
    assert application["name"] == "Sample"
    assert application["url"] == "https://example.com"
    assert application["teaserDescription"] == "Reads"
    assert sorted(application["redirectUris"]) == ["https://a", "https://b"]
    assert allowed(emulator, state) == inputs.allowed_tenants
    assert state.public_client_id == application["publicOauth2Client"]["id"]
    assert emulator.platform.secret_is_valid(state.client_id, secret_of(state))


def test_the_status_is_set_after_registration(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    state = operations.create(context, replace(inputs, status="inactive"))
    assert held(emulator, state)["status"] == "inactive"


def test_nothing_is_left_when_the_status_cannot_be_set(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, owner: str
) -> None:
    emulator.add_fault(Fault(method="PATCH", kind="status", status=500, times=1))
    with pytest.raises(LifecycleError, match="was deleted again"):
        operations.create_or_undo(context, replace(inputs, status="inactive"))
    assert emulator.platform.applications(owner) == []


def test_nothing_is_left_when_the_response_to_the_deletion_is_lost_too(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, owner: str
) -> None:
    emulator.add_fault(Fault(method="PATCH", kind="status", status=500, times=1))
    emulator.add_fault(Fault(method="DELETE", kind="reset_after", times=1))
    with pytest.raises(LifecycleError, match="was deleted again"):
        operations.create_or_undo(context, replace(inputs, status="inactive"))
    assert emulator.platform.applications(owner) == []


def test_the_tenant_is_listed_once_for_all_registrations(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    for name in ("one", "two", "three"):
        operations.create(context, replace(inputs, name=name))
    assert [call.method for call in calls_of(emulator)] == ["GET", "POST", "POST", "POST"]


def test_a_name_in_use_is_refused_with_the_way_to_adopt(
    emulator: Emulator, connect: Connect, state: ApplicationState, owner: str
) -> None:
    with pytest.raises(LifecycleError, match=f'adopt=AdoptArgs\\(application_id="{state.id}"\\)'):
        operations.create(connect(owner), state.inputs)
    assert changes_in(emulator) == []


def test_a_name_of_this_very_run_is_refused(
    context: ProviderContext, state: ApplicationState
) -> None:
    with pytest.raises(LifecycleError, match="exists already"):
        operations.create(context, state.inputs)


def test_a_name_that_this_run_has_freed_can_be_used(
    context: ProviderContext, state: ApplicationState
) -> None:
    operations.delete(context, state)
    assert operations.create(context, state.inputs).id != state.id


def test_equal_names_are_registered_where_the_guard_is_off(
    context: ProviderContext, state: ApplicationState
) -> None:
    unguarded = replace(state.inputs, prevent_duplicate_name=False)
    assert operations.create(context, unguarded).id != state.id


def test_reading_what_was_just_made_finds_nothing_to_change(
    emulator: Emulator, context: ProviderContext, state: ApplicationState
) -> None:
    assert operations.read(context, state) == state
    assert [call.method for call in calls_of(emulator)] == ["GET"]


@pytest.mark.parametrize(
    ("wire", "found"),
    [
        ({"name": "Manual"}, {"name": "Manual"}),
        ({"url": "https://by.hand"}, {"url": "https://by.hand"}),
        ({"redirectUris": ["https://c"]}, {"redirect_uris": ("https://c",)}),
        ({"redirectUris": []}, {"redirect_uris": ()}),
        ({"status": "inactive"}, {"status": "inactive"}),
        ({"teaserDescription": "x"}, {"teaser_description": "x"}),
    ],
)
def test_a_manual_change_is_found(
    emulator: Emulator,
    context: ProviderContext,
    state: ApplicationState,
    wire: dict[str, Any],
    found: dict[str, Any],
) -> None:
    emulator.platform.patch(state.id, **wire)
    seen = operations.read(context, state)
    assert seen is not None
    assert seen.inputs == replace(state.inputs, **found)


def test_tenants_that_are_not_managed_are_not_read_as_drift(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, other: str
) -> None:
    state = operations.create(context, replace(inputs, allowed_tenants=None))
    emulator.platform.allow(state.id, other, "manual")
    assert operations.read(context, state) == state


def test_a_deleted_application_is_gone_after_a_look_at_the_list(
    emulator: Emulator, context: ProviderContext, state: ApplicationState
) -> None:
    emulator.platform.delete(state.id)
    assert operations.read(context, state) is None
    assert [call.template for call in calls_of(emulator)] == [ONE, APPLICATIONS]


def test_several_that_are_gone_cost_one_list(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    states = [operations.create(context, replace(inputs, name=name)) for name in "abc"]
    for state in states:
        emulator.platform.delete(state.id)
    emulator.clear_calls()
    assert [operations.read(context, state) for state in states] == [None, None, None]
    lists = [call.template for call in calls_of(emulator)].count(APPLICATIONS)
    assert lists == 2, "one to read by, and one that proves what a 404 does not"


@pytest.mark.parametrize("operation", [operations.read, operations.delete])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "not_found"},
        {"kind": "html", "status": 404},
        {"kind": "status", "status": 403},
    ],
)
def test_a_404_that_proves_nothing_loses_nothing(
    emulator: Emulator,
    context: ProviderContext,
    state: ApplicationState,
    operation: Callable[[ProviderContext, ApplicationState], object],
    fault: dict[str, Any],
) -> None:
    emulator.add_fault(Fault(method="*", path=f"{APPLICATIONS}/*", times=10, **fault))
    with pytest.raises(OltError):
        operation(context, state)
    assert emulator.platform.application(state.id) is not None


@pytest.mark.parametrize("operation", [operations.read, operations.delete])
def test_another_platform_proves_nothing(
    emulator: Emulator,
    context: ProviderContext,
    state: ApplicationState,
    operation: Callable[[ProviderContext, ApplicationState], object],
) -> None:
    emulator.platform.delete(state.id)
    elsewhere = replace(state, api_url="https://api.elsewhere.example/v1")
    with pytest.raises(LifecycleError, match="set OLT_API_URL"):
        operation(context, elsewhere)


@pytest.mark.parametrize("operation", [operations.read, operations.delete])
def test_credentials_of_another_tenant_are_an_error_without_a_call(
    emulator: Emulator,
    connect: Connect,
    other: str,
    state: ApplicationState,
    operation: Callable[[ProviderContext, ApplicationState], object],
) -> None:
    with pytest.raises(ConfigurationError, match=other):
        operation(connect(other), state)
    assert calls_of(emulator) == []


def test_a_rename_is_one_call(
    emulator: Emulator, context: ProviderContext, state: ApplicationState
) -> None:
    renamed = operations.update(context, state, replace(state.inputs, name="New"))
    assert [call.method for call in calls_of(emulator)] == ["PATCH"]
    assert held(emulator, state)["name"] == "New"
    assert renamed == replace(state, inputs=replace(state.inputs, name="New"))


def test_unset_inputs_are_cleared_on_the_platform(
    emulator: Emulator, context: ProviderContext, state: ApplicationState
) -> None:
    bare = ApplicationInputs(name="Sample", tenant_id=state.inputs.tenant_id)
    after = operations.update(context, state, bare)
    application = held(emulator, state)
    assert not application.get("url")
    assert not application.get("teaserDescription")
    assert not application.get("redirectUris")
    assert application["withPublicOauth2Client"] is False
    assert after.public_client_id is None
    assert [call.method for call in calls_of(emulator)] == ["PATCH"]


def test_a_change_of_one_tenant_is_one_call(
    emulator: Emulator, context: ProviderContext, state: ApplicationState, owner: str, other: str
) -> None:
    only = replace(state.inputs, allowed_tenants={owner: ""})
    after = operations.update(context, state, only)
    assert [call.method for call in calls_of(emulator)] == ["DELETE"]
    assert allowed(emulator, state) == {owner: ""}
    emulator.clear_calls()
    operations.update(context, after, replace(only, allowed_tenants={owner: "", other: "back"}))
    assert [call.method for call in calls_of(emulator)] == ["PUT"]
    assert allowed(emulator, state) == {owner: "", other: "back"}


def test_tenants_that_become_managed_are_looked_up_first(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, owner: str, other: str
) -> None:
    state = operations.create(context, replace(inputs, allowed_tenants=None))
    emulator.platform.allow(state.id, other, "")
    operations.update(context, state, replace(inputs, allowed_tenants={owner: ""}))
    assert allowed(emulator, state) == {owner: ""}


def test_tenants_that_become_unmanaged_keep_their_access(
    emulator: Emulator, context: ProviderContext, state: ApplicationState
) -> None:
    before = allowed(emulator, state)
    operations.update(context, state, replace(state.inputs, allowed_tenants=None))
    assert calls_of(emulator) == []
    assert allowed(emulator, state) == before


def test_a_tenant_that_was_revoked_manually_can_be_revoked(
    emulator: Emulator, context: ProviderContext, state: ApplicationState, owner: str, other: str
) -> None:
    emulator.platform.revoke(state.id, other)
    operations.update(context, state, replace(state.inputs, allowed_tenants={owner: ""}))
    assert allowed(emulator, state) == {owner: ""}


def test_a_rotation_comes_last_and_ends_the_old_secret(
    emulator: Emulator, context: ProviderContext, state: ApplicationState, owner: str
) -> None:
    desired = replace(
        state.inputs,
        name="New",
        allowed_tenants={owner: ""},
        rotate_secret_when_changed={"on": "monday"},
    )
    after = operations.update(context, state, desired)
    assert [call.method for call in calls_of(emulator)] == ["PATCH", "DELETE", "POST"]
    assert (after.id, after.client_id) == (state.id, state.client_id)
    assert not emulator.platform.secret_is_valid(state.client_id, secret_of(state))
    assert emulator.platform.secret_is_valid(state.client_id, secret_of(after))


def test_a_rotation_whose_response_is_lost_is_repeated(
    emulator: Emulator, context: ProviderContext, state: ApplicationState
) -> None:
    emulator.add_fault(Fault(method="POST", path="**/secret", kind="reset_after", times=1))
    desired = replace(state.inputs, rotate_secret_when_changed={"on": "monday"})
    after = operations.update(context, state, desired)
    assert emulator.platform.secret_is_valid(state.client_id, secret_of(after))


def test_a_rotation_of_which_every_response_is_lost_warns_that_the_kept_secret_may_be_dead(
    emulator: Emulator, context: ProviderContext, state: ApplicationState
) -> None:
    emulator.add_fault(Fault(method="POST", path="**/secret", kind="reset_after", times=99))
    desired = replace(state.inputs, rotate_secret_when_changed={"on": "monday"})
    with pytest.raises(LifecycleError, match=r"in the state may be dead.*leave the rotation"):
        operations.update(context, state, desired)
    emulator.clear_faults()
    after = operations.update(context, state, desired)
    assert emulator.platform.secret_is_valid(state.client_id, secret_of(after))


def test_a_rotation_that_is_refused_after_a_lost_response_warns_too(
    emulator: Emulator, context: ProviderContext, state: ApplicationState
) -> None:
    emulator.add_fault(Fault(method="POST", path="**/secret", kind="html", when="after", times=1))
    emulator.add_fault(Fault(method="POST", path="**/secret", kind="status", status=403, times=1))
    desired = replace(state.inputs, rotate_secret_when_changed={"on": "monday"})
    with pytest.raises(LifecycleError, match="in the state may be dead"):
        operations.update(context, state, desired)


def test_an_update_that_stops_half_way_names_the_command_to_run(
    emulator: Emulator, context: ProviderContext, state: ApplicationState, owner: str
) -> None:
    emulator.add_fault(Fault(method="DELETE", kind="status", status=403, times=1))
    desired = replace(state.inputs, name="New", allowed_tenants={owner: ""})
    with pytest.raises(LifecycleError, match="up --refresh --run-program"):
        operations.update(context, state, desired)
    operations.update(context, state, desired)
    assert held(emulator, state)["name"] == "New"
    assert allowed(emulator, state) == {owner: ""}


def test_an_update_that_changed_nothing_does_not_warn(
    emulator: Emulator, context: ProviderContext, state: ApplicationState
) -> None:
    emulator.add_fault(Fault(method="PATCH", kind="status", status=403, times=1))
    with pytest.raises(ApiError) as caught:
        operations.update(context, state, replace(state.inputs, name="New"))
    assert "up --refresh" not in str(caught.value)


def test_deleting_takes_it_off_the_platform(
    emulator: Emulator, context: ProviderContext, state: ApplicationState
) -> None:
    operations.delete(context, state)
    assert emulator.platform.application(state.id) is None


def test_deleting_what_is_gone_already_succeeds(
    emulator: Emulator, context: ProviderContext, state: ApplicationState
) -> None:
    emulator.platform.delete(state.id)
    operations.delete(context, state)


def test_one_that_is_still_installed_is_not_deleted(
    emulator: Emulator, context: ProviderContext, state: ApplicationState, other: str
) -> None:
    emulator.platform.install(state.id, other)
    with pytest.raises(LifecycleError, match=f"still installed in tenant {other}"):
        operations.delete(context, state)
    assert emulator.platform.application(state.id) is not None


def test_force_destroy_deletes_what_is_installed(
    emulator: Emulator, context: ProviderContext, state: ApplicationState, other: str
) -> None:
    emulator.platform.install(state.id, other)
    forced = replace(state, inputs=replace(state.inputs, force_destroy=True))
    operations.delete(context, forced)
    assert [call.method for call in calls_of(emulator)] == ["DELETE"]
    assert emulator.platform.application(state.id) is None


def test_an_installed_application_is_deleted_in_the_run_that_names_it(
    emulator: Emulator, context: ProviderContext, state: ApplicationState, other: str
) -> None:
    emulator.platform.install(state.id, other)
    context.forced = frozenset({other})
    with pytest.raises(LifecycleError, match=f"OLT_FORCE_DESTROY={state.id} in its environment"):
        operations.delete(context, state)
    context.forced = frozenset({state.id})
    operations.delete(context, state)
    assert emulator.platform.application(state.id) is None


def test_getting_one_that_is_managed_elsewhere_returns_no_secret(
    context: ProviderContext, state: ApplicationState
) -> None:
    found = operations.get(context, state.id, None)
    assert found.client_secret is None
    assert found.inputs.name == "Sample"


def test_getting_one_that_is_missing_is_an_error(context: ProviderContext) -> None:
    with pytest.raises(ApiError, match="404"):
        operations.get(context, UNKNOWN_ID, None)


def test_the_secret_is_in_no_repr(state: ApplicationState) -> None:
    assert secret_of(state) not in repr(state)
    assert SecretStr(secret_of(state)) == state.client_secret


def test_token_that_expires_within_a_run_is_named_with_a_way_out(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    context = connect(credentials=(("apiToken", SecretStr(emulator.token(owner))),))
    operations.create(context, ApplicationInputs(name="First", tenant_id=owner))
    context.client.tokens._clock = lambda: time.time() + 100 * 86400  # type: ignore[attr-defined]
    second = ApplicationInputs(name="Second", tenant_id=owner)
    with pytest.raises(ConfigurationError, match=rf"tenant {owner} expired .*; set a new"):
        operations.create(context, second)
    assert [each["name"] for each in emulator.platform.applications(owner)] == ["First"]
    operations.create(connect(owner), second)
    assert len(emulator.platform.applications(owner)) == 2
