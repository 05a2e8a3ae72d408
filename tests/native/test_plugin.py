"""The plugin process over gRPC: what the engine's CLI does not show by itself."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from olt_provider._version import __version__
from olt_provider.emulator import Emulator
from olt_provider.native import configuration, wire
from tests.emulated import calls_of
from tests.native import plugin
from tests.native.plugin import Plugin, provider_urn, shown, urn


@pytest.fixture(scope="module")
def started() -> Iterator[Plugin]:
    with plugin.running() as running:
        yield running


@pytest.fixture
def serving(started: Plugin, emulator: Emulator, owner: str) -> Plugin:
    configure(started, emulator, owner)
    return started


def configure(running: Plugin, emulator: Emulator, owner: str) -> None:
    running.configure(
        apiUrl=emulator.api_url,
        identityUrl=emulator.identity_url,
        apiToken=emulator.token(owner),
        version=__version__,
    )


def checked(serving: Plugin, olds: dict[str, Any] | None = None, **news: Any) -> Any:
    return serving.call("Check", urn=urn("app"), olds=olds or {}, news=news)


def reasons(response: Any) -> list[str]:
    assert all(each.property == "" for each in response.failures)
    return [each.reason for each in response.failures]


def test_handshake_takes_secrets_and_plugin_info_names_the_version() -> None:
    with plugin.running() as running:
        response = running.call("Handshake", engine_address="127.0.0.1:1", root_directory="/x")
        assert response.accept_secrets
        info = running.stub.GetPluginInfo(wire_empty(), timeout=plugin.CALL_SECONDS)
        assert info.version == __version__


def wire_empty() -> Any:
    from google.protobuf.empty_pb2 import Empty

    return Empty()


def test_check_takes_the_resource_name_and_the_credentials_tenant(
    serving: Plugin, owner: str
) -> None:
    inputs = shown(checked(serving).inputs)
    assert inputs["name"] == "app"
    assert inputs["tenantId"] == owner


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ({"allowedTenant": {}}, "allowedTenant is not a property: use allowedTenants"),
        ({"tenantId": "no-uuid"}, "tenantId: not an ID: write a UUID such as"),
        ({"redirectUris": "https://a"}, "redirectUris: must be a list of URIs"),
        ({"adopt": {}}, "adopt: applicationId is missing"),
        ({"forceDestroy": "yes"}, "forceDestroy: must be true or false, but is a str"),
    ],
)
def test_bad_declaration_is_reported_in_one_line_in_camel_case(
    serving: Plugin, declared: dict[str, Any], reason: str
) -> None:
    (found,) = reasons(checked(serving, **declared))
    assert found.startswith(reason)
    assert "\n" not in found


def test_unknown_resource_type_is_refused(serving: Plugin) -> None:
    refused = serving.refused("Check", urn=urn("x", "olt:index:Tenant"), news={})
    assert refused == f"the olt plugin {__version__} has no resource olt:index:Tenant"


def test_call_before_configuration_is_refused_in_one_line() -> None:
    with plugin.running() as running:
        assert running.refused("Check", urn=urn("app"), news={}) == (
            "the provider is not configured"
        )


def test_unknown_key_of_an_explicit_provider_is_reported(started: Plugin) -> None:
    news = {"apiUrl": "https://a/v1", "identityUrl": "https://b/v1", "apiTokn": "t"}
    response = started.call("CheckConfig", urn=provider_urn("mine"), news=news)
    (reason,) = reasons(response)
    assert reason.startswith("olt:apiTokn is not a setting: use olt:apiToken")


def test_checked_configuration_marks_credentials_as_secrets(started: Plugin) -> None:
    news = {"apiToken": "t", "tenantId": "x", "clientSecret": wire.UNKNOWN_STRING}
    response = started.call("CheckConfig", urn=provider_urn("default"), news=news)
    assert shown(response.inputs) == {
        "apiToken": {wire.SIGNATURE: wire.SECRET, "value": "t"},
        "clientSecret": {wire.SIGNATURE: wire.SECRET, "value": wire.UNKNOWN_STRING},
        "tenantId": "x",
    }


def test_changed_configuration_replaces_nothing(started: Plugin) -> None:
    response = started.call(
        "DiffConfig", urn=provider_urn("mine"), old_inputs={"apiToken": "a"}, news={}
    )
    assert response.changes == response.DIFF_SOME
    assert not response.replaces


def test_creation_marks_the_client_secret_at_once(serving: Plugin, emulator: Emulator) -> None:
    inputs = shown(checked(serving, name="Sample").inputs)
    created = serving.call("Create", urn=urn("app"), properties=inputs)
    outputs = shown(created.properties)
    assert outputs["clientSecret"][wire.SIGNATURE] == wire.SECRET
    secret = outputs["clientSecret"]["value"]
    assert emulator.platform.secret_is_valid(outputs["clientId"], secret)


def test_preview_of_a_creation_makes_no_call_and_returns_unknown_outputs(
    serving: Plugin, emulator: Emulator
) -> None:
    inputs = shown(checked(serving).inputs)
    created = serving.call("Create", urn=urn("app"), properties=inputs, preview=True)
    outputs = shown(created.properties)
    assert outputs["clientId"] == wire.UNKNOWN_STRING
    assert outputs["clientSecret"] == {wire.SIGNATURE: wire.SECRET, "value": wire.UNKNOWN_STRING}
    assert outputs["clientType"] == "confidential"
    assert outputs["name"] == "app"
    assert calls_of(emulator) == []


def test_cancel_stops_the_next_registration(emulator: Emulator, owner: str) -> None:
    with plugin.running() as running:
        configure(running, emulator, owner)
        inputs = shown(checked(running).inputs)
        running.stub.Cancel(wire_empty(), timeout=plugin.CALL_SECONDS)
        refused = running.refused("Create", urn=urn("app"), properties=inputs)
    assert refused.startswith("the run was cancelled, so nothing more is registered")
    assert not [call for call in calls_of(emulator) if call.method == "POST"]


def test_update_preview_keeps_outputs_that_stay(serving: Plugin) -> None:
    inputs = shown(checked(serving).inputs)
    created = serving.call("Create", urn=urn("app"), properties=inputs)
    olds = shown(created.properties)
    news = {**inputs, "rotateSecretWhenChanged": {"month": "2026-11"}}
    difference = serving.call("Diff", id=created.id, urn=urn("app"), olds=olds, news=news)
    assert list(difference.diffs) == ["rotateSecretWhenChanged"]
    assert "clientId" in difference.stables
    assert "clientSecret" not in difference.stables
    updated = serving.call(
        "Update", id=created.id, urn=urn("app"), olds=olds, news=news, preview=True
    )
    outputs = shown(updated.properties)
    assert outputs["clientId"] == olds["clientId"]
    assert outputs["clientSecret"] == {wire.SIGNATURE: wire.SECRET, "value": wire.UNKNOWN_STRING}


@pytest.mark.parametrize(("wanted", "warns"), [(__version__, False), ("", False), ("99.1.2", True)])
def test_sdk_of_another_version_is_a_warning(wanted: str, warns: bool) -> None:
    warning = configuration.version_warning(wire.sent({"version": wanted}))
    assert (warning is not None) is warns
    if warning is not None:
        assert f"version 99.1.2, but the plugin is of version {__version__}" in warning


def test_engine_that_is_gone_stops_the_next_registration(emulator: Emulator, owner: str) -> None:
    with plugin.running() as running:
        configure(running, emulator, owner)
        inputs = shown(checked(running).inputs)
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        running.call("Attach", address=f"127.0.0.1:{port}")
        refused = running.refused("Create", urn=urn("app"), properties=inputs)
    assert refused.startswith("the engine is gone, so nothing more is registered")


def test_plugin_ends_by_itself_when_its_engine_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as engine:
        port = engine.getsockname()[1]
        process = subprocess.Popen(
            [plugin.PROGRAM, f"127.0.0.1:{port}"], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline().strip().isdigit()
    try:
        assert process.wait(plugin.CALL_SECONDS) == 0
    finally:
        process.kill()
        process.stdout.close()
