"""`make bench` with the smallest size, and its errors."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks.results import (
    NAIVE,
    NATIVE,
    NOTHING,
    OLT,
    OPERATIONS,
    PROVIDERS,
    Failed,
    Results,
)
from tests.tools.test_demo import running_for
from tools.engine import find_engine
from tools.workspace import ROOT

LINE_LIMIT = 500
SMALLEST = ("--sizes", "1", "--rounds", "1", "--json")


@pytest.mark.engine
@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_run_measures_every_operation_of_every_provider_and_leaves_nothing(
    engine_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    monkeypatch.setattr(bench, "find_engine", lambda: engine_folder)
    monkeypatch.setenv("OLT_API_URL", "http://127.0.0.1:9/v1")
    kept = tmp_path / "results.json"
    assert bench.main([*SMALLEST, str(kept), "--tls", "yes", "--parallel", "8"]) == 0
    results = Results.load(kept)
    (case,) = results.cases
    assert (case.case.applications, case.case.tls, len(case.rounds)) == (1, True, 1)
    found = {
        (provider, operation): measured
        for provider in PROVIDERS
        for operation in OPERATIONS
        for measured in case.measured(provider, operation) or ()
    }
    assert len(found) == len(PROVIDERS) * len(OPERATIONS)
    for form in (OLT, NATIVE):
        assert {key[1]: found[key].calls for key in found if key[0] == form} == {
            "create": {"GET": 1, "POST": 1, "PUT": 1},
            "preview": {},
            "refresh": {"GET": 2},
            "rename": {"PATCH": 1},
            "destroy": {"DELETE": 2, "GET": 1},
        }
    assert {key[1]: found[key].calls for key in found if key[0] == NAIVE} == {
        "create": {"POST": 1, "PUT": 1},
        "preview": {},
        "refresh": {"GET": 2},
        "rename": {"PATCH": 1},
        "destroy": {"DELETE": 2},
    }
    for (provider, operation), measured in found.items():
        if provider == NOTHING:
            assert (measured.calls, measured.connections) == ({}, 0)
        if provider == NAIVE:
            assert measured.connections == measured.total_calls
        assert measured.seconds > 0
        assert (measured.host_peak_bytes or 0) > 1 << 20
        assert (measured.state is None) is (operation == "destroy")
    sizes = [found[provider, "create"].state for provider in (NOTHING, OLT, NAIVE)]
    assert [each.pickle for each in sizes if each] == sorted(each.pickle for each in sizes if each)
    shown = capfd.readouterr().out
    assert "1 + 1, 0 ms a call, TLS, --parallel 8: median of 1 round" in shown
    assert {form: len(starts) for form, starts in results.starts.items()} == {OLT: 1, NATIVE: 1}
    assert all(start.cpu_seconds > 0 for (start,) in results.starts.values())
    assert list(scratch.iterdir()) == []
    assert running_for(scratch) == []


@pytest.mark.engine
@pytest.mark.long
def test_a_failing_engine_is_named_gets_no_figure_and_does_not_end_what_can_go_on(
    engine_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    broken = tmp_path / "engine"
    broken.mkdir()
    for file in engine_folder.iterdir():
        (broken / file.name).symlink_to(file)
    (broken / "pulumi").unlink()
    (broken / "pulumi").write_text(
        "#!/bin/sh\n"
        f'[ "$1" = up ] || exec "{engine_folder}/pulumi" "$@"\n'
        "echo 'error: the disk is full' >&2\nexit 255\n"
    )
    (broken / "pulumi").chmod(0o755)
    monkeypatch.setattr(bench, "find_engine", lambda: broken)
    kept = tmp_path / "results.json"
    assert bench.main([*SMALLEST, str(kept)]) == 1
    shown = capfd.readouterr()
    rows = [line for line in shown.out.splitlines() if re.search(r"\bfailed\b", line)]
    assert len(rows) == len(PROVIDERS) * len(OPERATIONS)
    assert [row for row in rows if re.search(r"\d", row)] == []
    for provider in PROVIDERS:
        output = f"create with {provider}: exit code 255: error: the disk is full"
        assert output in shown.err
    (case,) = Results.load(kept).cases
    for outcomes in case.rounds[0].values():
        (outcome,) = outcomes.values()  # nothing was run after the failure
        assert isinstance(outcome, Failed)

    other = ["--sizes", "2", "--rounds", "2", "--resume", "--json", str(kept)]
    assert bench.main(other) == 1
    assert "another machine, version or set of options" in capfd.readouterr().err
    begun = Results.load(kept).model_copy(update={"rounds": 2})
    begun.save(kept)
    assert bench.main(["--sizes", "1", *other[2:]]) == 1
    assert "round 1/2" not in capfd.readouterr().err
    (case,) = Results.load(kept).cases
    assert len(case.rounds) == 2
    assert case.rounds[0] == begun.cases[0].rounds[0]


def test_without_an_engine_nothing_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(bench, "find_engine", lambda: find_engine(("path",)))
    kept = tmp_path / "results.json"
    assert bench.main([*SMALLEST, str(kept)]) == 1
    output = capsys.readouterr()
    assert "no Pulumi engine" in output.err
    assert "no pulumi on PATH" in output.err
    assert output.out == ""
    assert not kept.exists()


@pytest.mark.engine
@pytest.mark.long
def test_an_interrupted_run_leaves_no_process_and_no_folder(
    engine_folder: Path, tmp_path: Path
) -> None:
    path = os.pathsep.join([str(engine_folder), os.environ["PATH"]])
    kept = tmp_path / "results.json"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks", *SMALLEST, str(kept)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(scratch), "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        for _, line in zip(range(LINE_LIMIT), process.stdout, strict=False):
            if "round 1/1" in line:
                break
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert "stopped" in output
    assert "Traceback" not in output
    assert list(scratch.iterdir()) == []
    assert running_for(scratch) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("--sizes", "0"),
        ("--sizes", "ten"),
        ("--latency-ms", "-1"),
        ("--rounds", "0"),
        ("--tls", "perhaps"),
        ("--parallel", "0"),
        ("--targets", "--sizes", "1"),
        ("--write-docs", "--rounds", "2"),
    ],
)
def test_wrong_usage_is_reported_before_anything_runs(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        bench.main(arguments)
    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "{", '{"cases": []}'])
def test_a_file_that_holds_no_results_is_one_line(
    content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "results.json"
    if content is not None:
        file.write_text(content)
    assert bench.main(["--from-json", str(file)]) == 1
    output = capsys.readouterr().err
    assert output.count("\n") == 1
    assert str(file) in output
