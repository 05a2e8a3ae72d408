"""Values, IDs and texts that no correct program sends: one safe line, and no call."""

from __future__ import annotations

from typing import Any, Final

import pytest

from olt_provider.emulator import Emulator
from olt_provider.lifecycle.values import UNKNOWN
from tests.emulated import calls_of
from tests.native.plugin import Plugin, shown, urn

APPLICATION: Final = "olt:index:Application"
INSTALLATION: Final = "olt:index:Installation"
ID: Final = "9aa3b618-8cd2-4dc0-b7a1-da6df60af254"
HOSTILE: Final = "\x1b[31mred\n::add-mask::x\u202e"


@pytest.fixture
def serving(started: Plugin, emulator: Emulator, owner: str) -> Plugin:
    token = emulator.token(owner)
    started.configure(
        apiUrl=emulator.api_url, identityUrl=emulator.identity_url, apiToken=token, maxRetries=0
    )
    return started


def reasons(serving: Plugin, **news: Any) -> list[str]:
    response = serving.call("Check", urn=urn("app"), olds={}, news=news)
    return [each.reason for each in response.failures]


@pytest.mark.parametrize(
    ("token", "id_", "form"),
    [
        (APPLICATION, "", "{applicationId} or {tenantId}/{applicationId}"),
        (APPLICATION, f"/{ID}", "{applicationId} or {tenantId}/{applicationId}"),
        (APPLICATION, f"{ID}/", "{applicationId} or {tenantId}/{applicationId}"),
        (APPLICATION, f"a/{ID}/{ID}", "{applicationId} or {tenantId}/{applicationId}"),
        (APPLICATION, f"not-a-tenant/{ID}", "{applicationId} or {tenantId}/{applicationId}"),
        (APPLICATION, HOSTILE, "{applicationId} or {tenantId}/{applicationId}"),
        (APPLICATION, "x" * 5000, "{applicationId} or {tenantId}/{applicationId}"),
        (INSTALLATION, ID, "{tenantId}/{applicationId}"),
        (INSTALLATION, f"/{ID}", "{tenantId}/{applicationId}"),
        (INSTALLATION, f"{ID}/{ID}/secret", "{tenantId}/{applicationId}"),
        (INSTALLATION, f"../{ID}", "{tenantId}/{applicationId}"),
    ],
)
def test_malformed_id_to_import_is_refused_with_the_right_form(
    serving: Plugin, emulator: Emulator, token: str, id_: str, form: str
) -> None:
    emulator.clear_calls()
    kind = "an application" if token == APPLICATION else "an installation"
    message = serving.refused("Read", id=id_, urn=urn("app", token), properties={}, inputs={})
    assert message.endswith(f"is not the ID of {kind}: write {form}")
    assert message.isprintable()
    assert len(message) < 250
    assert calls_of(emulator) == []


def test_import_with_credentials_of_another_tenant_names_no_stored_configuration(
    serving: Plugin, owner: str
) -> None:
    message = serving.refused("Read", id=f"{ID}/{ID}", urn=urn("app"), properties={}, inputs={})
    assert f"belongs to tenant {ID}" in message
    assert "--run-program" not in message


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_number_that_no_state_can_hold_is_refused(serving: Plugin, value: float) -> None:
    (days,) = reasons(serving, rotateSecretAfterDays=value)
    assert days == "rotateSecretAfterDays: must be a whole number of days, from 1 to 36500"
    (trigger,) = reasons(serving, rotateSecretWhenChanged={"a": [{"b": value}]})
    assert (
        trigger == "rotateSecretWhenChanged: must hold no number that is infinite or not a number"
    )


def test_adoption_that_is_not_known_yet_is_previewed_as_a_creation(serving: Plugin) -> None:
    checked = serving.call("Check", urn=urn("app"), olds={}, news={"adopt": UNKNOWN})
    assert not checked.failures
    created = serving.call("Create", urn=urn("app"), properties=shown(checked.inputs), preview=True)
    assert shown(created.properties)["name"] == "app"


def test_unknown_key_of_adopt_is_refused(serving: Plugin) -> None:
    (reason,) = reasons(serving, adopt={"applicationId": ID, "clientSecrets": "a-secret"})
    assert reason == "adopt.clientSecrets is not a property: use clientSecret"


def test_list_of_tenants_is_refused_with_the_right_form(serving: Plugin) -> None:
    (reason,) = reasons(serving, allowedTenants=[ID])
    assert reason == "allowedTenants: must map tenant IDs to comments"


def test_hostile_text_is_shown_in_one_safe_line(serving: Plugin) -> None:
    (reason,) = reasons(serving, **{HOSTILE: 1})
    assert reason.isprintable()
    assert "\\x1b[31mred" in reason
    message = serving.refused("Check", urn=urn("app", HOSTILE), olds={}, news={})
    assert message.isprintable()
    message = serving.refused("Invoke", tok=HOSTILE, args={})
    assert message.isprintable()


@pytest.mark.parametrize(
    ("token", "damaged", "problem"),
    [
        (APPLICATION, {"allowedTenants": "x"}, "allowedTenants: must map tenant IDs to comments"),
        (APPLICATION, {"rotateSecretAfterDays": "x"}, "rotateSecretAfterDays: must be a whole"),
        (APPLICATION, {"tenantId": None}, "tenantId is missing"),
        (INSTALLATION, {"tenantId": None}, "tenantId is missing"),
        (INSTALLATION, {"applicationId": 5}, "applicationId: must be text, but is a int"),
    ],
)
def test_damaged_state_is_named_and_replaces_nothing(
    serving: Plugin, owner: str, token: str, damaged: dict[str, Any], problem: str
) -> None:
    valid: dict[str, Any]
    valid = {"tenantId": owner, "applicationId": ID, "installedAt": "2026-01-01T00:00:00.000Z"}
    if token == APPLICATION:
        valid = {"tenantId": owner, "name": "app", "clientId": "c", "allowedTenants": {owner: "x"}}
    news = {key: valid[key] for key in valid if key not in ("installedAt", "clientId")}
    olds = {key: value for key, value in (valid | damaged).items() if value is not None}
    serving.call("Check", urn=urn("app", token), olds=news, news=news)
    message = serving.refused("Diff", id=ID, urn=urn("app", token), olds=olds, news=news)
    assert f"the state of this resource is damaged: {problem}" in message
    assert "`pulumi stack export`" in message
