"""Hostile names do not control a terminal or a pipeline's log, in the output of any command."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from olt_provider.cli import output, terminal
from olt_provider.cli.app import app
from olt_provider.emulator import TENANT_A, TENANT_B, Emulator
from olt_provider.printable import one_line
from tests.cli import stacks

HOSTILE: Final = (
    "::add-mask::x",
    "  ::set-output name=a::b",
    "##[add-mask]x",
    "a ##vso[task.setvariable variable=a]b",
    "a\n::stop-commands::x",
    "a\r\n##[group]b",
    "\x1b[31mred\x1b]0;title\x07",
    "\x9b2J\x00\x08\x7f\x85",
    "\u202egnp.exe\u2066\u2069\u200f",
    "a\u2028::error::b\u2029##[x]\x0c\x0b",
    "x" * 190 + " ::add-mask::x",
    "[red]markup[/red] [link=file:///x]y[/link]",
)
CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
COMMAND: Final = re.compile(r"^\s*::[A-Za-z]|##\[|##vso\[", re.MULTILINE | re.IGNORECASE)


def require_safe(printed: str) -> None:
    assert not CONTROL.search(printed)
    assert not COMMAND.search(printed)


@given(st.text() | st.text(":#[vso]\n a\x1b\u2028\u200b"))
def test_any_text_is_one_safe_line(text: str) -> None:
    line = one_line(text)
    require_safe(line)
    assert line.isprintable()
    assert one_line(line) == line


@given(st.text("safe names-_.:/'\"ünï報告") | st.uuids().map(str))
def test_plain_text_stays_as_it_is(text: str) -> None:
    if not text.lstrip().startswith("::"):
        assert one_line(text) == text


@given(st.text() | st.text(":#[vso]\n a\x1b\u2028\u200b"))
def test_any_lines_are_safe_lines(text: str) -> None:
    shown = terminal.lines(text)
    require_safe(shown)
    assert shown.count("\n") == text.count("\n")
    assert terminal.lines(shown) == shown


@given(st.recursive(st.text() | st.text(":#[vso]\\"), st.lists))
def test_any_value_is_safe_json_of_the_same_value(value: Any) -> None:
    for indent in (None, 2):
        text = terminal.to_json(value, indent=indent)
        require_safe(text)
        assert json.loads(text) == value


@given(st.lists(st.tuples(st.text(), st.text(":#[vso]\n ax")), min_size=1))
def test_any_table_is_safe(rows: list[tuple[str, str]]) -> None:
    from io import StringIO
    from unittest import mock

    with mock.patch.object(sys, "stdout", StringIO()) as printed:
        output.table(("one", "two"), rows)
    require_safe(printed.getvalue())


def _run(*arguments: str | Path, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(app, list(map(str, arguments)), input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    require_safe(result.stdout)
    require_safe(result.stderr)
    return result


@pytest.fixture
def platform(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> dict[str, Path]:
    """Hostile applications and tenants; half of the applications are in the state of a stack."""
    monkeypatch.setenv("OLT_MAX_RETRIES", "0")
    state: list[dict[str, Any]] = []
    for number, name in enumerate(HOSTILE):
        made = emulator.platform.register(
            TENANT_A,
            name=name,
            teaser_description=name,
            allowed_tenants={TENANT_A: name, TENANT_B: name},
        )
        emulator.platform.install(made["id"], TENANT_A)
        emulator.platform.install(made["id"], TENANT_B)
        if number % 2:
            state.append(stacks.application(made, emulator.api_url, name=name))
            state.append(stacks.installation(made["id"], TENANT_A))
        if number % 3 == 0:
            emulator.platform.patch(made["id"], status="inactive")
    last = emulator.platform.register(TENANT_A, name=HOSTILE[0])
    elsewhere = stacks.application(last, f"https://{HOSTILE[0]}", name=HOSTILE[0])
    stacks.use_stack(monkeypatch, tmp_path, *state, elsewhere)
    return {"state": tmp_path / "state.json"}


COMMANDS: Final[dict[str, Callable[[dict[str, Path]], tuple[str | Path, ...]]]] = {
    "verify": lambda _: ("verify",),
    "doctor": lambda _: ("doctor",),
    "graph": lambda _: ("graph",),
    "graph as svg": lambda _: ("graph", "--format", "svg"),
    "adopt": lambda files: ("adopt", "--state", files["state"]),
    "adopt all": lambda _: ("adopt",),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_hostile_names_of_a_platform_are_printed_safely(
    platform: dict[str, Path], command: str
) -> None:
    assert _run(*COMMANDS[command](platform)).output


@pytest.mark.parametrize("command", ["verify", "doctor", "adopt"])
def test_json_of_hostile_names_stays_json(platform: dict[str, Path], command: str) -> None:
    arguments = ("--state", platform["state"]) if command == "adopt" else ()
    printed = json.loads(_run(command, "--json", *arguments).stdout)
    if command == "adopt":
        assert {each["name"] for each in printed["applications"]} == set(HOSTILE[::2])


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("command", ["adopt", "doctor", "graph", "verify", "review"])
def test_hostile_settings_are_quoted_safely(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, text: str
) -> None:
    stacks.use_stack(monkeypatch, tmp_path, config={"olt:environment": text})
    monkeypatch.delenv("OLT_API_URL")
    live = ("--live",) if command == "review" else ()
    preview = json.dumps({"steps": []})
    stack = text.replace("\x00", "")  # which no argument of a process can hold
    assert _run(command, *live, "--stack", stack, stdin=preview).output


def test_the_emulator_prints_and_logs_hostile_names_safely(tmp_path: Path) -> None:
    seed, ready = tmp_path / "seed.json", tmp_path / "ready.json"
    tenants = [{"id": f"{TENANT_A[:-2]}{n:02}", "name": text} for n, text in enumerate(HOSTILE)]
    seed.write_text(json.dumps({"tenants": tenants}))
    program = "from olt_provider.cli import main; main()"
    arguments = ["emulator", "--seed", str(seed), "--ready-file", str(ready)]
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        while "ready" not in (line := process.stdout.readline()):
            assert line, "it ended before it served"
            first += line
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=30)
    require_safe(first + rest)
    require_safe(errors)


@pytest.mark.parametrize("text", HOSTILE)
def test_the_emulator_refuses_hostile_arguments_safely(emulator: Emulator, text: str) -> None:
    _run("emulator", "token", text, "--url", emulator.api_url)
    _run("emulator", "token", TENANT_A, "--role", text, "--url", emulator.api_url)
    _run("emulator", "token", TENANT_A, "--url", text)
