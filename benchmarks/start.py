"""How long a provider process takes from its command to the port that it prints."""

from __future__ import annotations

import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import psutil

from benchmarks.results import NATIVE, OLT, Start
from tools.workspace import SetupError

COMMANDS: Final = {
    OLT: (sys.executable, "-u", "-m", "pulumi.dynamic"),
    NATIVE: (str(Path(sys.executable).with_name("pulumi-resource-olt")),),
}
"""As the engine starts them; its address is the last argument."""
LIMIT_SECONDS: Final = 60.0


def start(provider: str, environment: Mapping[str, str]) -> Start:
    """Start a provider process, and end it once it has printed its port. Raises ``SetupError``."""
    with socket.create_server(("127.0.0.1", 0)) as engine:
        command = [*COMMANDS[provider], f"127.0.0.1:{engine.getsockname()[1]}"]
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert process.stdout is not None
            ready, _, _ = select.select([process.stdout], [], [], LIMIT_SECONDS)
            seconds = time.perf_counter() - started
            times = psutil.Process(process.pid).cpu_times()
            port = process.stdout.readline().strip() if ready else b""
        finally:
            process.kill()
            process.communicate()
    if not port.isdigit():
        raise SetupError(f"{provider}: the process printed no port within {LIMIT_SECONDS:.0f} s")
    return Start(seconds=round(seconds, 4), cpu_seconds=round(times.user + times.system, 4))
