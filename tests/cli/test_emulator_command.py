"""``olt emulator`` as a process of its own."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import requests
import trustme
from typer.testing import CliRunner

from olt_provider._version import __version__
from olt_provider.cli.app import app

TIMEOUT: Final = 20
OLT: Final = (sys.executable, "-c", "from olt_provider.cli import main; main()")
TENANT: Final = "a0000000-0000-4000-8000-0000000000aa"
SEED: Final[dict[str, Any]] = {
    "tenants": [
        {
            "id": TENANT,
            "name": "Seeded",
            "applications": [{"registration": {"name": "App"}, "clientSecret": "s3cr3t-s3cr3t-s3"}],
        }
    ]
}
NOT_ALLOWED: Final = f"""
tenants:
  - id: {TENANT}
    name: A
    applications: [{{registration: {{name: x}}, installedIn: [{TENANT}]}}]
"""


class Ended(NamedTuple):
    """A run of the command in this process."""

    returncode: int
    stdout: str
    stderr: str


def _olt(*arguments: str) -> Ended:
    loggers = [logging.getLogger(name) for name in ("olt_provider.emulator", "uvicorn")]
    before = [(list(each.handlers), each.level) for each in loggers]
    try:
        result = CliRunner().invoke(app, arguments)
    finally:  # else later tests log to this run's closed stream
        for each, (handlers, level) in zip(loggers, before, strict=True):
            each.handlers[:] = handlers
            each.setLevel(level)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return Ended(result.exit_code, result.stdout, result.stderr)


class Running:
    """A process of the command that is ready."""

    def __init__(self, process: subprocess.Popen[str], ready_file: Path) -> None:
        self.process = process
        self.ready_file = ready_file
        self.ready: dict[str, Any] = json.loads(ready_file.read_text(encoding="utf-8"))
        self.printed = ""

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        self.printed, _ = self.process.communicate(timeout=TIMEOUT)
        return self.process.returncode


@contextmanager
def _emulator(folder: Path, *arguments: str) -> Iterator[Running]:
    ready_file = folder / "ready.json"
    command = [*OLT, "emulator", "--ready-file", str(ready_file), *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder
    )
    watchdog = threading.Timer(TIMEOUT, process.kill)
    watchdog.start()
    printed: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            printed.append(line)
            if line.startswith("ready"):
                break
        watchdog.cancel()
        assert ready_file.exists(), "".join(printed)
        running = Running(process, ready_file)
        yield running
        running.printed = "".join(printed) + running.printed
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate(timeout=TIMEOUT)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One process for the tests that do not end it."""
    with _emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


def test_ready_file_holds_all_that_a_client_needs(running: Running) -> None:
    ready = running.ready
    assert set(ready) == {"apiUrl", "identityUrl", "pid", "tenants"}
    assert ready["pid"] == running.process.pid
    assert len(ready["tenants"]) == 2
    for tenant in ready["tenants"]:
        assert set(tenant) == {"id", "name", "apiToken"}
        headers = {"Authorization": f"Bearer {tenant['apiToken']}"}
        url = f"{ready['apiUrl']}/devices"
        assert requests.get(url, headers=headers, timeout=TIMEOUT).status_code == 200


def test_the_ready_file_is_for_its_owner_alone(running: Running) -> None:
    assert stat.S_IMODE(running.ready_file.stat().st_mode) == 0o600
    assert [file.name for file in running.ready_file.parent.iterdir()] == ["ready.json"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: int) -> None:
    with _emulator(tmp_path) as running:
        assert running.end(number) == 0
        assert not running.ready_file.exists()
    assert "Traceback" not in running.printed


def test_urls_and_tenants_are_printed(tmp_path: Path) -> None:
    with _emulator(tmp_path) as running:
        running.end()
        ready = running.ready
    assert ready["apiUrl"] in running.printed
    assert ready["identityUrl"] in running.printed
    assert all(tenant["id"] in running.printed for tenant in ready["tenants"])


