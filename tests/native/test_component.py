"""``olt:index:BackgroundApplication`` against a stand-in of the engine's resource monitor."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2, resource_pb2
from pulumi.runtime.proto.resource_pb2_grpc import (
    ResourceMonitorServicer,
    add_ResourceMonitorServicer_to_server,
)

from olt_provider.api.errors import OltError
from olt_provider.native import wire
from olt_provider.native.component import Components
from tests.native.plugin import shown, urn

A, B = (f"{letter}0000000-0000-4000-8000-00000000000{letter}" for letter in "ab")
APPLICATION_ID = str(uuid.UUID(int=1))
COMPONENT = "olt:index:BackgroundApplication"
WAIT_SECONDS = 60.0


class Monitor(ResourceMonitorServicer):
    """Takes registrations; in a preview without IDs."""

    def __init__(self, *, preview: bool = False) -> None:
        self.preview = preview
        self.taken: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}
        self.waiting = threading.Event()
        self.waits_for: str | None = None
        self.refuses: str | None = None

    def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        if request.name == self.refuses:
            context.abort(grpc.StatusCode.UNKNOWN, "what the engine reports")
        if request.name == self.waits_for:
            ended = threading.Event()
            context.add_callback(ended.set)
            self.waiting.set()
            ended.wait(WAIT_SECONDS)
        self.taken[request.name if request.custom else COMPONENT] = request
        added = {"clientId": "c", "clientSecret": "s"} if "tenants" not in request.name else {}
        outputs = wire.sent(added, secrets=("clientSecret",))
        outputs.MergeFrom(request.object)
        if request.type == "olt:index:Installation":
            outputs.fields["installedAt"].string_value = "2026-01-01T00:00:00.000Z"
        return resource_pb2.RegisterResourceResponse(
            urn=urn(request.name, request.type),
            id="" if self.preview else APPLICATION_ID,
            object=outputs,
        )

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.outputs = shown(request.outputs)
        return Empty()


class Engine:
    """A monitor that is served, and components that use it."""

    def __init__(self, monitor: Monitor) -> None:
        self.monitor = monitor
        self.components = Components()
        self._server = grpc.server(ThreadPoolExecutor(4))
        add_ResourceMonitorServicer_to_server(monitor, self._server)
        self._port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def construct(self, **fields: Any) -> Any:
        inputs = wire.sent(fields.pop("inputs"))
        request = provider_pb2.ConstructRequest(
            type=fields.pop("type", COMPONENT),
            name="readers",
            monitorEndpoint=f"127.0.0.1:{self._port}",
            inputs=inputs,
            **fields,
        )
        return self.components.construct(request)

    def stop(self) -> None:
        self._server.stop(None).wait()


@pytest.fixture
def engine_stand_in() -> Iterator[Engine]:
    engine = Engine(Monitor())
    yield engine
    engine.stop()


def test_component_registers_an_application_and_an_installation_per_tenant(
    engine_stand_in: Engine,
) -> None:
    response = engine_stand_in.construct(
        inputs={"tenants": {B: "customer", A.upper(): None}, "url": "https://a"}
    )
    taken = engine_stand_in.monitor.taken
    assert list(taken) == [COMPONENT, "readers", f"readers-{A}", f"readers-{B}"]
    assert shown(taken["readers"].object) == {
        "url": "https://a",
        "allowedTenants": {A: "", B: "customer"},
    }
    assert shown(taken[f"readers-{A}"].object) == {"applicationId": APPLICATION_ID, "tenantId": A}
    for name in ("readers", f"readers-{A}"):
        assert taken[name].parent == response.urn
    outputs = engine_stand_in.monitor.outputs
    assert outputs["applicationId"] == APPLICATION_ID
    assert outputs["clientId"] == "c"
    assert outputs["clientSecret"][wire.SIGNATURE] == wire.SECRET
    assert sorted(outputs["installedAt"]) == [A, B]
    assert shown(response.state) == outputs


def test_component_in_a_preview_hands_on_an_unknown_application_id() -> None:
    engine = Engine(Monitor(preview=True))
    try:
        engine.construct(inputs={"tenants": {A: ""}})
    finally:
        engine.stop()
    installation = engine.monitor.taken[f"readers-{A}"]
    assert shown(installation.object)["applicationId"] == wire.UNKNOWN_STRING


def test_component_hands_its_options_to_its_children(engine_stand_in: Engine) -> None:
    provider = f"{urn('mine', 'pulumi:providers:olt')}::{uuid.UUID(int=2)}"
    engine_stand_in.construct(
        inputs={"tenants": {A: ""}}, protect=True, providers={"olt": provider}
    )
    for name in ("readers", f"readers-{A}"):
        child = engine_stand_in.monitor.taken[name]
        assert child.provider == provider
        assert child.protect


def test_component_and_children_have_the_aliases_of_the_dynamic_form(
    engine_stand_in: Engine,
) -> None:
    engine_stand_in.construct(inputs={"tenants": {A: ""}})
    aliases = {
        name: [each.spec.type for each in request.aliases]
        for name, request in engine_stand_in.monitor.taken.items()
    }
    assert aliases == {
        COMPONENT: ["olt:index:OltBackgroundApplication"],
        "readers": ["pulumi-python:dynamic/olt:OltApplication"],
        f"readers-{A}": ["pulumi-python:dynamic/olt:OltInstallation"],
    }


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "readers: tenants is missing"),
        ({"tenants": wire.UNKNOWN_STRING}, "readers: tenants is not known yet"),
        ({"tenants": {"x": ""}}, "readers: tenants: tenant 1 of 1"),
        ({"tenants": {A: ""}, "allowedTenants": {}}, "allowedTenants is not a property"),
    ],
)
def test_bad_component_is_refused_before_anything_is_registered(
    engine_stand_in: Engine, inputs: dict[str, Any], message: str
) -> None:
    with pytest.raises(OltError, match=message):
        engine_stand_in.construct(inputs=inputs)
    assert engine_stand_in.monitor.taken == {}


def test_unknown_component_is_refused(engine_stand_in: Engine) -> None:
    with pytest.raises(OltError, match="has no component olt:index:Fleet"):
        engine_stand_in.construct(inputs={}, type="olt:index:Fleet")


def test_cancelled_component_waits_for_no_child(engine_stand_in: Engine) -> None:
    """The engine does not respond to the registration of a child that failed."""
    engine_stand_in.monitor.waits_for = f"readers-{A}"
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(engine_stand_in.construct, inputs={"tenants": {A: "", B: ""}})
        assert engine_stand_in.monitor.waiting.wait(WAIT_SECONDS)
        engine_stand_in.components.cancel()
        with pytest.raises(OltError, match=f"readers-{A}: the engine stopped before"):
            call.result(WAIT_SECONDS)
    with pytest.raises(OltError, match="the engine stopped before"):
        engine_stand_in.construct(inputs={"tenants": {A: ""}})
    assert f"readers-{B}" not in engine_stand_in.monitor.taken


def test_child_that_the_engine_refuses_is_named_in_one_line(engine_stand_in: Engine) -> None:
    engine_stand_in.monitor.refuses = "readers"
    with pytest.raises(OltError, match=r"^readers: the engine refused it: what the engine"):
        engine_stand_in.construct(inputs={"tenants": {A: ""}})
