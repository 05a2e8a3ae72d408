"""The figures on the terminal."""

from __future__ import annotations

import sys
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks import figures
from benchmarks.results import NOTHING, Results

PLAIN_WIDTH: Final = 200
STYLES: Final = {"met": "green", "not met": "red", "failed": "red"}


def show(results: Results) -> None:
    """Print all tables. Where there is no terminal, lines may be long."""
    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False)
    console.print(figures.where(results))
    for case in results.cases:
        if not case.rounds:
            continue
        table = Table(
            *figures.HEADINGS,
            title=f"{case.case.title}: median of {figures.how_often(case)}",
            box=box.SIMPLE,
        )
        for row in figures.rows(case):
            first = row.operation if row.provider == NOTHING else ""
            style = STYLES.get(row.cells[0])
            table.add_row(first, figures.NAMES[row.provider], *row.cells, style=style)
        console.print(table)
    starts = figures.starts(results)
    if starts:
        table = Table(*figures.START_HEADINGS, title="Start to port", box=box.SIMPLE)
        for cells in starts:
            table.add_row(*cells)
        console.print(table)
    table = Table(*figures.TARGET_HEADINGS, title="Targets", box=box.SIMPLE)
    for cells in figures.targets(results):
        table.add_row(*cells, style=STYLES.get(cells[-1]))
    console.print(table)
