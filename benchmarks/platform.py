"""The platform of a benchmark: the emulator in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import requests
import trustme

from benchmarks.results import Case
from tools import processes
from tools.workspace import SetupError

START_SECONDS: Final = 60
LOOK_EVERY: Final = 0.05
ADMIN_SECONDS: Final = 60


class ServedPlatform:
    """A running emulator, created by ``serving``."""

    def __init__(self, api_url: str, authority: Path | None) -> None:
        self.api_url = api_url
        self.authority = authority
        """The authority that signed its certificate; None for plain HTTP."""
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy is used
        self._session.verify = str(authority) if authority else True

    def tenant(self) -> tuple[str, str]:
        """Create a tenant. Returns its ID and an API token."""
        tenant_id = str(uuid.uuid4())
        return tenant_id, str(self._ask("POST", "token", {"tenantId": tenant_id})["token"])

    def wait_before_every_call(self, milliseconds: int) -> None:
        """Delay all calls by this time."""
        if milliseconds:
            fault = {"kind": "latency", "seconds": milliseconds / 1000, "times": None}
            self._ask("POST", "faults", fault)

    def forget(self) -> None:
        """Count calls from 0."""
        self._ask("DELETE", "calls")

    def counted(self) -> tuple[dict[str, int], int, int]:
        """Return calls by method, connections and refused calls since the last time."""
        counted = self._ask("GET", "calls")
        calls = counted["calls"]
        refused = sum(1 for call in calls if call["status"] is None or call["status"] >= 400)
        methods = dict(sorted(Counter(str(call["method"]) for call in calls).items()))
        return methods, counted["connections"] - 1, refused  # this request counts too

    def _ask(self, method: str, what: str, body: dict[str, Any] | None = None) -> Any:
        url = f"{self.api_url.removesuffix('/v1')}/_emulator/{what}"
        # A new connection each time, so that the number of our own connections is known.
        with self._session as session:
            response = session.request(
                method, url, json=body, timeout=ADMIN_SECONDS, headers={"Connection": "close"}
            )
        response.raise_for_status()
        return response.json()


@contextmanager
def serving(case: Case, folder: Path, environment: dict[str, str]) -> Iterator[ServedPlatform]:
    """Serve the platform of a case while the block runs. Raises ``SetupError``."""
    folder.mkdir()
    ready, log = folder / "ready.json", folder / "emulator.log"
    command = [str(Path(sys.executable).parent / "olt"), "emulator", "--ready-file", str(ready)]
    authority = _certify(folder, command) if case.tls else None
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SetupError(f"the emulator did not start: {log.read_text().strip()[-500:]}")
            time.sleep(LOOK_EVERY)
        platform = ServedPlatform(json.loads(ready.read_text())["apiUrl"], authority)
        platform.wait_before_every_call(case.latency_ms)
        yield platform
    finally:
        processes.end(process)


def _certify(folder: Path, command: list[str]) -> Path:
    """Serve ``https`` with a certificate of a new authority, whose certificate is returned."""
    made = trustme.CA()
    issued = made.issue_cert("127.0.0.1")
    authority, certificate, key = (folder / f"{name}.pem" for name in ("authority", "chain", "key"))
    made.cert_pem.write_to_path(authority)
    issued.private_key_pem.write_to_path(key)
    for pem in issued.cert_chain_pems:
        pem.write_to_path(certificate, append=True)
    command += ["--tls-certificate", str(certificate), "--tls-key", str(key)]
    return authority
