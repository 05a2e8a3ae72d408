"""A plugin process, called over gRPC like the engine does."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from olt_provider.native import wire

PROGRAM = Path(sys.executable).with_name("pulumi-resource-olt")
START_SECONDS = 60.0
CALL_SECONDS = 60.0


class Plugin:
    """A running plugin. ``urn`` makes URNs of its resources."""

    def __init__(self, channel: grpc.Channel, port: int) -> None:
        self.stub = ResourceProviderStub(channel)
        self.port = port

    def call(self, method: str, **fields: Any) -> Any:
        """Call a method; mappings become properties."""
        name = REQUESTS.get(method, f"{method}Request")
        request = getattr(plugin_pb2 if name.startswith("Plugin") else provider_pb2, name)(
            **{
                key: wire.sent(value) if isinstance(value, Mapping) else value
                for key, value in fields.items()
            }
        )
        return getattr(self.stub, method)(request, timeout=CALL_SECONDS)

    def refused(self, method: str, **fields: Any) -> str:
        """The message of a call that must fail."""
        try:
            self.call(method, **fields)
        except grpc.RpcError as error:
            return str(error.details())
        raise AssertionError(f"{method} succeeded")

    def configure(self, **arguments: Any) -> None:
        """Configure the engine's own provider."""
        self.call("Configure", args=arguments, urn=provider_urn("default_0_1_0"))


REQUESTS = {
    "Handshake": "ProviderHandshakeRequest",
    "CheckConfig": "CheckRequest",
    "Attach": "PluginAttach",
    "DiffConfig": "DiffRequest",
}


@contextmanager
def running(
    env: Mapping[str, str] | None = None, command: Sequence[str] = (str(PROGRAM),)
) -> Iterator[Plugin]:
    """Start a plugin, and end it afterwards."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env={**os.environ, **(env or {})},
        text=True,
    )
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
        assert ready, "the plugin printed no port"
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Plugin(channel, port)
    finally:
        process.kill()
        process.communicate()


def urn(name: str, token: str = "olt:index:Application") -> str:
    """The URN of a resource."""
    return f"urn:pulumi:dev::test::{token}::{name}"


def provider_urn(name: str) -> str:
    """The URN of a provider."""
    return urn(name, "pulumi:providers:olt")


def shown(struct: Struct) -> dict[str, Any]:
    """Properties as plain JSON, with marks of secrets."""
    shown: dict[str, Any] = json.loads(json.dumps(MessageToDict(struct)))
    return shown
