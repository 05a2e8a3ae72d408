"""What the provider is meant to reach at 100 applications and 100 installations, and whether."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from benchmarks.results import NATIVE, NOTHING, OLT, OPERATIONS, Case, CaseResult, Results

SIZE: Final = 100
HOST_THREADS: Final = 4
"""The host's worker threads: no more calls than that are under way at a time."""
NEAR: Final = Case(applications=SIZE)
FAR: Final = Case(applications=SIZE, latency_ms=200, tls=True)
MANY: Final = Case(applications=SIZE, latency_ms=200, tls=True, parallel=32)
"""As many at once as the native plugin has connections."""
LEAST: Final = Case(applications=1)
CASES: Final = (LEAST, NEAR, FAR, MANY)
"""All that is needed to judge every target."""
MOST_RATIO: Final = 1.05
MOST_OF_WAITING: Final = 1.15
MOST_CONNECTIONS: Final = 5
MOST_STATE_BYTES: Final = 700
MOST_OF_DYNAMIC: Final = 0.65
MOST_SECONDS_MORE: Final = 0.4
MOST_START_SECONDS: Final = 0.3


@dataclass(frozen=True)
class Target:
    """One of them; ``measured`` is None where this run does not measure it."""

    title: str
    most: float
    measured: float | None

    @property
    def verdict(self) -> str:
        """In a word."""
        if self.measured is None:
            return "not measured"
        return "met" if self.measured <= self.most else "not met"


def judged(results: Results) -> list[Target]:
    """All targets."""
    found = {each.case: each for each in results.cases}
    least, near, far, many = (found.get(case, CaseResult(case=case)) for case in CASES)
    return [
        *(
            Target(
                f"{name}, 0 ms: seconds over those of doing nothing",
                MOST_RATIO,
                _ratio(near, OLT, NOTHING, name),
            )
            for name in ("create", "destroy", "preview", "refresh")
        ),
        *(
            Target(
                f"{name}, 200 ms and TLS: seconds over those of doing nothing plus "
                f"calls x latency / {HOST_THREADS} threads",
                MOST_OF_WAITING,
                _of_waiting(far, name),
            )
            for name in ("create", "destroy")
        ),
        Target("preview: calls", 0, _most_calls((near, far), "preview")),
        Target("connections, of any operation", MOST_CONNECTIONS, _connections((near, far))),
        Target("state: the provider's bytes a resource", MOST_STATE_BYTES, _state_bytes(near)),
        Target(
            f"native form, create, 200 ms and TLS, --parallel {MANY.parallel}: seconds over those "
            "of the dynamic form",
            MOST_OF_DYNAMIC,
            _ratio(many, NATIVE, OLT, "create"),
        ),
        Target(
            "native form, preview of 2 resources: seconds more than the dynamic form",
            MOST_SECONDS_MORE,
            _seconds_more(least, "preview"),
        ),
        Target(
            "native form, start to port: seconds",
            MOST_START_SECONDS,
            _start_seconds(results),
        ),
    ]


def _ratio(case: CaseResult, provider: str, base: str, operation: str) -> float | None:
    ratios = case.ratios(provider, base, operation)
    return statistics.median(ratios) if ratios else None


def _seconds_more(case: CaseResult, operation: str) -> float | None:
    native, dynamic = case.measured(NATIVE, operation), case.measured(OLT, operation)
    if not native or not dynamic:
        return None
    return statistics.median(
        one.seconds - other.seconds for one, other in zip(native, dynamic, strict=True)
    )


def _start_seconds(results: Results) -> float | None:
    starts = results.starts.get(NATIVE)
    return statistics.median(each.seconds for each in starts) if starts else None


def _of_waiting(case: CaseResult, operation: str) -> float | None:
    """The seconds over what they could be, pair by pair."""
    ours, nothing = case.measured(OLT, operation), case.measured(NOTHING, operation)
    if not ours or not nothing:
        return None
    call = case.case.latency_ms / 1000 / HOST_THREADS
    return statistics.median(
        one.seconds / (one.total_calls * call + other.seconds)
        for one, other in zip(ours, nothing, strict=True)
    )


def _most_calls(cases: Iterable[CaseResult], operation: str) -> float | None:
    measured = [each for case in cases for each in case.measured(OLT, operation) or ()]
    return max((each.total_calls for each in measured), default=None)


def _connections(cases: Iterable[CaseResult]) -> float | None:
    by_operation = [
        case.measured(OLT, name) for case in cases if case.rounds for name in OPERATIONS
    ]
    if not by_operation or not all(by_operation):
        return None
    return max(each.connections for measured in by_operation for each in measured or ())


def _state_bytes(case: CaseResult) -> float | None:
    return case.median(
        OLT, "create", lambda each: each.state.provider / each.state.resources if each.state else 0
    )
