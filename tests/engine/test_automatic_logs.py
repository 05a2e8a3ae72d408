"""The CLI's automatic logs: their secrets, `pulumi logs share`, and how to disable them."""

from __future__ import annotations

import base64
import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from olt_provider.emulator import Emulator
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tools.workspace import ROOT

LOGGING: Final = (ROOT / "docs" / "logging.md").read_text("utf-8")
PROPERTY: Final = "Unmarshaling property for RPC"
MAGIC: Final = b"PLOG"
KEY: Final = b"k" * 32
PROGRAM: Final = """
import pulumi
from olt_provider import OltApplication, Provider

config = pulumi.Config()
provider = Provider(
    "explicit",
    api_token=config.require_secret("token"),
    api_url={url!r},
    identity_url={url!r},
    tenant_id={tenant_id!r},
)
app = OltApplication(
    "app",
    rotate_secret_when_changed={{"scheduled": config.get("rotation") or "never"}},
    opts=pulumi.ResourceOptions(provider=provider),
)
pulumi.export("client_secret", app.client_secret)
"""


class Service(BaseHTTPRequestHandler):
    """Hands out the key that `pulumi logs share` encrypts with."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        session = {"sessionID": "1", "sessionKeyType": "plog_v1"}
        session["sessionKey"] = base64.b64encode(KEY).decode()
        content = json.dumps(session).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def token(emulator: Emulator, owner: str) -> str:
    return emulator.token(owner)


@pytest.fixture
def stack(
    emulator: Emulator, new_stack: MakeStack, owner: str, token: str, tmp_path: Path
) -> Stack:
    """A stack with the token of an explicit provider, and a PULUMI_HOME of its own."""
    stack = new_stack(PROGRAM.format(url=emulator.api_url, tenant_id=owner))
    stack.config("token", token, secret=True)
    stack.env["PULUMI_HOME"] = str(tmp_path / "home")
    return stack


def logs_of(stack: Stack) -> list[Path]:
    """The logs of the operations on the stack, oldest first."""
    folder = Path(stack.env["PULUMI_HOME"]) / "logs"
    return sorted(folder.glob("organization+test+dev-*.log"), key=lambda file: file.stat().st_ctime)


def messages(lines: str, secret: str) -> list[str]:
    return [json.loads(line)["msg"] for line in lines.splitlines() if secret in line]


def decrypted(file: Path) -> str:
    """The format is that of pulumi/pkg/engine/encryptedlog: a header, then chunks."""
    data = file.read_bytes()
    assert data.startswith(MAGIC)
    rest, lines = data[7 + int.from_bytes(data[5:7], "big") :], b""
    while rest:
        length = int.from_bytes(rest[:4], "big")
        chunk, rest = rest[4 : 4 + length], rest[4 + length :]
        lines += gzip.decompress(AESGCM(KEY).decrypt(chunk[:12], chunk[12:], None))
    return lines.decode()


def test_automatic_logs_hold_secrets_and_sharing_sends_them(
    stack: Stack, token: str, service: str
) -> None:
    stack.up()
    registered = stack.outputs()["client_secret"]
    stack.refresh()
    stack.config("rotation", "2030-01")
    stack.up()
    rotated = stack.outputs()["client_secret"]
    stack.destroy()

    found: dict[str, list[str]] = {}
    for log in logs_of(stack):
        data = log.read_bytes()
        assert data.startswith(MAGIC)
        lines = stack.run("logs", "decrypt", str(log)).stdout
        for secret in (registered, rotated, token):
            assert secret.encode() not in data
            found.setdefault(secret, []).extend(messages(lines, secret))
    for secret, shown in found.items():
        assert all(message.startswith(PROPERTY) for message in shown), len(secret)
    for operation in ("Create", "Read"):
        assert any(f".{operation}(" in message for message in found[registered])
    assert any(".Update(" in message for message in found[rotated])
    assert all("RegisterResource(pulumi:providers:" in message for message in found[token])
    assert found[token]

    shared = logs_of(stack)[0]
    stack.run("logs", "share", str(shared), env={"PULUMI_API": service})
    sent = decrypted(shared.with_name(shared.name.removesuffix(".log") + ".shared.log"))
    assert messages(sent, registered)
    assert messages(sent, token)


def test_a_file_in_place_of_the_folder_ends_automatic_logs(stack: Stack) -> None:
    home = Path(stack.env["PULUMI_HOME"])
    home.mkdir()
    (home / "logs").touch()
    stack.up()
    assert (home / "logs").read_bytes() == b""
    assert [file.name for file in home.rglob("*.log")] == []


def test_logging_page_states_what_these_tests_show() -> None:
    section = LOGGING.partition("## Before you run `pulumi logs share`")[2]
    for words in (PROPERTY, "PULUMI_HOME", "not removed", "touch", "pulumi logs remove"):
        assert words in section
