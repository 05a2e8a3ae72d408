from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from olt_provider.emulator import Emulator, Fault
from olt_provider.lifecycle.application import declaration, operations
from olt_provider.lifecycle.application.model import (
    Adoption,
    ApplicationInputs,
    ApplicationState,
)
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.provider_context import ProviderContext
from tests.api.scripted_server import ScriptedResponse, ScriptedServer, json_response
from tests.emulated import changes_in, new_tenant

Connect = Callable[..., ProviderContext]


@pytest.fixture
def context(connect: Connect, owner: str) -> ProviderContext:
    return connect(owner)


@pytest.fixture
def existing(emulator: Emulator, owner: str) -> dict[str, Any]:
    """Registered outside Pulumi, allowed and installed in its owner's tenant."""
    application = emulator.platform.register(
        owner,
        name="Manual",
        url="https://example.com",
        allowed_tenants={owner: ""},
    )
    emulator.platform.install(application["id"], owner)
    return application


def adopting(existing: dict[str, Any], secret: str | None = None) -> ApplicationInputs:
    return ApplicationInputs(
        name="Manual",
        tenant_id=existing["tenantId"],
        url="https://example.com",
        adopt=Adoption(existing["id"], None if secret is None else SecretStr(secret)),
    )


def test_one_with_its_known_secret_is_adopted_without_a_change(
    emulator: Emulator, context: ProviderContext, existing: dict[str, Any]
) -> None:
    secret = existing["oauth2Client"]["secret"]
    state = operations.create(context, adopting(existing, secret))
    assert state.id == existing["id"]
    assert state.client_secret == SecretStr(secret)
    assert [call for call in changes_in(emulator) if "token" not in call] == []


def test_one_without_its_secret_gets_a_new_one(
    emulator: Emulator, context: ProviderContext, existing: dict[str, Any]
) -> None:
    state = operations.create(context, adopting(existing))
    assert state.client_secret is not None
    assert emulator.platform.secret_is_valid(
        state.client_id, state.client_secret.get_secret_value()
    )
    assert not emulator.platform.secret_is_valid(
        state.client_id, existing["oauth2Client"]["secret"]
    )


def test_what_is_declared_is_applied_and_the_secret_comes_last(
    emulator: Emulator, context: ProviderContext, existing: dict[str, Any], owner: str
) -> None:
    other = new_tenant(emulator)
    inputs = replace(adopting(existing), name="New", url=None, allowed_tenants={other: "a"})
    operations.create(context, inputs)
    assert [call.split()[0] for call in changes_in(emulator)] == [
        "PATCH",
        "PUT",
        "DELETE",
        "POST",
    ]
    application = emulator.platform.application(existing["id"])
    assert application is not None
    assert application["name"] == "New"
    assert not application.get("url")
    assert [item["tenantId"] for item in application["allowedTenants"]] == [other]


def test_tenants_that_are_not_declared_keep_their_access(
    emulator: Emulator, context: ProviderContext, existing: dict[str, Any]
) -> None:
    state = operations.create(context, adopting(existing))
    application = emulator.platform.application(existing["id"])
    assert application is not None
    assert len(application["allowedTenants"]) == 1
    assert state.inputs.allowed_tenants is None


def test_an_unknown_application_is_an_error_before_anything_is_changed(
    emulator: Emulator, context: ProviderContext, existing: dict[str, Any]
) -> None:
    unknown = Adoption("9aa3b618-8cd2-4dc0-b7a1-da6df60af254")
    with pytest.raises(LifecycleError, match="owns no application"):
        operations.create(context, replace(adopting(existing), adopt=unknown))
    assert changes_in(emulator) == []


def test_an_application_of_another_tenant_is_an_error_before_anything_is_changed(
    emulator: Emulator, context: ProviderContext, existing: dict[str, Any]
) -> None:
    foreign = emulator.platform.register(new_tenant(emulator), name="Foreign")
    with pytest.raises(LifecycleError, match="owns no application"):
        operations.create(context, replace(adopting(existing), adopt=Adoption(foreign["id"])))
    assert changes_in(emulator) == []


def test_a_secret_that_is_refused_is_an_error_before_anything_is_changed(
    emulator: Emulator, context: ProviderContext, existing: dict[str, Any]
) -> None:
    with pytest.raises(LifecycleError, match="refuses the declared client_secret") as caught:
        operations.create(context, replace(adopting(existing, "wrong-secret"), name="New"))
    assert "wrong-secret" not in str(caught.value)
    application = emulator.platform.application(existing["id"])
    assert application is not None
    assert application["name"] == "Manual"


def test_a_secret_that_cannot_be_tried_is_taken_with_a_warning(
    emulator: Emulator, context: ProviderContext, owner: str, warnings: list[str]
) -> None:
    application = emulator.platform.register(owner, name="Manual", url="https://example.com")
    operations.create(context, adopting(application, application["oauth2Client"]["secret"]))
    assert "no allowed tenant has it installed" in warnings[0]


