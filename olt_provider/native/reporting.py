"""Errors as the engine shows them: one line for the user; a traceback only for a defect."""

from __future__ import annotations

import functools
import os
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

import grpc

from olt_provider.api.errors import OltError
from olt_provider.native.resources import PROPERTIES
from olt_provider.native.wording import Wording

wording = Wording(PROPERTIES)

F = TypeVar("F", bound=Callable[..., Any])


class InvalidRequestError(OltError):
    """A request that names what the plugin does not have."""


def reported(call: F) -> F:
    """End a call that raises with the error's message; ``OLT_DEBUG=1`` adds the traceback."""

    @functools.wraps(call)
    def reporting(servicer: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return call(servicer, request, context)
        except OltError as error:
            code, text = grpc.StatusCode.UNKNOWN, wording.of(str(error))
            if os.environ.get("OLT_DEBUG"):
                text = traceback.format_exc()
        except Exception:  # noqa: BLE001 - a defect: its traceback is what a report of it needs
            code, text = grpc.StatusCode.INTERNAL, traceback.format_exc()
        return context.abort(code, text)

    return reporting  # type: ignore[return-value]
