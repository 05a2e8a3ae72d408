"""Measure the provider against a no-op provider and a naive one.

Run as `make bench`, with options in BENCH_ARGS. Without options that select cases: 1, 10, 100 and
400 applications with as many installations without latency, and 100 also at 50 ms a call, and at
200 ms with TLS, once more with 32 resources at once: more than an hour on 2 idle cores.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Final

from benchmarks import page, targets, terminal
from benchmarks.measuring import Plan, begun, is_part_of, measure
from benchmarks.results import Case, Results
from tools.engine import find_engine
from tools.sandbox import InterruptedDemoError, Signals
from tools.workspace import ROOT, SetupError

DOCS: Final = ROOT / "docs"
KEPT: Final = ROOT / "build" / "benchmark.json"
DEFAULT: Final = (
    targets.LEAST,
    Case(applications=10),
    targets.NEAR,
    Case(applications=100, latency_ms=50),
    targets.FAR,
    targets.MANY,
    Case(applications=400),
)
TLS: Final = {"no": (False,), "yes": (True,), "both": (False, True)}


def report(text: str) -> None:
    """Print one line of progress."""
    print(f"[bench] {text}", file=sys.stderr, flush=True)


def numbers(least: int) -> Callable[[str], tuple[int, ...]]:
    """Return a parser of numbers separated by commas."""

    def read(text: str) -> tuple[int, ...]:
        found = tuple(dict.fromkeys(int(each) for each in text.split(",")))
        if any(each < least for each in found):
            raise ValueError
        return found

    read.__name__ = f"list of whole numbers from {least}"
    return read


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line. Wrong usage ends the process with 2."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sizes", type=numbers(1), help="applications, such as 10,100")
    parser.add_argument("--latency-ms", type=numbers(0), help="of every call, such as 0,50")
    parser.add_argument("--tls", choices=tuple(TLS), help="whether the platform serves https")
    parser.add_argument("--parallel", type=numbers(1), help="resources at once, such as 8,32")
    parser.add_argument(
        "--targets", action="store_true", help="only the cases that the targets are judged by"
    )
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument(
        "--naive-up-to",
        type=int,
        default=400,
        help="applications; the naive provider is left out of larger cases (default: %(default)s)",
    )
    parser.add_argument(
        "--json", type=Path, default=KEPT, help="renewed after every round (default: %(default)s)"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run that this file holds, with the same options",
    )
    parser.add_argument(
        "--write-docs", action="store_true", help=f"renew docs/{page.PAGE}; takes 3 rounds or more"
    )
    parser.add_argument(
        "--from-json",
        type=Path,
        metavar="FILE",
        help="measure nothing: show what an earlier run has kept",
    )
    options = parser.parse_args(arguments)
    if options.targets and selects_cases(options):
        parser.error("argument --targets: not together with options that select cases")
    if options.rounds < 1:
        parser.error("argument --rounds: at least 1")
    if options.write_docs and not options.from_json and options.rounds < page.LEAST_ROUNDS:
        parser.error(f"argument --write-docs: takes --rounds {page.LEAST_ROUNDS} or more")
    return options


def selects_cases(options: argparse.Namespace) -> bool:
    """Whether the options select cases."""
    parts = (options.sizes, options.latency_ms, options.tls, options.parallel)
    return any(each is not None for each in parts)


def cases(options: argparse.Namespace) -> tuple[Case, ...]:
    """Return the cases that the options select: every combination, or the usual ones."""
    if not selects_cases(options):
        return targets.CASES if options.targets else DEFAULT
    return tuple(
        Case(applications=size, latency_ms=latency, tls=tls, parallel=parallel)
        for size, latency, tls, parallel in product(
            options.sizes or (100,),
            options.latency_ms or (0,),
            TLS[options.tls or "no"],
            options.parallel or (None,),
        )
    )


def loaded(file: Path) -> Results:
    """Read the results of an earlier run. Raises ``OSError`` and ``ValueError``."""
    try:
        return Results.load(file)
    except ValueError:
        raise ValueError(f"{file} was not written by this benchmark") from None


def results_of(options: argparse.Namespace) -> Results:
    """Return new or stored results. Raises ``SetupError``, ``OSError`` and ``ValueError``."""
    if options.from_json:
        return loaded(options.from_json)
    engine = find_engine()
    run = begun(engine, Plan(cases(options), options.rounds, options.naive_up_to))
    if options.resume:
        kept = loaded(options.json)
        if not is_part_of(kept, run):
            raise SetupError(f"{options.json} is of another machine, version or set of options")
        run = kept
    measure(engine, run, lambda it: it.save(options.json), report)
    return run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Returns 1 after a failure, 2 for wrong usage, 128 + number of a signal."""
    options = parsed(arguments)
    signals = Signals()
    signals.watch()
    try:
        results = results_of(options)
        terminal.show(results)
        failures = results.failures()
        for failure in failures:
            report(f"failed: {failure}")
        if failures:
            return 1
        if options.write_docs:
            page.write(results, DOCS)
            report(f"renewed docs/{page.PAGE}")
    except InterruptedDemoError as interrupt:
        report(f"{interrupt}: stopped; rounds that were finished are in {options.json}")
        return 128 + interrupt.number
    except (SetupError, OSError, ValueError) as error:
        report(f"failed: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