def test_a_wrong_secret_is_refused_also_where_it_is_installed_nowhere(
    emulator: Emulator, context: ProviderContext, owner: str
) -> None:
    application = emulator.platform.register(owner, name="Manual", url="https://example.com")
    with pytest.raises(LifecycleError, match="refuses the declared client_secret"):
        operations.create(context, adopting(application, "wrong-secret"))


def readopt(
    context: ProviderContext, held: ApplicationState, declared: str, *, deleted_first: bool
) -> ApplicationState | None:
    """Replace a resource whose program still declares ``adopt``, in the engine's order."""
    news = {
        "name": held.inputs.name,
        "tenant_id": held.inputs.tenant_id,
        "adopt": {"application_id": held.id, "client_secret": declared},
    }
    checked = declaration.check(context, {}, news)
    assert checked.failures == ()
    inputs = ApplicationInputs.from_props(checked.inputs)
    if deleted_first:
        operations.delete(context, held)
    state = operations.create(context, inputs)
    if not deleted_first:
        operations.delete(context, held)
    return state


UNCHECKED: dict[str, Callable[[Emulator, str], object]] = {
    "inactive": lambda emulator, id_: emulator.platform.patch(id_, status="inactive"),
    "token endpoint down": lambda emulator, _: emulator.add_fault(
        Fault(method="POST", path="**/token", kind="status", status=500, times=99)
    ),
}


@pytest.fixture
def rotated(connect: Connect, owner: str, existing: dict[str, Any]) -> ApplicationState:
    """Adopted with its secret, and rotated since: the declared secret is dead."""
    secret = existing["oauth2Client"]["secret"]
    adopted = operations.create(connect(owner), adopting(existing, secret))
    trigger = {"no": "2"}
    return operations.update(
        connect(owner), adopted, replace(adopted.inputs, rotate_secret_when_changed=trigger)
    )


@pytest.mark.parametrize("deleted_first", [True, False])
@pytest.mark.parametrize("unchecked", UNCHECKED.values(), ids=list(UNCHECKED))
def test_a_leftover_secret_that_cannot_be_checked_does_not_replace_another_of_the_state(
    emulator: Emulator,
    connect: Connect,
    owner: str,
    existing: dict[str, Any],
    rotated: ApplicationState,
    unchecked: Callable[[Emulator, str], object],
    deleted_first: bool,
) -> None:
    unchecked(emulator, rotated.id)
    secret = existing["oauth2Client"]["secret"]
    with pytest.raises(LifecycleError, match="in the state and may be dead") as caught:
        readopt(connect(owner), rotated, secret, deleted_first=deleted_first)
    assert secret not in str(caught.value)


@pytest.mark.parametrize("deleted_first", [True, False])
@pytest.mark.parametrize("installed", [True, False])
def test_a_leftover_secret_that_is_dead_is_refused(
    emulator: Emulator,
    connect: Connect,
    owner: str,
    existing: dict[str, Any],
    rotated: ApplicationState,
    installed: bool,
    deleted_first: bool,
) -> None:
    if not installed:
        emulator.platform.uninstall(rotated.id, owner)
    secret = existing["oauth2Client"]["secret"]
    refused = "may be dead" if deleted_first else "refuses the declared client_secret"
    with pytest.raises(LifecycleError, match=refused):
        readopt(connect(owner), rotated, secret, deleted_first=deleted_first)
    assert rotated.client_secret is not None
    assert emulator.platform.secret_is_valid(
        rotated.client_id, rotated.client_secret.get_secret_value()
    )


@pytest.mark.parametrize("deleted_first", [True, False])
def test_a_working_secret_replaces_a_dead_one_of_the_state(
    connect: Connect,
    owner: str,
    existing: dict[str, Any],
    deleted_first: bool,
) -> None:
    secret = existing["oauth2Client"]["secret"]
    adopted = operations.create(connect(owner), adopting(existing, secret))
    dead = replace(adopted, client_secret=SecretStr("dead"))
    state = readopt(connect(owner), dead, secret, deleted_first=deleted_first)
    assert state is not None
    assert state.client_secret == SecretStr(secret)


@pytest.mark.parametrize("unchecked", UNCHECKED.values(), ids=list(UNCHECKED))
def test_the_same_secret_can_be_adopted_again_without_a_check(
    emulator: Emulator,
    connect: Connect,
    owner: str,
    existing: dict[str, Any],
    unchecked: Callable[[Emulator, str], object],
) -> None:
    secret = existing["oauth2Client"]["secret"]
    adopted = operations.create(connect(owner), adopting(existing, secret))
    unchecked(emulator, adopted.id)
    assert readopt(connect(owner), adopted, secret, deleted_first=False)


def test_a_token_endpoint_that_fails_does_not_refuse_the_secret(
    emulator: Emulator, context: ProviderContext, existing: dict[str, Any], warnings: list[str]
) -> None:
    emulator.add_fault(Fault(method="POST", path="**/token", kind="status", status=500, times=9))
    operations.create(context, adopting(existing, existing["oauth2Client"]["secret"]))
    assert "could not be checked" in warnings[0]


