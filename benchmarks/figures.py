"""The figures of a case as text: the rows of the terminal and of the page."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Final, NamedTuple

from benchmarks.results import (
    NAIVE,
    NATIVE,
    NOTHING,
    OLT,
    OPERATIONS,
    PROVIDERS,
    CaseResult,
    Measured,
    Results,
)
from benchmarks.targets import judged

NAMES: Final = {
    NOTHING: "does nothing",
    NAIVE: "naive",
    OLT: "dynamic form",
    NATIVE: "native form",
}
NONE: Final = "-"
FAILED: Final = "failed"
LEFT_OUT: Final = "left out"
HEADINGS: Final = (
    "operation",
    "provider",
    "seconds",
    "x nothing",
    "x naive",
    "x dynamic",
    "API calls",
    "connections",
    "state, B/resource",
    "of it the provider's",
    "host, MB",
    "host, CPU s",
)
START_HEADINGS: Final = ("provider process", "seconds", "CPU s")
TARGET_HEADINGS: Final = ("target", "at most", "measured", "")


class Row(NamedTuple):
    """One provider in one operation."""

    operation: str
    provider: str
    cells: tuple[str, ...]


def rows(case: CaseResult) -> list[Row]:
    """Return all rows of a case. A failed round has no figure."""
    return [Row(name, each, _cells(case, each, name)) for name in OPERATIONS for each in PROVIDERS]


def _cells(case: CaseResult, provider: str, operation: str) -> tuple[str, ...]:
    measured = case.measured(provider, operation)
    if measured is None:
        why = LEFT_OUT if provider in case.left_out else FAILED
        return (why, *[NONE] * (len(HEADINGS) - 3))
    return (
        f"{statistics.median(each.seconds for each in measured):.2f}",
        _ratio(case, provider, NOTHING, operation),
        _ratio(case, provider, NAIVE, operation),
        _ratio(case, provider, OLT, operation),
        _calls(max(measured, key=lambda each: each.total_calls)),
        str(max(each.connections for each in measured)),
        _state(measured, lambda each: each.state.whole if each.state else 0),
        _state(measured, lambda each: each.state.provider if each.state else 0),
        _largest([each.host_peak_bytes for each in measured]),
        _median([each.host_cpu_seconds for each in measured]),
    )


def _ratio(case: CaseResult, provider: str, base: str, operation: str) -> str:
    """Return the median of the pairs, with the least and the greatest if there are several."""
    ratios = case.ratios(provider, base, operation)
    if provider == base or not ratios:
        return NONE
    middle = f"{statistics.median(ratios):.2f}"
    return f"{middle} ({min(ratios):.2f}-{max(ratios):.2f})" if len(ratios) > 1 else middle


def _calls(measured: Measured) -> str:
    if not measured.calls:
        return "0"
    return ", ".join(f"{count} {method}" for method, count in measured.calls.items())


def _state(measured: list[Measured], part: Callable[[Measured], int]) -> str:
    with_state = [part(each) / each.state.resources for each in measured if each.state]
    return f"{statistics.median(with_state):.0f}" if with_state else NONE


def _largest(sizes: list[int | None]) -> str:
    known = [each for each in sizes if each is not None]
    return f"{max(known) / 1e6:.0f}" if len(known) == len(sizes) else NONE


def _median(values: list[float | None]) -> str:
    known = [each for each in values if each is not None]
    return f"{statistics.median(known):.2f}" if len(known) == len(values) else NONE


def starts(results: Results) -> list[tuple[str, ...]]:
    """Return the seconds from the command of each provider process to its port: medians."""
    return [
        (
            NAMES[provider],
            f"{statistics.median(each.seconds for each in measured):.2f}",
            f"{statistics.median(each.cpu_seconds for each in measured):.2f}",
        )
        for provider, measured in results.starts.items()
        if measured
    ]


def targets(results: Results) -> list[tuple[str, ...]]:
    """Return the targets, and whether each is reached."""
    return [
        (
            each.title,
            f"{each.most:g}",
            NONE if each.measured is None else f"{each.measured:.4g}",
            each.verdict,
        )
        for each in judged(results)
    ]


def where(results: Results) -> str:
    """Return the date and the machine."""
    machine = results.machine
    return (
        f"{results.started:%Y-%m-%d}, {machine.system}, {machine.cores} cores, "
        f"{machine.memory_bytes / 2**30:.0f} GiB of memory, load {machine.load:g} before; "
        f"Python {machine.python}, engine {machine.engine}, SDK {machine.sdk}, "
        f"pulumi-olt {machine.provider}"
    )


def how_often(case: CaseResult) -> str:
    """Return the number of rounds of a case."""
    return f"{len(case.rounds)} round{'' if len(case.rounds) == 1 else 's'}"
