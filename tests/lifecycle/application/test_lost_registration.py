"""After a lost response to a registration: which application is adopted, and which never is."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from olt_provider.emulator import Emulator, Fault
from olt_provider.emulator.faults import Kind
from olt_provider.lifecycle.application import operations
from olt_provider.lifecycle.application.model import (
    Adoption,
    ApplicationInputs,
    ApplicationState,
)
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.provider_context import ProviderContext

Connect = Callable[..., ProviderContext]

APPLICATIONS = "/application-developer/applications"
LONG_AGO = "2020-01-01T00:00:00.000Z"


@pytest.fixture
def context(connect: Connect, owner: str, inputs: ApplicationInputs) -> ProviderContext:
    """A process that has listed the tenant's applications, as it does before it registers."""
    context: ProviderContext = connect(owner)
    operations.create(context, replace(inputs, name="First"))
    return context


@pytest.fixture
def inputs(owner: str) -> ApplicationInputs:
    return ApplicationInputs(
        name="Sample", tenant_id=owner, allowed_tenants={owner: "x"}, prevent_duplicate_name=False
    )


def by_another_program(
    emulator: Emulator, inputs: ApplicationInputs, created_at: str | None = None
) -> dict[str, Any]:
    """An equal application, registered after the list was fetched."""
    twin = emulator.platform.register(
        inputs.tenant_id, name=inputs.name, allowed_tenants=inputs.allowed_tenants or {}
    )
    if created_at is not None:
        database = emulator._state.db
        database.change(
            "UPDATE applications SET created_at = ? WHERE id = ?", (created_at, twin["id"])
        )
    return twin


def lose(emulator: Emulator, kind: Kind, *, times: int = 1) -> None:
    emulator.add_fault(Fault(method="POST", path=APPLICATIONS, kind=kind, times=times))


def is_alive(emulator: Emulator, state: ApplicationState) -> bool:
    assert state.client_secret is not None
    secret = state.client_secret.get_secret_value()
    return emulator.platform.secret_is_valid(state.client_id, secret)


def untouched(emulator: Emulator, twin: dict[str, Any]) -> bool:
    client = twin["oauth2Client"]
    return emulator.platform.secret_is_valid(client["id"], client["secret"])


def test_one_created_before_the_request_is_not_it(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    twin = by_another_program(emulator, inputs, LONG_AGO)
    lose(emulator, "reset_after")
    state = operations.create(context, inputs)
    assert state.id != twin["id"]
    assert is_alive(emulator, state)
    assert untouched(emulator, twin)


def test_one_created_before_the_request_is_neither_taken_nor_advised_where_no_other_fits(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    twin = by_another_program(emulator, inputs, LONG_AGO)
    lose(emulator, "reset_before")
    with pytest.raises(LifecycleError) as caught:
        operations.create(context, inputs)
    assert "most likely not registered: run `pulumi up` again" in str(caught.value)
    assert twin["id"] not in str(caught.value)
    assert untouched(emulator, twin)


def test_one_that_this_process_has_adopted_is_not_it(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    twin = by_another_program(emulator, inputs)
    adopted = operations.create(context, replace(inputs, adopt=Adoption(twin["id"])))
    lose(emulator, "reset_after")
    state = operations.create(context, inputs)
    assert state.id != adopted.id
    assert is_alive(emulator, state)
    assert is_alive(emulator, adopted)


def test_one_on_a_later_page_of_the_list_is_found(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, owner: str
) -> None:
    for number in range(101):
        emulator.platform.register(owner, name=f"Other {number}")
    lose(emulator, "reset_after")
    assert is_alive(emulator, operations.create(context, inputs))


def test_equal_declarations_that_all_lose_their_responses_become_as_many_applications(
    emulator: Emulator, context: ProviderContext, inputs: ApplicationInputs, owner: str
) -> None:
    lose(emulator, "reset_after", times=4)
    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(lambda _: operations.create(context, inputs), range(4)))
    registered = emulator.platform.applications(owner)
    assert len(registered) == 5
    equal = {each["id"] for each in registered if each["name"] == inputs.name}
    assert {state.id for state in states} == equal
    assert all(is_alive(emulator, state) for state in states)


def test_the_advice_where_several_fit_leaves_the_others_alone(
    emulator: Emulator, connect: Connect, context: ProviderContext, inputs: ApplicationInputs
) -> None:
    twin = by_another_program(emulator, inputs)
    lose(emulator, "reset_after")
    with pytest.raises(LifecycleError, match="may be one of these") as caught:
        operations.create(context, inputs)
    found_ids = re.findall(r"([0-9a-f-]{36}) \(created", str(caught.value))
    (mine,) = set(found_ids) - {twin["id"]}
    state = operations.create(connect(inputs.tenant_id), replace(inputs, adopt=Adoption(mine)))
    assert state.id == mine
    assert is_alive(emulator, state)
    assert untouched(emulator, twin)


def test_one_that_appears_after_the_look_is_refused_by_name_and_can_be_adopted(
    emulator: Emulator, connect: Connect, inputs: ApplicationInputs, owner: str
) -> None:
    guarded = replace(inputs, prevent_duplicate_name=True)
    lose(emulator, "reset_before")
    with pytest.raises(LifecycleError, match="most likely not registered"):
        operations.create(connect(owner), guarded)
    by_another_program(emulator, inputs)  # the platform itself, which took its time
    with pytest.raises(LifecycleError, match="exists already") as caught:
        operations.create(connect(owner), guarded)
    (application,) = emulator.platform.applications(owner)
    assert f'adopt=AdoptArgs(application_id="{application["id"]}")' in str(caught.value)
    state = operations.create(connect(owner), replace(guarded, adopt=Adoption(application["id"])))
    assert is_alive(emulator, state)
    assert len(emulator.platform.applications(owner)) == 1


def test_a_name_that_several_use_puts_none_into_the_line_to_copy(
    emulator: Emulator, connect: Connect, inputs: ApplicationInputs, owner: str
) -> None:
    twins = [by_another_program(emulator, inputs) for _ in range(2)]
    with pytest.raises(LifecycleError, match="exists already") as caught:
        operations.create(connect(owner), replace(inputs, prevent_duplicate_name=True))
    assert all(twin["id"] in str(caught.value) for twin in twins)
    assert 'application_id="' not in str(caught.value)
