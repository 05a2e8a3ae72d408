"""The way back from the native form: an update of each resource, no replacement, no API call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from olt_provider import (
    OltApplication,
    OltBackgroundApplication,
    OltInstallation,
    application,
    installation,
)
from olt_provider.application import ApplicationProvider
from olt_provider.dynamic.states import DEFAULTS_KEY, SECRET_LOST
from olt_provider.emulator import Emulator
from olt_provider.installation import InstallationProvider
from olt_provider.lifecycle.application import operations
from olt_provider.lifecycle.application.model import ApplicationInputs, ApplicationState
from olt_provider.lifecycle.installation.model import InstallationInputs, InstallationState
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.native import names
from olt_provider.native import resources as native
from olt_provider.native.names import camel
from tests.emulated import calls_of
from tests.lifecycle.conftest import connect, emulator, owner, shared_emulator, warnings

__all__ = ["connect", "emulator", "owner", "shared_emulator", "warnings"]

Connect = Callable[..., ProviderContext]


def in_camel_case(props: dict[str, Any]) -> dict[str, Any]:
    return {camel(key): value for key, value in props.items() if value is not None}


@pytest.fixture
def provider(connect: Connect, owner: str) -> ApplicationProvider:
    provider = ApplicationProvider()
    provider.context = connect(owner)
    return provider


@pytest.fixture
def declared(owner: str) -> dict[str, Any]:
    return {
        "name": "Sample",
        "tenant_id": owner,
        "allowed_tenants": {owner: "ours"},
        "redirect_uris": ["https://a"],
        "rotate_secret_when_changed": {"camelCase": "kept", "snake_case": "kept"},
        "status": "inactive",
    }


@pytest.fixture
def state(
    provider: ApplicationProvider, declared: dict[str, Any], emulator: Emulator
) -> ApplicationState:
    made = operations.create(provider.context, ApplicationInputs.from_props(declared))
    emulator.clear_calls()
    return made


def migrate(
    provider: ApplicationProvider, state: ApplicationState, news: dict[str, Any], **outputs: Any
) -> tuple[Any, dict[str, Any]]:
    """What the engine calls: ``check`` with the old inputs, ``diff`` and ``update``."""
    olds = {**in_camel_case(state.to_props()), **outputs}
    checked = provider.check(in_camel_case(news), {**news, "__provider": "pickled"})
    assert checked.failures == []
    inputs = {**checked.inputs, "__provider": "pickled"}
    difference = provider.diff(state.id, olds, inputs)
    return difference, provider.update(state.id, olds, inputs).outs or {}


def test_application_of_a_native_state_is_updated_without_a_call(
    emulator: Emulator,
    provider: ApplicationProvider,
    state: ApplicationState,
    declared: dict[str, Any],
) -> None:
    difference, outputs = migrate(provider, state, declared)
    assert (difference.changes, difference.replaces) == (True, [])
    assert outputs == {**state.to_props(), DEFAULTS_KEY: []}
    assert calls_of(emulator) == []


def test_change_is_made_while_going_back(
    emulator: Emulator,
    provider: ApplicationProvider,
    state: ApplicationState,
    declared: dict[str, Any],
) -> None:
    _, outputs = migrate(provider, state, {**declared, "status": "active"})
    assert outputs["status"] == "active"
    assert [call.method for call in calls_of(emulator)] == ["PATCH"]


def test_client_secret_that_the_native_state_marks_as_lost_is_rotated(
    emulator: Emulator,
    provider: ApplicationProvider,
    state: ApplicationState,
    declared: dict[str, Any],
) -> None:
    assert SECRET_LOST == native.SECRET_LOST
    _, outputs = migrate(provider, state, declared, **{SECRET_LOST: True})
    assert SECRET_LOST not in outputs
    assert emulator.platform.secret_is_valid(state.client_id, outputs["client_secret"])
    assert [call.method for call in calls_of(emulator)] == ["POST"]


def test_another_owner_still_replaces(
    provider: ApplicationProvider, state: ApplicationState, declared: dict[str, Any]
) -> None:
    olds, other = in_camel_case(state.to_props()), "22222222-2222-4222-8222-222222222222"
    difference = provider.diff(state.id, olds, {**declared, "tenant_id": other})
    assert difference.replaces == ["tenant_id"]


def test_state_of_the_dynamic_form_is_unchanged(
    provider: ApplicationProvider, state: ApplicationState, declared: dict[str, Any]
) -> None:
    olds = {**state.to_props(), "__provider": "pickled"}
    assert provider.diff(state.id, olds, declared).changes is False


def test_installation_of_a_native_state_is_updated_without_a_call(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    provider = InstallationProvider()
    provider.context = connect(owner)
    application_id = "9aa3b618-8cd2-4dc0-b7a1-da6df60af254"
    state = InstallationState(
        InstallationInputs(application_id, owner), "2026-11-01T00:00:00.000Z", emulator.api_url
    )
    news = state.inputs.to_props()
    olds = in_camel_case(state.to_props())
    checked = provider.check(in_camel_case(news), news)
    assert checked.inputs == news
    difference = provider.diff(state.id, olds, news)
    assert (difference.changes, difference.replaces or []) == (True, [])
    assert provider.update(state.id, olds, news).outs == state.to_props()
    other = {**news, "application_id": "7aa3b618-8cd2-4dc0-b7a1-da6df60af254"}
    assert provider.diff(state.id, olds, other).replaces == ["application_id"]
    assert calls_of(emulator) == []


@pytest.mark.parametrize(
    ("resource", "token"),
    [
        (lambda: OltApplication("x"), names.APPLICATION),
        (lambda: OltInstallation("x", application_id="a"), names.INSTALLATION),
        (lambda: OltBackgroundApplication("x", tenants={}), names.BACKGROUND_APPLICATION),
    ],
)
def test_resource_is_an_alias_of_its_native_form(
    resource: Callable[[], pulumi.Resource], token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the alias, a program that goes back would register everything once more."""
    declared: list[pulumi.ResourceOptions] = []

    def register(self: Any, *arguments: Any, **_named: Any) -> None:
        declared.append(
            next(each for each in arguments if isinstance(each, pulumi.ResourceOptions))
        )
        raise StopIteration

    for base in (pulumi.dynamic.Resource, pulumi.ComponentResource):
        monkeypatch.setattr(base, "__init__", register)
    monkeypatch.setattr(application, "warn_of_plain_text", lambda: None)
    monkeypatch.setattr(installation, "warn_of_plain_text", lambda: None)
    with pytest.raises(StopIteration):
        resource()
    (alias,) = declared[0].aliases or ()
    assert isinstance(alias, pulumi.Alias)
    assert alias.type_ == token
