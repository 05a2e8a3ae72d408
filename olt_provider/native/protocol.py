"""Pulumi's plugin protocol: its messages and services, without the rest of the SDK.

The SDK's package imports all of its code, which took a third of the plugin's start. So this module
is a package of the same files: ``provider_pb2``, ``resource_pb2_grpc`` and so on.
"""

# ruff: noqa: PLC0414 - "as" with the same name exports it

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi.runtime.proto import alias_pb2 as alias_pb2
    from pulumi.runtime.proto import engine_pb2 as engine_pb2
    from pulumi.runtime.proto import engine_pb2_grpc as engine_pb2_grpc
    from pulumi.runtime.proto import plugin_pb2 as plugin_pb2
    from pulumi.runtime.proto import provider_pb2 as provider_pb2
    from pulumi.runtime.proto import provider_pb2_grpc as provider_pb2_grpc
    from pulumi.runtime.proto import resource_pb2 as resource_pb2
    from pulumi.runtime.proto import resource_pb2_grpc as resource_pb2_grpc
    from pulumi.runtime.proto import status_pb2 as status_pb2


def _folders() -> list[str]:
    """Return the SDK's folder of the protocol. Finds the SDK without importing it."""
    sdk = find_spec("pulumi")
    if sdk is None:
        raise ModuleNotFoundError("No module named 'pulumi'", name="pulumi")
    return [str(Path(each, "runtime", "proto")) for each in sdk.submodule_search_locations or ()]


__path__ = _folders()