def test_the_log_names_calls_and_nothing_secret(tmp_path: Path) -> None:
    with _emulator(tmp_path) as running:
        url, token = running.ready["apiUrl"], running.ready["tenants"][0]["apiToken"]
        headers = {"Authorization": f"Bearer {token}"}
        path = f"{url}/application-developer/applications"
        response = requests.post(path, json={"name": "x"}, headers=headers, timeout=TIMEOUT)
        client = response.json()["data"]["oauth2Client"]
        form = {
            "grant_type": "client_credentials",
            "client_id": client["id"],
            "client_secret": client["secret"],
        }
        endpoint = f"{url}/id/auth/realms/olt/protocol/openid-connect/token"
        requests.post(endpoint, data=form, headers={"tenant": TENANT}, timeout=TIMEOUT)
        requests.get(path, params={"token": token}, headers=headers, timeout=TIMEOUT)
        running.end()
    assert "POST /application-developer/applications 200" in running.printed
    assert "protocol/openid-connect/token 400" in running.printed
    assert token not in running.printed
    assert client["secret"] not in running.printed


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_seed_file(tmp_path: Path, form: str) -> None:
    seed = tmp_path / f"seed.{form}"
    text = json.dumps(SEED) if form == "json" else _as_yaml()
    seed.write_text(text, encoding="utf-8")
    with _emulator(tmp_path, "--seed", str(seed)) as running:
        (tenant,) = running.ready["tenants"]
        assert (tenant["id"], tenant["name"]) == (TENANT, "Seeded")
        headers = {"Authorization": f"Bearer {tenant['apiToken']}"}
        path = f"{running.ready['apiUrl']}/application-developer/applications"
        (found,) = requests.get(path, headers=headers, timeout=TIMEOUT).json()["data"]
        assert found["name"] == "App"


def _as_yaml() -> str:
    return f"""
    # a comment
    tenants:
      - id: {TENANT}
        name: Seeded
        applications:
          - clientSecret: s3cr3t-s3cr3t-s3
            registration:
              name: App
    """


def test_a_database_file_is_kept(tmp_path: Path) -> None:
    database = ("--database", str(tmp_path / "platform.sqlite"))
    for expected in (0, 1):
        with _emulator(tmp_path, *database) as running:
            token = running.ready["tenants"][0]["apiToken"]
            headers = {"Authorization": f"Bearer {token}"}
            path = f"{running.ready['apiUrl']}/application-developer/applications"
            found = requests.get(path, headers=headers, timeout=TIMEOUT).json()["data"]
            assert len(found) == expected
            requests.post(path, json={"name": "x"}, headers=headers, timeout=TIMEOUT)
            assert running.end() == 0


def _one_line(run: Ended | subprocess.CompletedProcess[str], *words: str, code: int = 2) -> bool:
    assert run.returncode == code, run.stderr
    assert run.stderr.count("\n") == 1, run.stderr
    assert all(word in run.stderr for word in words), run.stderr
    return True


def test_a_port_in_use_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert _one_line(_olt("emulator", "--port", port), port, "in use", code=1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, ("cannot read", "No such file")),
        ("{", ("neither YAML nor JSON",)),
        ("[]", ("is invalid",)),
        ("tenants: []", ("is invalid", "tenants")),
        (f"tenants: [{{id: {TENANT}, name: A, color: red}}]", ("is invalid", "color")),
        (
            NOT_ALLOWED,
            ("allowedTenants",),
        ),
    ],
)
def test_an_unusable_seed_is_one_line(
    tmp_path: Path, content: str | None, words: tuple[str, ...]
) -> None:
    seed = tmp_path / "seed.yaml"
    if content is not None:
        seed.write_text(content, encoding="utf-8")
    assert _one_line(_olt("emulator", "--seed", str(seed)), str(seed), *words)


