"""Shortcuts that save computing time in each CLI call of the engine tests."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import subprocess
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key with which the engine marks values."""
SECRET = "1b47061264138c4ac30d75fd1eb44270"
COLLECTING = {"GOGC": "off", "GOMEMLIMIT": "500MiB"}
"""A twentieth of the work: the CLI and its plugins end before there is much to collect."""
LISTING = ["list", "-v", "--format", "json"]
"""How the language host calls pip before each program."""
PIP = """
import runpy
import sys

if sys.argv[1:] == {arguments!r}:
    print({listed!r})
else:
    sys.path.remove({folder!r})
    del sys.modules["pip"]
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


class KeyServer(ThreadingHTTPServer):
    """The two calls of a Vault server that the CLI makes for a stack's key.

    Deriving the key from a passphrase takes the CLI half a second of computing, each time.
    With the key, secrets are read and written without the CLI, which takes a quarter of a second.
    """

    PROVIDER = "hashivault://stacks"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Transit)
        self.keys: dict[str, str] = {}
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "VAULT_SERVER_URL": f"http://127.0.0.1:{self.server_address[1]}",
            "VAULT_SERVER_TOKEN": "unused",
        }

    def holds(self, encrypted_key: str) -> bool:
        """Whether a stack's key is one of this server."""
        return base64.b64decode(encrypted_key).decode() in self.keys

    def key(self, encrypted_key: str) -> AESGCM:
        """Return a stack's key."""
        return AESGCM(base64.b64decode(self.keys[base64.b64decode(encrypted_key).decode()]))

    def encrypted_again(self, held: AESGCM, encrypted_key: str, value: Any) -> Any:
        """Return a value of a state that another key encrypted, encrypted with a stack's key."""
        new = self.key(encrypted_key)
        return with_secrets(
            value, lambda secret: {**secret, "ciphertext": encrypt(new, decrypt(held, secret))}
        )


def key_of_passphrase(passphrase: str, salt: str) -> AESGCM:
    """Return the key that the CLI derives from a passphrase and the salt of a stack."""
    salted = base64.b64decode(salt.split(":")[1])
    return AESGCM(hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salted, 1_000_000, 32))


def encrypt(key: AESGCM, text: str) -> str:
    """Return a text as the CLI encrypts it."""
    nonce = secrets.token_bytes(12)
    sealed = key.encrypt(nonce, text.encode(), None)
    return ":".join(("v1", base64.b64encode(nonce).decode(), base64.b64encode(sealed).decode()))


def decrypt(key: AESGCM, secret: dict[str, Any]) -> str:
    """Return the text, JSON, of a secret in a state."""
    _, nonce, sealed = secret["ciphertext"].split(":")
    return key.decrypt(base64.b64decode(nonce), base64.b64decode(sealed), None).decode()


def with_secrets(value: Any, replace: Callable[[dict[str, Any]], Any]) -> Any:
    """Return a value of a state with each secret in it replaced."""
    if isinstance(value, list):
        return [with_secrets(each, replace) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get(SIGNATURE) == SECRET:
        return replace(value)
    return {key: with_secrets(each, replace) for key, each in value.items()}


class _Transit(BaseHTTPRequestHandler):
    server: KeyServer

    def do_PUT(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.startswith("/v1/transit/encrypt/"):
            name = f"vault:v1:{secrets.token_urlsafe()}"
            self.server.keys[name] = sent["plaintext"]
            self._send({"ciphertext": name})
        else:
            self._send({"plaintext": self.server.keys[sent["ciphertext"]]})

    def _send(self, data: dict[str, Any]) -> None:
        body = json.dumps({"data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


def cli_with_keys(pulumi: Path, folder: Path) -> Path:
    """A folder for PATH whose ``pulumi`` makes stacks whose key is in a key server."""
    folder.mkdir()
    source = f"""#!/bin/sh
case " $* " in *" stack init "*) set -- "$@" --secrets-provider {KeyServer.PROVIDER} ;; esac
exec '{pulumi}' "$@"
"""
    (folder / "pulumi").write_text(source, encoding="utf-8")
    (folder / "pulumi").chmod(0o755)
    return folder


def recorded_pip(python: Path, folder: Path) -> Path:
    """A folder for PYTHONPATH whose ``pip`` prints at once what ``pip list`` printed here."""
    listed = subprocess.run(
        [python / "python3", "-m", "pip", *LISTING], check=True, capture_output=True, text=True
    )
    package = folder / "pip"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    source = PIP.format(arguments=LISTING, listed=listed.stdout, folder=str(folder))
    (package / "__main__.py").write_text(source, encoding="utf-8")
    return folder
