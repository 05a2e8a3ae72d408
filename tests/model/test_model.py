"""Random runs of stacks: under any fault, nothing is lost, registered twice or dead."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from olt_provider.emulator import Emulator
from tests.faults.hosts import DYNAMIC, NATIVE, Host
from tests.figures import LINE
from tests.long import long
from tests.model import defects
from tests.model.faults import KINDS
from tests.model.figures import Figures
from tests.model.machine import LifecycleMachine
from tests.model.oracle import DEAD, DROPPED, LOST, ORPHANED, STRAY, Violation
from tests.model.scheduling import ROUND, SHARES
from tests.model.stage import Stage, staged

ON_DEMAND = int(os.environ.get("MODEL_EXAMPLES", "0"))
"""How many runs to play on demand."""
LEAST_STEPS = 1000 if ON_DEMAND else 300
LEAST = 20 if ON_DEMAND else 3
"""How often each rule is played and each kind of fault injected."""
BATCH = 3
"""The number of runs after which rare rules and faults are favoured."""
MAX_BATCHES = 20
MAX_BATCHES_TO_FIND = 6
FEW = 2
"""Runs of the native form in `make test`."""
SECONDS = 600 + 60 * ON_DEMAND


REMOVED = f"{LOST}|is still installed in tenant"
KEPT = f"{ORPHANED}|{DROPPED}|{STRAY}"
UNMISTAKABLE = {"401", "403", "404 html", "500", "html", "redirect"}
"""Exceptions that end an operation at once."""
LOST_RESPONSES = {"500 after", "html after"}
MOVED = {"move", "up_beside_a_failure", "take_adopt_out"}


@pytest.fixture
def stage(shared_emulator: Emulator, host: Host) -> Iterator[Stage]:
    with staged(shared_emulator, host) as stage:
        yield stage


def play(machine: type[LifecycleMachine], runs: int, *phases: Phase) -> None:
    """Run an example. Raises ``Violation`` for a broken promise."""
    chosen = settings(
        max_examples=runs,
        stateful_step_count=ROUND,
        deadline=None,
        database=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    run: Callable[..., None] = run_state_machine_as_test  # untyped in the version for Python 3.10
    run(machine, settings=chosen)


def play_batch(
    stage: Stage, figures: Figures, number: int, favoured: set[str], runs: int = BATCH
) -> None:
    """The same runs for the same number, with more of what is favoured."""

    class Machine(LifecycleMachine):
        def __init__(self) -> None:
            super().__init__(stage, figures)
            self.use_agenda(favoured)

    play(seed(number)(Machine), runs, Phase.generate)


def play_enough(stage: Stage, figures: Figures) -> None:
    """Batch by batch, with more of what came up too rarely before."""
    for number in range(MAX_BATCHES):
        play_batch(stage, figures, number, rare(figures) if number else set())
        if figures.steps >= LEAST_STEPS and not rare(figures):
            return


def play_until_broken(stage: Stage, where: set[str]) -> None:
    for number in range(MAX_BATCHES_TO_FIND):
        play_batch(stage, Figures(), number, where)


def play_other_runs(stage: Stage, figures: Figures) -> None:
    class Machine(LifecycleMachine):
        def __init__(self) -> None:
            super().__init__(stage, figures)

    play(Machine, ON_DEMAND, Phase.generate, Phase.shrink)


def rare(figures: Figures) -> set[str]:
    return figures.fewer_than(LEAST, SHARES, KINDS)


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("host", [DYNAMIC, long(NATIVE)], ids=str)
def test_nothing_is_lost_or_doubled_or_dead_in_random_runs(
    stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    figures = Figures()
    try:
        play_enough(stage, figures)
        if ON_DEMAND:
            play_other_runs(stage, figures)
    finally:
        for line in figures.lines():
            record_property(LINE, line)
    assert figures.steps >= LEAST_STEPS
    assert rare(figures) == set(), "some came up too rarely to have been tested"


@pytest.mark.parametrize("host", [NATIVE], ids=str)
def test_few_random_runs_of_the_native_form_break_no_promise(stage: Stage) -> None:
    figures = Figures()
    play_batch(stage, figures, 0, set(), FEW)
    assert figures.steps > ROUND


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize(
    ("host", "introduce", "where", "broken"),
    [
        (DYNAMIC, defects.rotation_first, {"rotate", "up", *UNMISTAKABLE}, DEAD),
        (DYNAMIC, defects.not_found_means_gone, {"refresh", "404 hidden"}, DROPPED),
        (
            DYNAMIC,
            defects.lost_registration_repeated,
            {"declare", "up", "truncated", "hold"},
            ORPHANED,
        ),
        (DYNAMIC, defects.nothing_is_held, MOVED, REMOVED),
        (DYNAMIC, defects.each_process_by_itself, {"move", "rename_installation"}, REMOVED),
        (DYNAMIC, defects.never_released, {"change_options", "rotate", "change"}, KEPT),
        (DYNAMIC, defects.every_comparison_holds, {"remove", "change_manually"}, KEPT),
        (
            DYNAMIC,
            defects.record_outlives_its_run,
            {"up", "remove"},
            f"{KEPT}|only one resource can",
        ),
        long(NATIVE, defects.lost_secret_not_marked, {"rotate", "up", *LOST_RESPONSES}, DEAD),
        long(NATIVE, defects.not_found_means_gone, {"refresh", "404 hidden"}, DROPPED),
        long(NATIVE, defects.nothing_is_held, MOVED, REMOVED),
    ],
)
def test_a_planted_defect_is_found(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    introduce: Callable[[pytest.MonkeyPatch], None],
    where: set[str],
    broken: str,
) -> None:
    introduce(monkeypatch)
    with pytest.raises(Violation, match=broken):
        play_until_broken(stage, where)
