"""The plugin process over gRPC: behaviour that the engine's CLI does not show."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from olt_provider._version import __version__
from olt_provider.emulator import Emulator, Fault
from olt_provider.native import configuration, wire
from olt_provider.native.engine import Engine
from olt_provider.native.servicer import Servicer
from tests.emulated import calls_of, new_tenant
from tests.native import plugin
from tests.native.plugin import Plugin, provider_urn, shown, urn


@pytest.fixture
def serving(started: Plugin, emulator: Emulator, owner: str) -> Plugin:
    configure(started, emulator, owner)
    return started


def configure(running: Plugin, emulator: Emulator, owner: str, **settings: Any) -> None:
    running.configure(
        **settings,
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


def test_error_that_names_ways_out_is_in_no_programs_language(
    serving: Plugin, emulator: Emulator, owner: str
) -> None:
    """The one with the most of them: the name is in use."""
    existing = emulator.platform.register(owner, name="Sample")["id"]
    inputs = shown(checked(serving, name="Sample").inputs)
    refused = serving.refused("Create", urn=urn("app"), properties=inputs)
    for way in (
        'the resource option aliases: [{name: "OLD"}]',
        f'adopt: {{applicationId: "{existing}"}}',
        "deleteBeforeReplace: true",
        "preventDuplicateName: false",
    ):
        assert way in refused
    assert not [each for each in ("pulumi.", "Args", "True", "False", "_") if each in refused]


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


def test_applications_of_the_same_name_are_each_warned_of(
    emulator: Emulator, owner: str, caplog: pytest.LogCaptureFixture
) -> None:
    service = Servicer(Engine())
    settings = {"apiUrl": emulator.api_url, "identityUrl": emulator.identity_url}
    arguments = wire.sent({**settings, "apiToken": emulator.token(owner)})
    service.Configure(provider_pb2.ConfigureRequest(args=arguments), None)
    for name in ("app", "other", "other"):
        service.Diff(
            provider_pb2.DiffRequest(
                id=f"id-of-{name}",
                urn=urn(name),
                olds=wire.sent({"name": "reporting", "tenantId": owner, "allowedTenants": {}}),
                news=wire.sent({"name": "reporting", "tenantId": owner}),
            ),
            None,
        )
    warnings = [each.message for each in caplog.records if "not declared any more" in each.message]
    assert len(warnings) == 2


def test_engine_that_is_gone_stops_the_next_registration(emulator: Emulator, owner: str) -> None:
    with plugin.running() as running:
        configure(running, emulator, owner)
        inputs = shown(checked(running).inputs)
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        running.call("Attach", address=f"127.0.0.1:{port}")
        refused = running.refused("Create", urn=urn("app"), properties=inputs)
    assert refused.startswith("the engine is gone, so nothing more is registered")


LOADED = """
import json, os, sys
from olt_provider.native import main

class Port:
    def write(self, text):
        print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
        os._exit(0)

