"""Shortcuts that save computing time in each CLI call of the engine tests."""

from __future__ import annotations

import json
import secrets
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

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
