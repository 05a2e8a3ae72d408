"""`make bench-fleet` with the smallest size. A failed step has no figure."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from benchmarks import fleet
from benchmarks.fleet import Line, Size
from tools.workspace import SetupError

SMALL = Size(applications=1, tenants=2, groups=2, jobs=2)


@pytest.mark.engine
@pytest.mark.long
@pytest.mark.timeout(300)
def test_both_layouts_make_and_remove_the_same(
    engine_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "find_engine", lambda: engine_folder)
    kept = tmp_path / "fleet.json"
    arguments = ["--applications", "1", "--tenants", "2", "--groups", "2", "--json", str(kept)]
    assert fleet.main(arguments) == 0
    lines = [Line(**each) for each in json.loads(kept.read_text())["lines"]]
    assert [line.failure for line in lines] == [""] * 8
    calls = {(line.layout, line.step): line.calls for line in lines}
    # the owner's list, the registration, two installations; and a token for each tenant that acts
    assert calls["one stack", "create"] == 1 + 1 + 2 + 3
    assert calls["one stack", "unchanged"] == calls["fleet", "unchanged"] == 0
    assert calls["fleet", "create"] == 1 + 1 + 2 + 3


def test_what_failed_has_no_figure() -> None:
    lines = [
        Line("create", "fleet", 12.4, 30),
        Line("create", "one stack", None, None, "exit code 255"),
        Line("destroy", "fleet", 2.6, 9),
    ]
    assert fleet.table(lines) == [
        ("create", "12 s", "30", "failed", "-"),
        ("destroy", "3 s", "9", "failed", "-"),
    ]


def test_the_page_gets_the_figures_between_its_markers() -> None:
    text = f"before\n{fleet.BEGIN}\nold\n{fleet.END}\nafter\n"
    made = fleet.page(
        text, SMALL, [Line("create", "fleet", 1.0, 2)], datetime(2026, 11, 24, tzinfo=timezone.utc)
    )
    assert made.startswith(f"before\n{fleet.BEGIN}\n\n2026-11-24, ")
    assert "| create | 1 s | 2 | failed | - |" in made
    assert made.endswith(f"{fleet.END}\nafter\n")
    assert "old" not in made


def test_without_an_engine_it_reports_that_and_prints_no_figure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none() -> Path:
        raise SetupError("no engine")

    monkeypatch.setattr(fleet, "find_engine", none)
    assert fleet.main([]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == "[bench-fleet] failed: no engine\n"