def test_an_unusable_seed_does_not_show_its_secrets(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    broken = json.loads(json.dumps(SEED))
    broken["tenants"][0]["applications"][0]["clientSecret"] = ["s3cr3t-s3cr3t-s3"]
    seed.write_text(json.dumps(broken), encoding="utf-8")
    run = _olt("emulator", "--seed", str(seed))
    assert _one_line(run, "clientSecret")
    assert "s3cr3t-s3cr3t-s3" not in run.stderr


def test_an_unusable_database_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "other"
    file.write_text("no database" * 100, encoding="utf-8")
    assert _one_line(_olt("emulator", "--database", str(file)), str(file), "not a database")


def test_a_ready_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "ready.json"
    run = _olt("emulator", "--ready-file", str(missing))
    assert _one_line(run, "cannot write the ready file")


@pytest.mark.parametrize("arguments", [("--port", "x"), ("--port", "70000"), ("--nothing",)])
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    run = _olt("emulator", *arguments)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr


def test_version() -> None:
    assert _olt("--version").stdout == f"olt {__version__}\n"


def test_help_shows_examples() -> None:
    run = _olt("emulator", "--help")
    assert run.returncode == 0
    assert "olt emulator --port 8080 --ready-file ready.json" in run.stdout


def test_without_the_libraries_the_error_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise ModuleNotFoundError(name='typer')\n", "utf-8")
    run = subprocess.run(
        OLT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert (run.returncode, run.stderr) == (
        2,
        "olt needs more packages: pip install 'pulumi-olt[cli]'\n",
    )


def test_without_the_server_the_error_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "fastapi.py").write_text("raise ModuleNotFoundError(name='fastapi')\n", "utf-8")
    run = subprocess.run(
        [*OLT, "emulator"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert _one_line(run, "pip install 'pulumi-olt[emulator]'")


def test_a_token_of_a_role_is_printed_alone(running: Running) -> None:
    tenant = running.ready["tenants"][0]["id"]
    ready = ("--ready-file", str(running.ready_file))
    printed = _olt("emulator", "token", tenant, "--role", "reader", *ready)
    assert (printed.returncode, printed.stderr) == (0, "")
    headers = {"Authorization": f"Bearer {printed.stdout.strip()}"}
    path = f"{running.ready['apiUrl']}/application-developer/applications"
    assert requests.get(path, headers=headers, timeout=TIMEOUT).status_code == 200
    body = {"name": "x"}
    refused = requests.post(path, json=body, headers=headers, timeout=TIMEOUT)
    assert refused.status_code == 403


def test_a_reset_brings_the_seed_back(tmp_path: Path) -> None:
    with _emulator(tmp_path) as running:
        token = running.ready["tenants"][0]["apiToken"]
        headers = {"Authorization": f"Bearer {token}"}
        path = f"{running.ready['apiUrl']}/application-developer/applications"
        requests.post(path, json={"name": "x"}, headers=headers, timeout=TIMEOUT)
        assert _olt("emulator", "reset", "--url", running.ready["apiUrl"]).returncode == 0
        tenant = running.ready["tenants"][0]["id"]
        ready = ("--ready-file", str(running.ready_file))
        token = _olt("emulator", "token", tenant, *ready).stdout.strip()
        headers = {"Authorization": f"Bearer {token}"}
        assert requests.get(path, headers=headers, timeout=TIMEOUT).json()["data"] == []


@pytest.fixture
def authority(tmp_path: Path) -> dict[str, str]:
    """Files of a private authority, and of a certificate for 127.0.0.1 that it made."""
    made = trustme.CA()
    issued = made.issue_cert("127.0.0.1")
    files = {name: str(tmp_path / f"{name}.pem") for name in ("authority", "certificate", "key")}
    made.cert_pem.write_to_path(files["authority"])
    issued.private_key_pem.write_to_path(files["key"])
    for pem in issued.cert_chain_pems:
        pem.write_to_path(files["certificate"], append=True)
    return files


def test_https_for_those_who_trust_its_certificate(
    tmp_path: Path, authority: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = ("--tls-certificate", authority["certificate"], "--tls-key", authority["key"])
    with _emulator(tmp_path, *tls) as running:
        url = running.ready["apiUrl"]
        assert url.startswith("https://127.0.0.1:")
        reset = ("emulator", "reset", "--url", url)
        assert _one_line(_olt(*reset), "not trusted", "OLT_CA_BUNDLE", code=1)
        monkeypatch.setenv("OLT_CA_BUNDLE", authority["authority"])
        assert _olt(*reset).returncode == 0
        token = _olt("emulator", "token", TENANT, "--url", url).stdout.strip()
        headers = {"Authorization": f"Bearer {token}"}
        response = requests.get(
            f"{url}/devices", headers=headers, timeout=TIMEOUT, verify=authority["authority"]
        )
        assert response.status_code == 200
        monkeypatch.setenv("OLT_CA_BUNDLE", str(tmp_path / "missing.pem"))
        done = _olt(*reset)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "missing.pem" in done.stderr


def test_a_certificate_without_its_key_is_wrong_usage(authority: dict[str, str]) -> None:
    for name in ("certificate", "key"):
        done = _olt("emulator", f"--tls-{name}", authority[name])
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "--tls-certificate and --tls-key" in done.stderr


def test_an_unusable_certificate_is_one_line(tmp_path: Path, authority: dict[str, str]) -> None:
    (tmp_path / "empty.pem").touch()
    for name in ("empty.pem", "missing.pem"):
        file = str(tmp_path / name)
        run = _olt("emulator", "--tls-certificate", file, "--tls-key", authority["key"])
        assert _one_line(run, "cannot serve https", file)


def test_an_unknown_role_is_one_line(running: Running) -> None:
    ready = ("--ready-file", str(running.ready_file))
    assert _one_line(_olt("emulator", "token", TENANT, "--role", "king", *ready), "king", code=1)


def test_no_emulator_to_ask_is_one_line() -> None:
    with socket.socket() as unserved:
        unserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unserved.getsockname()[1]}"
        assert _one_line(_olt("emulator", "reset", "--url", url), "no emulator responds", code=1)


@pytest.mark.parametrize(
    "url",
    [
        "http://emulator.example:8080",
        "http://127.0.0.1.example:8080",
        "http://127.0.0.1@emulator.example/v1",
        "http://10.0.0.1",
        "https://[::2]:1/v1",
    ],
)
def test_an_emulator_elsewhere_is_wrong_usage(url: str) -> None:
    done = _olt("emulator", "token", TENANT, "--url", url)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "not this machine" in done.stderr


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A proxy that the environment names for everything, and a ``.netrc`` with a password."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password s3cr3t-s3cr3t-s3\n", "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, address)
            monkeypatch.setenv(name.lower(), address)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("NETRC", str(netrc))
        yield proxy


class Recorder(BaseHTTPRequestHandler):
    """Responds as the emulator does, and keeps the headers."""

    seen: list[dict[str, str]]

    def do_POST(self) -> None:
        self.seen.append(dict(self.headers))
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content = b'{"token": "t"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@pytest.mark.parametrize("command", [("token", TENANT), ("reset",)], ids=str)
def test_an_emulator_is_asked_without_proxy_and_netrc(
    trap: socket.socket, command: tuple[str, ...]
) -> None:
    Recorder.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/v1"
        done = _olt("emulator", *command, "--url", url)
        server.shutdown()
        thread.join()
    assert done.returncode == 0, done.stderr
    (headers,) = Recorder.seen
    assert "Authorization" not in headers
    trap.setblocking(False)
    with pytest.raises(BlockingIOError):
        trap.accept()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "no emulator given"),
        (("--url", "x"), "not a URL"),
        (("--ready-file", "none"), "cannot read"),
    ],
)
def test_without_an_emulator_it_is_wrong_usage(arguments: tuple[str, ...], word: str) -> None:
    done = _olt("emulator", "reset", *arguments)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert word in done.stderr
