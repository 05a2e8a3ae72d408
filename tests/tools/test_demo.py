"""`make demo`: a complete run, and an interruption at its busiest step."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.engine.shortcuts import COLLECTING, KeyServer, cli_with_keys
from tests.long import long
from tools import demo
from tools.sandbox import InterruptedDemoError, Sandbox, Signals
from tools.workspace import ROOT, SetupError

END_TIMEOUT = 30.0
LINE_LIMIT = 2000


def running_for(folder: Path) -> list[str]:
    """The command lines of all processes that have a folder in their environment."""
    if Path("/proc/self/environ").exists():
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if os.fsencode(folder) in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        return found
    listed = subprocess.run(
        ["ps", "-A", "-E", "-ww", "-o", "command="], check=True, capture_output=True, text=True
    )
    return [line for line in listed.stdout.splitlines() if str(folder) in line]


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_the_demo_shows_the_main_job_and_leaves_nothing(
    engine_folder: Path,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    cli = cli_with_keys(engine_folder / "pulumi", tmp_path_factory.mktemp("demo") / "cli")
    monkeypatch.setattr(demo, "find_engine", lambda: cli)
    monkeypatch.setenv("PATH", os.pathsep.join((str(engine_folder), os.environ["PATH"])))
    for name, value in (KeyServer().environment | COLLECTING).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OLT_API_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OLT_API_TOKEN", "of another platform, which the demo must not touch")
    secrets: set[str] = set()
    read = Sandbox.read

    def remember(sandbox: Sandbox, command: str) -> Any:
        outputs = read(sandbox, command)
        secrets.add(outputs["client_secret"])
        return outputs

    monkeypatch.setattr(Sandbox, "read", remember)
    demo.run_demo(Signals())
    shown = capfd.readouterr().out
    steps = re.findall(r"^\[(\d)/(\d)\]", shown, re.MULTILINE)
    assert steps == [(str(number + 1), str(demo.STEPS)) for number in range(demo.STEPS)]
    for line in (
        "+ 3 to create",
        "client_secret : [secret]",
        '"installed": true',
        "RGB LED",
        '~ name: "Sample Application" => "Renamed Application"',
        "~ 1 updated",
        "- 3 deleted",
        "Applications that the tenant owns now: 0",
    ):
        assert line in shown
    assert shown.count("Calls to the platform: none") == 2
    assert "Calls to the platform: PATCH /application-developer/applications/" in shown
    assert len(secrets) == 1
    assert not [secret for secret in secrets if secret in shown]
    assert "eyJ" not in shown
    assert list(tmp_path.iterdir()) == []
    assert running_for(tmp_path) == []


@contextmanager
def performing(command: list[str], folder: Path, engine: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo that runs in a process group of its own, as a terminal would start it."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    path = os.pathsep.join([str(engine), os.environ["PATH"]])
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=kept | {"TMPDIR": str(folder), "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def read_until(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout is not None
    shown = []
    for line in process.stdout:
        shown.append(line)
        if text in line:
            return
        assert len(shown) < LINE_LIMIT
    pytest.fail(f"the demo ended before it showed {text!r}:\n{''.join(shown)[-2000:]}")


DIRECTLY = [sys.executable, "-m", "tools.demo"]


@pytest.mark.engine
@pytest.mark.timeout(200)
@pytest.mark.parametrize(
    ("command", "reached", "numbers"),
    [
        long(DIRECTLY, "[1/", [signal.SIGINT], id="Ctrl-C at the start"),
        long(DIRECTLY, "$ pulumi preview", [signal.SIGTERM], id="SIGTERM in a preview"),
        pytest.param(
            ["make", "demo"],
            "OltApplication sample-application creating",
            [signal.SIGINT, signal.SIGINT],
            id="Ctrl-C twice in an update, under make",
        ),
    ],
)
def test_an_interrupted_demo_leaves_no_process_and_no_folder(
    command: list[str],
    reached: str,
    numbers: list[signal.Signals],
    engine_folder: Path,
    tmp_path: Path,
) -> None:
    with performing(command, tmp_path, engine_folder) as process:
        read_until(process, reached)
        for number in numbers:
            os.killpg(process.pid, number)
        output, _ = process.communicate(timeout=END_TIMEOUT)
    assert process.returncode != 0
    assert "all processes have ended, and all files are removed" in output
    assert "Traceback" not in output
    assert list(tmp_path.iterdir()) == []
    assert running_for(tmp_path) == []


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Sandbox(Signals(), os.environ) as sandbox:
        yield sandbox
    assert list(tmp_path.iterdir()) == []


def python(code: str) -> str:
    return f"{sys.executable} -c {shlex.quote(code)}"


def test_a_step_that_fails_is_named(sandbox: Sandbox) -> None:
    with pytest.raises(SetupError, match=r"sys.exit\(3\)'` ended with exit code 3"):
        sandbox.run(python("import sys; sys.exit(3)"))


def test_a_server_that_does_not_start_is_reported_with_its_last_output(sandbox: Sandbox) -> None:
    with pytest.raises(SetupError, match="did not start: no port is free"):
        sandbox.serve(python("print(chr(110) + 'o port is free')"), sandbox.folder / "ready")


def test_a_long_step_reports_that_it_still_runs(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looks: list[float] = []
    enough = sandbox.folder / "enough"

    def look(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            enough.touch()

    monkeypatch.setattr("tools.sandbox.PROGRESS_EVERY", 0)
    monkeypatch.setattr(sandbox._signals, "wait", look)
    sandbox.run(python(f"import os\nwhile not os.path.exists({str(enough)!r}): pass"))
    assert "[demo] still running" in capsys.readouterr().err


def test_what_a_step_leaves_running_ends_with_it(sandbox: Sandbox) -> None:
    grandchild = "import os, subprocess, sys; subprocess.Popen(sys.argv[1:], preexec_fn=os.setpgrp)"
    sandbox.run(f"{python(grandchild)} {shutil.which('sleep')} 600")
    assert running_for(sandbox.folder) == []


def test_a_signal_is_noted_once_and_only_while_nothing_is_up_raised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signals = Signals()
    with pytest.raises(InterruptedDemoError, match="SIGTERM"):
        signals._note(signal.SIGTERM, None)
    signals._note(signal.SIGINT, None)
    with pytest.raises(InterruptedDemoError, match="SIGTERM"):
        signals.wait(0)
    quiet = Signals()
    quiet.only_noted = True
    quiet._note(signal.SIGINT, None)
    with pytest.raises(InterruptedDemoError, match="SIGINT"):
        quiet.wait(0)
