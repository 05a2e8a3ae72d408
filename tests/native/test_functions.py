"""The plugin's functions over gRPC."""

from __future__ import annotations

from typing import Any

import pytest

from olt_provider.emulator import Emulator
from tests.emulated import calls_of
from tests.native.plugin import Plugin, shown, urn

MISSING = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def serving(started: Plugin, emulator: Emulator, owner: str) -> Plugin:
    started.configure(
        apiUrl=emulator.api_url,
        identityUrl=emulator.identity_url,
        apiToken=emulator.token(owner),
    )
    return started


def invoked(serving: Plugin, function: str, **arguments: Any) -> dict[str, Any]:
    response = serving.call("Invoke", tok=f"olt:index:{function}", args=arguments)
    return shown(getattr(response, "return"))


def registered(serving: Plugin, name: str, **declared: Any) -> dict[str, Any]:
    checked = serving.call("Check", urn=urn(name), news=declared)
    created = serving.call("Create", urn=urn(name), properties=shown(checked.inputs))
    return {"id": created.id, **shown(created.properties)}


def test_get_application_returns_what_the_platform_holds_without_a_secret(
    serving: Plugin, owner: str
) -> None:
    app = registered(serving, "Sample", allowedTenants={owner: "note"}, redirectUris=["https://a"])
    found = invoked(serving, "getApplication", applicationId=app["id"])
    assert found == {
        "id": app["id"],
        "name": "Sample",
        "tenantId": owner,
        "clientId": app["clientId"],
        "clientType": "confidential",
        "publicClientId": None,
        "withPublicOauth2Client": False,
        "redirectUris": ["https://a"],
        "teaserDescription": "",
        "url": None,
        "status": "active",
        "allowedTenants": {owner: "note"},
        "installedTenants": [],
        "createdAt": app["createdAt"],
    }


def test_list_and_find_applications_return_camel_case_results(serving: Plugin) -> None:
    one, two = registered(serving, "one"), registered(serving, "two")
    listed = invoked(serving, "listApplications")["applications"]
    assert [each["id"] for each in listed] == [one["id"], two["id"]]
    (found,) = invoked(serving, "findApplications", name="two")["applications"]
    assert found["clientId"] == two["clientId"]
    assert invoked(serving, "findApplications", name="three") == {"applications": []}


def test_get_installation_returns_since_when(
    serving: Plugin, owner: str, emulator: Emulator
) -> None:
    app = registered(serving, "app", allowedTenants={owner: ""})
    token = "olt:index:Installation"
    checked = serving.call(
        "Check", urn=urn("installation", token), news={"applicationId": app["id"]}
    )
    serving.call("Create", urn=urn("installation", token), properties=shown(checked.inputs))
    (there,) = emulator.platform.installations(app["id"])
    found = invoked(serving, "getInstallation", applicationId=app["id"], tenantId=owner.upper())
    assert found == {
        "id": f"{owner}/{app['id']}",
        "applicationId": app["id"],
        "tenantId": owner,
        "installedAt": there["createdAt"],
    }


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        ("getTenant", {}, "has no function olt:index:getTenant"),
        ("getApplication", {}, "olt:index:getApplication: applicationId is missing"),
        (
            "getApplication",
            {"application": MISSING},
            "olt:index:getApplication: application is not an argument: use applicationId",
        ),
        ("getApplication", {"applicationId": "x"}, "applicationId: not an ID: write a UUID"),
        ("findApplications", {"name": 5}, "olt:index:findApplications: name: must be text"),
    ],
)
def test_bad_arguments_are_refused_in_one_line_without_a_call(
    serving: Plugin,
    emulator: Emulator,
    function: str,
    arguments: dict[str, Any],
    message: str,
) -> None:
    refused = serving.refused("Invoke", tok=f"olt:index:{function}", args=arguments)
    assert message in refused
    assert "\n" not in refused
    assert calls_of(emulator) == []


def test_missing_application_is_an_error_in_one_line(serving: Plugin) -> None:
    refused = serving.refused(
        "Invoke", tok="olt:index:getApplication", args={"applicationId": MISSING}
    )
    assert "404" in refused
    assert "\n" not in refused
