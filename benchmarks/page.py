"""The documentation's pages: the part between the markers is generated from results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from benchmarks import figures, plot
from benchmarks.results import Results

PAGE: Final = "performance.md"
TARGETS: Final = "benchmarks.md"
DATA: Final = "performance.json"
PICTURE: Final = "performance.svg"
BEGIN: Final = "<!-- made by `make bench`: begin -->"
END: Final = "<!-- made by `make bench`: end -->"
LEAST_ROUNDS: Final = 3


def write(results: Results, docs: Path) -> None:
    """Write both pages, the picture and its data.

    Raises ``ValueError`` for results with failures or too few rounds, and for a page without the
    markers.
    """
    if not results.is_complete():
        raise ValueError("the results are not complete, so the page is left as it is")
    if results.rounds < LEAST_ROUNDS:
        raise ValueError(f"the page is only made of {LEAST_ROUNDS} rounds or more")
    renewed = {
        docs / PAGE: _between_markers(docs / PAGE, generated(results)),
        docs / TARGETS: _between_markers(docs / TARGETS, targets(results)),
    }
    plot.draw(results, docs / PICTURE)
    results.save(docs / DATA)
    for page, text in renewed.items():
        page.write_text(text, encoding="utf-8")


def _between_markers(page: Path, made: str) -> str:
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} lacks the markers {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{made}{END}{after}"


def targets(results: Results) -> str:
    """Return the generated part of the contributors' page."""
    table = _table(figures.TARGET_HEADINGS, figures.targets(results))
    return f"\nMeasured on {figures.where(results)}.\n\n## Targets\n\n{table}\n\n"


def generated(results: Results) -> str:
    """Return the generated part of the performance page."""
    parts = [
        f"Measured on {figures.where(results)}.",
        "## Seconds",
        f"![Seconds of each operation, by provider]({PICTURE})",
    ]
    for case in results.cases:
        parts.append(f"## {case.case.title}: {figures.how_often(case)}")
        shown = [
            (row.operation, figures.NAMES[row.provider], *row.cells) for row in figures.rows(case)
        ]
        parts.append(_table(figures.HEADINGS, shown))
    starts = figures.starts(results)
    if starts:
        parts += ["## Start to port", _table(figures.START_HEADINGS, starts)]
    return "\n" + "\n\n".join(parts) + "\n\n"


def _table(headings: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *body]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
