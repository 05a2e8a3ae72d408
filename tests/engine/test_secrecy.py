"""No secret in any output, in the state or in the platform's access log."""

from __future__ import annotations

import gzip
import json
import logging
import re
from pathlib import Path

import pytest

from olt_provider.emulator import PORTAL_CLIENT, Emulator
from tests.engine.conftest import MakeStack
from tests.engine.harness import Result, Stack
from tests.engine.hosts import both_hosts_long
from tests.engine.olt import installed
from tests.long import long

pytestmark = [both_hosts_long]

# At -v=9 the engine itself prints properties, for any provider.
ENGINES_OWN = "arshaling property for RPC"
# Any token that the emulator issued, those that the provider fetched by itself included.
ANY_TOKEN = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+")

GZIP = b"\x1f\x8b"

# Python runs this module at the start of every process, the dynamic host's included.
SITE = """
import logging
logging.basicConfig(filename={log!r}, level=logging.DEBUG, format="%(name)s %(message)s")
"""

Configuration = dict[str, tuple[str, bool]]
"""Key -> value, and whether it is a secret."""


def api_token(emulator: Emulator, owner: str) -> Configuration:
    return {"apiToken": (emulator.token(owner), True)}


def tenant_tokens(emulator: Emulator, owner: str) -> Configuration:
    return {"tenantTokens": (json.dumps({owner: emulator.token(owner)}), True)}


def client_credentials(emulator: Emulator, owner: str) -> Configuration:
    deployer = emulator.platform.register(owner, name="deployer", allowed_tenants=[owner])
    emulator.platform.install(deployer["id"], owner)
    client = deployer["oauth2Client"]
    return {"clientId": (client["id"], False), "clientSecret": (client["secret"], True)}


def refresh_token(emulator: Emulator, owner: str) -> Configuration:
    return {
        "clientId": (PORTAL_CLIENT, False),
        "refreshToken": (emulator.refresh_token([owner]), True),
    }


def shown(result: Result) -> str:
    return "\n".join(line for line in result.output.splitlines() if ENGINES_OWN not in line)


def kept(stack: Stack) -> str:
    """Return all files of the backend, including the history."""
    files = [file for file in stack.backend.rglob("*") if file.is_file()]
    assert any("checkpoint" in _read(file) for file in files)
    return "\n".join(_read(file) for file in files)


def _read(file: Path) -> str:
    data = file.read_bytes()
    return (gzip.decompress(data) if data.startswith(GZIP) else data).decode()


@pytest.mark.parametrize(
    ("source", "verbosity", "compressed"),
    [
        long(api_token, 8, False),
        (tenant_tokens, 8, True),
        long(client_credentials, 8, False),
        long(refresh_token, 9, True),
    ],
)
def test_no_operation_shows_a_secret(
    emulator: Emulator,
    new_stack: MakeStack,
    owner: str,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    source: object,
    verbosity: int,
    compressed: bool,
) -> None:
    assert callable(source)
    caplog.set_level(logging.DEBUG)  # the emulator's own access log, and all else in this process
    configuration: Configuration = source(emulator, owner)
    declared = {"allowed_tenants": [owner], "name": "Sample"}
    stack = new_stack(installed(owner, **declared))
    log = tmp_path / "python.log"
    (tmp_path / "sitecustomize.py").write_text(SITE.format(log=str(log)))
    stack.env.update(
        {
            "OLT_API_URL": emulator.api_url,
            "OLT_IDENTITY_URL": emulator.identity_url,
            "PYTHONPATH": str(tmp_path),
            "PULUMI_DIY_BACKEND_GZIP": str(compressed).lower(),
        }
    )
    stack.config("olt:tenantId", owner)  # credentials of several tenants name none
    for key, (value, secret) in configuration.items():
        stack.config(f"olt:{key}", value, secret=secret)
    loud = (f"-v={verbosity}", "--debug", "--logtostderr")
    results = [stack.up(*loud, preview=True)]
    outputs = stack.outputs()
    assert emulator.platform.secret_is_valid(outputs["client_id"], outputs["client_secret"])
    results.append(stack.refresh(*loud))
    stack.program(installed(owner, **declared | {"name": "Renamed"}))
    results += [stack.preview("--diff", *loud), stack.up(*loud)]
    stack.program(installed(owner, **declared | {"name": ""}))
    results.append(stack.up(*loud, expect_failure=True))
    texts = [kept(stack)]
    results.append(stack.destroy(*loud))
    logged = log.read_text()
    assert "olt_provider.api" in logged
    assert "urllib3.connectionpool" in logged
    texts += [*(shown(result) for result in results), caplog.text, logged]
    secrets = [value for value, secret in configuration.values() if secret]
    for value in (outputs["client_secret"], *secrets):
        assert [value in text for text in texts] == [False] * len(texts)
    assert [bool(ANY_TOKEN.search(text)) for text in texts] == [False] * len(texts)
