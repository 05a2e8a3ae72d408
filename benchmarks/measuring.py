"""The run: in each round of a case, every operation by all providers in turn."""

from __future__ import annotations

import os
import platform as system
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.platform import serving
from benchmarks.project import Ground, Project
from benchmarks.results import (
    NAIVE,
    OLT,
    OPERATIONS,
    PROVIDERS,
    Case,
    CaseResult,
    Failed,
    Machine,
    Measured,
    Outcomes,
    Results,
)
from benchmarks.running import StepError
from benchmarks.start import COMMANDS, start
from olt_provider._version import __version__
from tools.demo import environment as without_foreign
from tools.workspace import run as run_command

Report = Callable[[str], None]


def machine(engine: Path) -> Machine:
    """Describe the machine."""
    reported = run_command([engine / "pulumi", "version"], "pulumi version", timeout=60)
    return Machine(
        system=f"{system.system()} {system.machine()}",
        cores=cores(),
        memory_bytes=psutil.virtual_memory().total,
        load=round(psutil.getloadavg()[0], 2),
        python=system.python_version(),
        engine=reported.strip().removeprefix("v"),
        sdk=version("pulumi"),
        provider=__version__,
    )


def cores() -> int:
    """The number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a temporary folder, which is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="olt-bench-")).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def environment(engine: Path, folder: Path) -> dict[str, str]:
    """Return the environment of all providers, without the user's settings."""
    (folder / "tmp").mkdir()
    return without_foreign(engine) | {
        "HOME": str(folder),
        "NO_PROXY": "127.0.0.1",
        "PULUMI_HOME": str(folder / "pulumi"),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
        "TMPDIR": str(folder / "tmp"),
    }


@dataclass(frozen=True)
class Plan:
    """The cases to measure."""

    cases: Sequence[Case]
    rounds: int
    naive_up_to: int
    """The largest number of applications of a case in which the naive provider takes part."""


def begun(engine: Path, plan: Plan) -> Results:
    """Return an empty run."""
    return Results(
        started=datetime.now(timezone.utc).replace(microsecond=0),
        machine=machine(engine),
        rounds=plan.rounds,
        cases=[
            CaseResult(case=case, left_out=_left_out(case, plan.naive_up_to)) for case in plan.cases
        ],
    )


def _left_out(case: Case, naive_up_to: int) -> tuple[str, ...]:
    return () if case.applications <= naive_up_to else (NAIVE,)


def is_part_of(kept: Results, run: Results) -> bool:
    """Whether a run can continue an earlier one: the same plan, on the same machine."""
    resumed = run.model_copy(
        update={
            "started": kept.started,
            "machine": run.machine.model_copy(update={"load": kept.machine.load}),
            "cases": [
                case.model_copy(update={"rounds": earlier.rounds})
                for case, earlier in zip(run.cases, kept.cases, strict=False)
            ],
            "starts": kept.starts,
        }
    )
    return kept == resumed and len(kept.cases) == len(run.cases)


def measure(engine: Path, run: Results, keep: Callable[[Results], None], report: Report) -> None:
    """Run all missing rounds; ``keep`` is called after each.

    The results contain the failures. Raises ``SetupError`` if the platform cannot be served.
    """
    with scratch() as folder:
        shared = environment(engine, folder)
        _measure_starts(run, shared, keep, report)
        for number, result in enumerate(run.cases, 1):
            if len(result.rounds) == run.rounds:
                continue
            with serving(result.case, folder / f"platform-{number}", shared) as platform:
                ground = Ground(result.case, platform, shared)
                for turn in range(len(result.rounds), run.rounds):
                    at = f"case {number}/{len(run.cases)}, round {turn + 1}/{run.rounds}"
                    report(f"{at}: {result.case.title}")
                    order = deque(each for each in PROVIDERS if each not in result.left_out)
                    order.rotate(turn)  # so that the order changes from round to round
                    result.rounds.append(_round(folder / f"{number}-{turn}", order, ground, report))
                    keep(run)


def _measure_starts(
    run: Results, shared: dict[str, str], keep: Callable[[Results], None], report: Report
) -> None:
    """Start the provider processes in turn, once per round."""
    while len(run.starts.get(OLT, ())) < run.rounds:
        for provider in COMMANDS:
            run.starts.setdefault(provider, []).append(start(provider, shared))
        keep(run)
    parts = [f"{each} {run.starts[each][-1].seconds:.2f} s" for each in COMMANDS]
    report(f"start to port: {', '.join(parts)}")


def _round(folder: Path, order: Iterable[str], ground: Ground, report: Report) -> Outcomes:
    """Run each operation by all providers, one directly after the other."""
    outcomes: Outcomes = {provider: {} for provider in order}
    projects = {each: Project(folder / each, each, ground) for each in order}
    for operation in OPERATIONS:
        for provider in order:
            done = outcomes[provider]
            if not any(isinstance(each, Failed) for each in done.values()):
                done[operation] = _outcome(projects[provider], operation)
        report("  " + _summary(operation, outcomes))
    shutil.rmtree(folder)
    return outcomes


def _outcome(project: Project, operation: str) -> Measured | Failed:
    try:
        return project.measure(operation)
    except StepError as error:
        return Failed(reason=str(error))


def _summary(operation: str, outcomes: Outcomes) -> str:
    """Return one line on the outcome of an operation."""
    parts = []
    for provider in sorted(outcomes, key=PROVIDERS.index):
        outcome = outcomes[provider].get(operation)
        if isinstance(outcome, Measured):
            parts.append(f"{provider} {outcome.seconds:.2f} s")
        elif outcome is not None:
            parts.append(f"{provider} FAILED: {outcome.reason}")
        else:
            parts.append(f"{provider} not run")
    return f"{operation}: {', '.join(parts)}"
