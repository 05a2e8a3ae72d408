"""``pulumi-resource-olt``: the plugin process, which the engine starts for each operation.

The engine waits for a port on the first line of stdout, so the servicer is imported after that.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, cast

import grpc

from olt_provider.stop_signals import stop_signals

THREADS: Final = 1024
"""The largest number of threads; they start when they are needed. Connections limit the API calls,
and a call that waits must not delay ``Cancel`` or the children of a component."""
MESSAGE_BYTES: Final = 400 * 1024 * 1024
"""The largest message, in bytes, that the engine accepts."""
WATCH_SECONDS: Final = 5.0
GRACE_SECONDS: Final = 600.0
"""Seconds to wait for running calls when the engine ends. They stop before their next step."""


class _DelayedService(grpc.GenericRpcHandler):
    """Accepts calls as bytes, and delays them until the servicer is imported."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._handlers: Sequence[grpc.GenericRpcHandler] = ()

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """Serve the waiting calls and later ones. The SDK calls this to register a servicer."""
        self._handlers = handlers
        self._ready.set()

    def add_registered_method_handlers(self, service: str, methods: Any) -> None:
        """Register the same handlers by name, as the code of newer generators does in addition."""

    def service(self, handler_call_details: Any) -> Any:
        """Return the handler of a call."""

        def call(request: bytes, context: grpc.ServicerContext) -> Any:
            self._ready.wait()
            for handlers in self._handlers:
                found: Any = handlers.service(handler_call_details)
                if found is not None and found.unary_unary is not None:
                    response = found.unary_unary(found.request_deserializer(request), context)
                    return found.response_serializer(response)
            method = handler_call_details.method
            return context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{method} is not implemented")

        return grpc.unary_unary_rpc_method_handler(call)


def main() -> None:
    """Serve until the engine ends this process or is gone."""
    late = _DelayedService()
    server = grpc.server(
        ThreadPoolExecutor(THREADS),
        handlers=[late],
        options=[
            ("grpc.max_receive_message_length", MESSAGE_BYTES),
            ("grpc.max_send_message_length", MESSAGE_BYTES),
        ],
    )
    with stop_signals(signal.SIGINT) as stopped:
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()

        address = _engine_address(sys.argv[1:])
        engine = _serve(late, address)
        stopped.settimeout(WATCH_SECONDS)
        interrupted = b""
        while not interrupted and (address is None or engine.is_running()):
            with suppress(TimeoutError):
                interrupted = stopped.recv(1)
    engine.cancel()
    server.stop(GRACE_SECONDS).wait()


def _serve(late: _DelayedService, address: str | None) -> Any:
    """Import the servicer. Ends the process if that fails, because calls are waiting."""
    # What is imported stays, and there is so much of it that scans for garbage take long.
    gc.disable()
    try:
        from olt_provider.native.engine import Engine
        from olt_provider.native.protocol import provider_pb2_grpc
        from olt_provider.native.servicer import Servicer

        engine = Engine(address)
        register = provider_pb2_grpc.add_ResourceProviderServicer_to_server
        register(Servicer(engine), cast("Any", late))
    except BaseException:  # noqa: BLE001 - an installation can be broken in any way
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    gc.freeze()
    gc.enable()
    return engine


def _engine_address(arguments: list[str]) -> str | None:
    """The engine's address: the last argument that is no option; a debugger passes none."""
    given = [each for each in arguments if not each.startswith("-")]
    return given[-1] if given else None


if __name__ == "__main__":
    main()
