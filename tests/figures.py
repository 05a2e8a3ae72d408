"""Figures of a run, printed at its end with any number of workers."""

from __future__ import annotations

from collections import Counter
from typing import Final

from _pytest.reports import TestReport
from _pytest.terminal import TerminalReporter

COUNTED: Final = "counted"
LINE: Final = "figure"


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print what the tests recorded."""
    counted: Counter[str] = Counter()
    lines: list[str] = []
    for report in (each for reports in terminalreporter.stats.values() for each in reports):
        if not isinstance(report, TestReport) or report.when != "call":
            continue
        counted.update(str(value) for name, value in report.user_properties if name == COUNTED)
        lines += [str(value) for name, value in report.user_properties if name == LINE]
    lines += [f"{what}: {count}" for what, count in counted.items()]
    if lines:
        terminalreporter.section("figures")
        for line in sorted(lines):
            terminalreporter.write_line(line)