sys.stdout = Port()
main.main()
"""
LATER = {"pulumi", "google", "pydantic", "requests", "urllib3", "tenacity", "jwt", "yaml", "dill"}


def test_only_grpc_is_imported_before_the_port_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        capture_output=True,
        text=True,
        timeout=plugin.START_SECONDS,
        check=True,
    )
    loaded = set(json.loads(done.stderr))
    assert {"grpc", "olt_provider"} <= loaded
    assert loaded & LATER == set()


def test_broken_installation_ends_the_plugin_although_a_call_waits(tmp_path: Path) -> None:
    """Such as a package that is missing: the call must not wait for ever."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    (tmp_path / "requests.py").write_text(
        f"open({str(gate)!r}).read()\nraise ImportError('no such package')\n"
    )
    process = subprocess.Popen(
        [plugin.PROGRAM],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            grpc.channel_ready_future(channel).result(plugin.CALL_SECONDS)
            waiting = ResourceProviderStub(channel).GetPluginInfo.future(
                wire_empty(), timeout=plugin.CALL_SECONDS
            )
            gate.write_text("")
            with pytest.raises(grpc.RpcError) as ended:
                waiting.result()
            assert ended.value.code() == grpc.StatusCode.UNAVAILABLE
        _, errors = process.communicate(timeout=plugin.CALL_SECONDS)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 1
    assert errors.splitlines()[-1] == "ImportError: no such package"


def test_method_that_the_plugin_does_not_have_is_reported(started: Plugin) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        started.stub.Call(provider_pb2.CallRequest(tok="x"), timeout=plugin.CALL_SECONDS)
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
    with pytest.raises(grpc.RpcError) as refused:
        list(started.stub.List(provider_pb2.ListRequest(), timeout=plugin.CALL_SECONDS))
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED


CALLERS = 12


@pytest.mark.parametrize(("settings", "at_once"), [({}, CALLERS), ({"maxConnections": 3}, 3)])
def test_as_many_calls_run_at_once_as_there_are_connections(
    emulator: Emulator, owner: str, settings: dict[str, int], at_once: int
) -> None:
    """The dynamic host has 4 threads; here the number of connections is the only limit."""
    application_id = emulator.platform.register(owner, name="Sample")["id"]
    with plugin.running() as running, ThreadPoolExecutor(CALLERS) as callers:
        configure(running, emulator, owner, **settings)
        emulator.clear_calls()
        held = emulator.add_fault(Fault(kind="hold_before", times=None, method="GET"))
        calls = [
            callers.submit(
                running.call,
                "Invoke",
                tok="olt:index:getApplication",
                args={"applicationId": application_id},
            )
            for _ in range(CALLERS)
        ]
        held.wait_until_fired(at_once, plugin.CALL_SECONDS)
        held.release()
        found = {shown(getattr(each.result(), "return"))["id"] for each in calls}
    assert found == {application_id}
    assert emulator.connections == at_once


@contextmanager
def process_of(engine: socket.socket) -> Iterator[subprocess.Popen[str]]:
    """A plugin that an engine started, and that has printed its port."""
    address = f"127.0.0.1:{engine.getsockname()[1]}"
    with subprocess.Popen(
        [plugin.PROGRAM, address], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip().isdigit()
            yield process
        finally:
            process.kill()


def test_plugin_ends_when_its_engine_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as engine, process_of(engine) as process:
        engine.close()
        assert process.wait(plugin.CALL_SECONDS) == 0


def test_plugin_that_is_interrupted_as_it_starts_ends_without_a_traceback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as engine, process_of(engine) as process:
        process.send_signal(signal.SIGINT)
        _, printed = process.communicate(timeout=plugin.CALL_SECONDS)
        assert (process.returncode, printed) == (0, "")


def test_one_process_serves_one_provider_of_a_run(emulator: Emulator, owner: str) -> None:
    """In a debugger, the engine sends the requests of all providers to one process."""
    settings = {"apiUrl": emulator.api_url, "identityUrl": emulator.identity_url}
    first = settings | {"apiToken": emulator.token(owner)}
    second = settings | {"apiToken": emulator.token(new_tenant(emulator))}
    with socket.create_server(("127.0.0.1", 0)) as engine, plugin.running() as running:
        running.call("Attach", address=f"127.0.0.1:{engine.getsockname()[1]}")
        running.call("Configure", args=first, urn=provider_urn("one"))
        message = running.refused("Configure", args=second, urn=provider_urn("two"))
        assert "serves the provider 'one' already, and cannot serve 'two' too" in message
        checked_inputs = running.call("Check", urn=urn("app"), olds={}, news={}).inputs
        assert shown(checked_inputs)["tenantId"] == owner
        running.call("Configure", args=second, urn=provider_urn("one"))


def test_process_serves_another_provider_in_the_next_run(emulator: Emulator, owner: str) -> None:
    settings = {"apiUrl": emulator.api_url, "identityUrl": emulator.identity_url}
    with plugin.running() as running:
        for name in ("one", "two"):
            with socket.create_server(("127.0.0.1", 0)) as engine:
                running.call("Attach", address=f"127.0.0.1:{engine.getsockname()[1]}")
                arguments = settings | {"apiToken": emulator.token(owner), "userAgent": name}
                running.call("Configure", args=arguments, urn=provider_urn(name))
