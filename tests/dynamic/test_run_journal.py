from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from olt_provider.dynamic import engine_run
from olt_provider.dynamic.engine_run import run_of
from olt_provider.dynamic.run_journal import RunJournal, run_directory

RUN: Final = "run"
EVENT: Final = {"event": "hold", "key": "1"}
OTHER_PROCESS: Final = """
import sys
from pathlib import Path
from olt_provider.dynamic.run_journal import RunJournal
journal = RunJournal(Path(sys.argv[1]), sys.argv[2])
for number in range(int(sys.argv[3])):
    journal.append({"process": sys.argv[4], "number": number})
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "records"


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def start(directory: Path) -> Iterator[object]:
    """Start another process that appends events and stays until its input ends."""
    started: list[subprocess.Popen[str]] = []

    def begin(run: str, events: int = 0) -> subprocess.Popen[str]:
        arguments = [str(directory), run, str(events), str(len(started))]
        process = subprocess.Popen(
            [sys.executable, "-c", OTHER_PROCESS, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield begin
    for process in started:
        process.communicate(timeout=30)


def test_events_reach_every_journal_of_the_run_once(directory: Path) -> None:
    one, other = RunJournal(directory, RUN), RunJournal(directory, RUN)
    one.append(EVENT)
    assert one.read() == other.read() == [EVENT]
    other.append({"event": "release"})
    assert one.read() == other.read() == [{"event": "release"}]
    assert one.read() == []


def test_processes_that_append_at_the_same_time_do_not_mix_their_events(
    directory: Path, start: object
) -> None:
    assert callable(start)
    journal = RunJournal(directory, RUN)
    for _ in range(3):
        start(RUN, 500)
    events = journal.read()
    for process in "012":
        numbers = [event["number"] for event in events if event["process"] == process]
        assert numbers == list(range(500))


def test_another_run_shares_nothing(directory: Path) -> None:
    RunJournal(directory, "other").append(EVENT)
    assert RunJournal(directory, RUN).read() == []


def test_record_of_a_run_that_is_over_is_removed(directory: Path) -> None:
    directory.mkdir(mode=0o700)
    (directory / "earlier.jsonl").write_text('{"event": "hold"}\n')
    journal = RunJournal(directory, RUN)
    assert names(directory) == ["run.jsonl"]
    assert journal.read() == []


def test_record_of_a_run_with_the_same_identity_that_is_over_starts_empty(directory: Path) -> None:
    directory.mkdir(mode=0o700)
    (directory / "run.jsonl").write_text('{"event": "hold"}\n')
    assert RunJournal(directory, RUN).read() == []


def test_record_of_a_run_at_work_is_neither_removed_nor_emptied(
    directory: Path, start: object
) -> None:
    assert callable(start)
    start("at-work", 1)
    RunJournal(directory, RUN)
    assert names(directory) == ["at-work.jsonl", "run.jsonl"]
    assert len(RunJournal(directory, "at-work").read()) == 1


def test_files_are_private_and_hold_lines_of_json(directory: Path) -> None:
    RunJournal(directory, RUN).append(EVENT)
    assert directory.stat().st_mode & 0o777 == 0o700
    (file,) = directory.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == '{"event": "hold", "key": "1"}\n'


def test_a_line_that_is_not_complete_or_not_json_is_no_event(directory: Path) -> None:
    journal = RunJournal(directory, RUN)
    file = directory / "run.jsonl"
    file.write_bytes(b'\xff\n[1]\n{"a": 1}\n{"b":')
    assert journal.read() == [{"a": 1}]
    with file.open("a") as end:
        end.write(" 2}\n")
    assert journal.read() == [{"b": 2}]


def _linked_directory(directory: Path) -> None:
    real = directory.with_name("real")
    real.mkdir(mode=0o700)
    directory.symlink_to(real)


def _open_directory(directory: Path) -> None:
    directory.mkdir()
    directory.chmod(0o777)


def _file_in_its_place(directory: Path) -> None:
    directory.write_text("")


def _linked_record(directory: Path) -> None:
    directory.mkdir(mode=0o700)
    target = directory.with_name("target")
    target.write_text("kept\n")
    (directory / "run.jsonl").symlink_to(target)


def _folder_as_record(directory: Path) -> None:
    (directory / "run.jsonl").mkdir(parents=True)
    directory.chmod(0o700)


def _pipe_as_record(directory: Path) -> None:
    directory.mkdir(mode=0o700)
    os.mkfifo(directory / "run.jsonl")


@pytest.mark.parametrize(
    "prepare",
    [
        _linked_directory,
        _open_directory,
        _file_in_its_place,
        _linked_record,
        _folder_as_record,
        _pipe_as_record,
    ],
)
def test_a_place_that_is_not_safe_is_logged_and_not_used(
    directory: Path, caplog: pytest.LogCaptureFixture, prepare: object
) -> None:
    assert callable(prepare)
    prepare(directory)
    with caplog.at_level(logging.DEBUG, "olt_provider"):
        journal = RunJournal(directory, RUN)
    journal.append(EVENT)
    assert journal.read() == []
    assert "not shared with other provider processes" in caplog.text
    assert all(record.levelno == logging.DEBUG for record in caplog.records)
    target = directory.with_name("target")
    assert not target.exists() or target.read_text() == "kept\n"


def test_a_directory_of_another_user_is_not_used(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory.mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    RunJournal(directory, RUN).append(EVENT)
    assert names(directory) == []


def test_a_full_disk_is_logged_and_not_an_error(
    directory: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    journal = RunJournal(directory, RUN)
    monkeypatch.setattr(os, "write", lambda file, line: len(line) - 1)
    with caplog.at_level(logging.DEBUG, "olt_provider"):
        journal.append(EVENT)
    assert "cut off" in caplog.text
    assert journal.read() == []


def test_the_directory_is_the_users_own(tmp_path: Path) -> None:
    own = tmp_path / f"pulumi-olt-{os.getuid()}"
    assert run_directory({"XDG_RUNTIME_DIR": str(tmp_path)}) == own
    assert run_directory({"XDG_RUNTIME_DIR": str(tmp_path / "missing")}) == run_directory({})
    assert run_directory({"XDG_RUNTIME_DIR": "relative"}) == run_directory({})
    assert run_directory({}).is_absolute()


AS_PROVIDER: Final = """
import sys
from olt_provider.dynamic.engine_run import run_of
print(run_of(sys.argv[1]), end="")
"""
AS_ENGINE: Final = """
import subprocess, sys
host = [sys.executable, "-c", sys.argv[1], "127.0.0.1:7"]
wrapped = ["/bin/sh", "-c", 'trap : TERM; "$0" "$@"; exit $?', *host]
other_pass = [*host[:-1], "127.0.0.1:8"]
for command in (host, wrapped, wrapped, other_pass):
    print(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
"""


def identities(tmp_path: Path) -> list[str]:
    """What processes of one engine take for their run: three of a pass, and one of another."""
    engine = tmp_path / "pulumi"
    if not engine.exists():
        engine.write_text(f"#!{sys.executable}\n{AS_ENGINE}")
        engine.chmod(0o755)
    done = subprocess.run(
        [engine, AS_PROVIDER], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.split()


def test_all_processes_of_a_pass_are_of_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct, wrapped, again, other_pass = identities(tmp_path)
    assert direct == wrapped == again != other_pass
    assert "None" not in {direct, other_pass}


def test_the_run_of_another_engine_process_is_another(tmp_path: Path) -> None:
    first, second = identities(tmp_path), identities(tmp_path)
    assert not set(first) & set(second)


def test_without_proc_the_engine_is_found_by_ps(monkeypatch: pytest.MonkeyPatch) -> None:
    pid = os.getpid()
    from_proc = engine_run._process(pid)
    monkeypatch.setattr(engine_run, "PROC", Path("/nowhere"))
    from_ps = engine_run._process(pid)
    assert from_proc is not None
    assert from_ps is not None
    assert (from_ps.parent, from_ps.name) == (from_proc.parent, from_proc.name)
    assert from_ps.started == engine_run._process(pid).started  # type: ignore[union-attr]


def test_an_engine_that_cannot_be_found_is_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getppid", lambda: 1)
    assert run_of("127.0.0.1:7") is None
    monkeypatch.setattr(os, "getppid", lambda: 2**22 + 1)
    assert run_of("127.0.0.1:7") is None
