"""Errors in the form that the engine shows: one line, and a traceback only for a defect."""

from __future__ import annotations

import functools
import os
import traceback
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

import grpc
from google.protobuf import any_pb2

from olt_provider.api.errors import OltError
from olt_provider.native import wire
from olt_provider.native.names import APPLICATION, Wording, resource_type
from olt_provider.native.protocol import provider_pb2, status_pb2
from olt_provider.native.resources import (
    PROPERTIES,
    RESOURCES,
    PartialStateError,
    damage,
    secrets,
)
from olt_provider.printable import one_line

OTHER_NAMES: Final = frozenset({"delete_before_replace", "env_var_mappings", "find_applications"})
"""Names of resource options and functions in messages."""


class MessageWording(Wording):
    """The wording of messages, which are one line each."""

    def of(self, text: str) -> str:
        """Return the text in one line that is safe for terminals and logs."""
        return one_line(super().of(text))


wording = MessageWording(PROPERTIES | OTHER_NAMES)
SECRETS: Final = secrets(RESOURCES[APPLICATION])

F = TypeVar("F", bound=Callable[..., Any])


class InvalidRequestError(OltError):
    """A request for something that the plugin does not have."""


class _Status(NamedTuple):
    """A ``grpc.Status``."""

    code: grpc.StatusCode
    details: str
    trailing_metadata: Any


def _partial(error: PartialStateError, request: Any) -> Any:
    """Return the status with which the engine keeps what exists, and updates it in the next run."""
    updates = isinstance(request, provider_pb2.UpdateRequest)
    alike = request.news if updates else request.properties
    text = wording.of(str(error))
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.existing.id,
        properties=wire.sent(error.existing.outputs, alike, secrets=SECRETS),
        reasons=[text],
    )
    packed = any_pb2.Any()
    packed.Pack(detail)
    status = status_pb2.Status(
        code=grpc.StatusCode.UNKNOWN.value[0], message=text, details=[packed]
    )
    metadata = (("grpc-status-details-bin", status.SerializeToString()),)
    return _Status(grpc.StatusCode.UNKNOWN, text, metadata)


def _damage(request: Any) -> str | None:
    """Return the error for a request whose state is damaged."""
    fields = request.DESCRIPTOR.fields_by_name
    state = next((name for name in ("olds", "properties") if name in fields), None)
    resource = RESOURCES.get(resource_type(request.urn)) if "urn" in fields and state else None
    return damage(resource, wire.received(getattr(request, str(state)))) if resource else None


def reported(call: F) -> F:
    """End a failed call with the error's message; ``OLT_DEBUG=1`` adds the traceback."""

    @functools.wraps(call)
    def reporting(servicer: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return call(servicer, request, context)
        except PartialStateError as error:
            return context.abort_with_status(_partial(error, request))
        except OltError as error:
            code, text = grpc.StatusCode.UNKNOWN, wording.of(str(error))
            if os.environ.get("OLT_DEBUG"):
                text = traceback.format_exc()
        except Exception:  # noqa: BLE001 - a defect, which is reported with its traceback
            code, text = grpc.StatusCode.INTERNAL, traceback.format_exc()
            damaged = _damage(request)
            if damaged is not None and not os.environ.get("OLT_DEBUG"):
                code, text = grpc.StatusCode.UNKNOWN, wording.of(damaged)
        return context.abort(code, text)

    return reporting  # type: ignore[return-value]
