"""``pulumi-resource-olt``: the plugin that the engine starts for each operation.

The engine waits for a port on the first line of stdout, so the rest is imported after that.
"""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, cast

THREADS: Final = 1024
"""At most; they are started as they are needed. Connections limit the calls to the platform, and
a call that waits must not keep ``Cancel`` or the children of a component waiting."""
MESSAGE_BYTES: Final = 400 * 1024 * 1024
"""As much as the engine accepts."""
WATCH_SECONDS: Final = 5.0
GRACE_SECONDS: Final = 600.0
"""For calls that run when the engine ends: they stop by themselves before their next step."""


class _Late:
    """Takes calls at once and lets them wait until the servicer is imported."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._servicer: Any = None

    def serve(self, servicer: Any) -> None:
        self._servicer = servicer
        self._ready.set()

    def __getattr__(self, name: str) -> Any:
        def call(request: Any, context: Any) -> Any:
            self._ready.wait()
            return getattr(self._servicer, name)(request, context)

        return call


def main() -> None:
    """Serve until the engine ends this process, or is gone."""
    import grpc
    from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server

    late = _Late()
    server = grpc.server(
        ThreadPoolExecutor(THREADS),
        options=[
            ("grpc.max_receive_message_length", MESSAGE_BYTES),
            ("grpc.max_send_message_length", MESSAGE_BYTES),
        ],
    )
    add_ResourceProviderServicer_to_server(cast("Any", late), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()

    from olt_provider.native.engine import Engine
    from olt_provider.native.servicer import Servicer

    address = _engine_address(sys.argv[1:])
    engine = Engine(address)
    late.serve(Servicer(engine))
    watch = threading.Event()
    try:
        while address is None or engine.is_running():
            watch.wait(WATCH_SECONDS)
    except KeyboardInterrupt:
        pass
    engine.cancel()
    server.stop(GRACE_SECONDS).wait()


def _engine_address(arguments: list[str]) -> str | None:
    """The engine's address: the last argument that is no option; none in a debugger."""
    given = [each for each in arguments if not each.startswith("-")]
    return given[-1] if given else None


if __name__ == "__main__":
    main()