REFUSED = "Invalid client or Invalid client credentials"
NO_ACCOUNT = "Client not enabled to retrieve service account"


@pytest.fixture
def identity_server() -> Iterator[ScriptedServer]:
    """An identity server that responds as a Keycloak does to any request."""
    with ScriptedServer() as scripted:
        yield scripted


def keycloak(code: str, description: str | None, status: int) -> ScriptedResponse:
    message = {} if description is None else {"error_description": description}
    return json_response({"error": code, **message}, status)


@pytest.mark.parametrize(
    "response",
    [
        keycloak("invalid_client", REFUSED, 401),
        keycloak("invalid_client", None, 401),
        keycloak("unauthorized_client", REFUSED, 401),
        keycloak("unauthorized_client", "Invalid client secret", 400),
    ],
)
def test_response_that_proves_the_secret_wrong_refuses_the_adoption(
    emulator: Emulator,
    connect: Connect,
    existing: dict[str, Any],
    owner: str,
    identity_server: ScriptedServer,
    response: ScriptedResponse,
) -> None:
    identity_server.always = response
    context = connect(owner, identity_url=identity_server.url)
    with pytest.raises(LifecycleError, match="refuses the declared client_secret"):
        operations.create(context, replace(adopting(existing, "a-secret"), name="New"))
    assert changes_in(emulator) == []


@pytest.mark.parametrize(
    "response",
    [
        keycloak("unauthorized_client", NO_ACCOUNT, 401),
        keycloak("unauthorized_client", "Client not allowed for direct access grants", 400),
        keycloak("unauthorized_client", None, 400),
        keycloak("invalid_client", "Client is disabled", 401),
        keycloak("invalid_grant", "The application is not installed in this tenant", 400),
        keycloak("invalid_client", REFUSED, 404),
        json_response({"error": "Realm does not exist"}, 404),
        ScriptedResponse(401, b"<html>"),
        ScriptedResponse(429, b""),
        ScriptedResponse(503, b""),
    ],
)
def test_response_that_proves_nothing_leaves_the_secret_unchecked(
    connect: Connect,
    existing: dict[str, Any],
    owner: str,
    warnings: list[str],
    identity_server: ScriptedServer,
    response: ScriptedResponse,
) -> None:
    identity_server.always = response
    context = connect(owner, identity_url=identity_server.url)
    state = operations.create(context, adopting(existing, "a-secret"))
    assert state.client_secret == SecretStr("a-secret")
    assert "could not be checked" in warnings[-1]


def test_secret_of_an_inactive_application_is_left_unchecked(
    emulator: Emulator,
    connect: Connect,
    existing: dict[str, Any],
    owner: str,
    warnings: list[str],
    identity_server: ScriptedServer,
) -> None:
    """A Keycloak refuses any secret of a client that is disabled."""
    emulator.platform.patch(existing["id"], status="inactive")
    identity_server.always = keycloak("invalid_client", REFUSED, 401)
    context = connect(owner, identity_url=identity_server.url)
    state = operations.create(context, adopting(existing, "a-secret"))
    assert state.client_secret == SecretStr("a-secret")
    assert "could not be checked: it is inactive" in warnings[0]
    assert identity_server.received == []


def as_declared(existing: dict[str, Any]) -> dict[str, Any]:
    """The existing application as a program declares it to adopt it."""
    return {"name": "Manual", "adopt": {"application_id": existing["id"]}}


def test_application_that_is_adopted_in_this_run_is_not_deleted(
    emulator: Emulator, context: ProviderContext, existing: dict[str, Any], warnings: list[str]
) -> None:
    declaration.check(context, {}, as_declared(existing))
    state = operations.create(context, adopting(existing))
    operations.delete(context, state)
    assert emulator.platform.application(existing["id"]) is not None
    assert warnings[-1] == (
        f"application {existing['id']} was not deleted: the resource with name='Manual' adopts it"
    )


def test_application_that_an_earlier_run_adopted_can_be_deleted(
    emulator: Emulator,
    context: ProviderContext,
    connect: Connect,
    owner: str,
    existing: dict[str, Any],
) -> None:
    declaration.check(context, {}, as_declared(existing))
    state = operations.create(context, adopting(existing))
    emulator.platform.uninstall(existing["id"], owner)
    operations.delete(connect(owner), state)
    assert emulator.platform.application(existing["id"]) is None


def test_application_that_a_resource_manages_and_still_declares_to_adopt_is_not_deleted(
    emulator: Emulator, connect: Connect, owner: str, existing: dict[str, Any]
) -> None:
    state = operations.create(connect(owner), adopting(existing))
    later, olds = connect(owner), state.inputs.to_props()
    checked = declaration.check(later, olds, {**olds, **as_declared(existing)})
    assert "adopt" not in checked.inputs
    declaration.compare(later, state.id, state.to_props(), checked.inputs)
    operations.delete(later, state)
    assert emulator.platform.application(existing["id"]) is not None
