"""``olt review`` and ``olt graph`` compared with the effects of the following ``pulumi up``."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

import pytest

from olt_provider.cli.preview.stack import Stack
from olt_provider.cli.review import effects
from olt_provider.cli.review.access import Tenants
from olt_provider.cli.review.applications import Applications
from olt_provider.cli.review.effects import review
from tests.cli.comparison.comparing import Comparison, Step, graph_problems
from tests.cli.comparison.running import random_steps
from tests.engine.harness import Engine

log = logging.getLogger(__name__)
RUNS: Final = int(os.environ.get("COMPARISON_RUNS", "3"))
CHANGES: Final = 8
"""Changes of one run. With the default number of runs, 24 steps."""
PER_STACK: Final = 4
"""Runs of one stack."""
FIRST_SEED: Final = int(os.environ.get("COMPARISON_SEED", "21"))
ALL_RULES_FROM: Final = 300
"""The steps from which each rule must have been tried five times."""
RULES: Final = (
    *("deleted", "registered", "secret", "revoked", "uninstalled", "lost", "allowed", "installed"),
    *("active", "inactive", "login", "changed", "refused", "graph"),
    *("fail-on delete", "fail-on rotate", "fail-on revoke", "fail-on login", "fail-on replace"),
)

pytestmark = [
    pytest.mark.engine,
    pytest.mark.timeout(max(600, RUNS * 60)),
    pytest.mark.xdist_group("comparison"),
]


@pytest.fixture(scope="module")
def steps(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> list[Step]:
    """All runs, one stack after the other."""
    found: list[Step] = []
    for number in range(-(-RUNS // PER_STACK)):
        folder = tmp_path_factory.mktemp("comparison")
        runs = min(PER_STACK, RUNS - number * PER_STACK)
        found += random_steps(engine, folder, FIRST_SEED + number, runs, CHANGES)
    return found


def _problems(steps: Iterable[Step], tried: Counter[str]) -> list[str]:
    found: list[str] = []
    for step in steps:
        found += Comparison(step, review(step.read), tried=tried).compare()
        found += Comparison(step, step.live, tried=Counter()).compare()
        found += graph_problems(step, tried)
    return found


def test_every_effect_is_stated_and_every_finding_happens(steps: list[Step]) -> None:
    tried: Counter[str] = Counter()
    problems = _problems(steps, tried)
    done = sum(step.changes for step in steps)
    log.info("%d runs, %d steps, tried: %s", len(steps), done, dict(tried))
    assert problems == []
    assert done >= RUNS * CHANGES
    if RUNS * CHANGES >= ALL_RULES_FROM:
        assert [rule for rule in RULES if tried[rule] < 5] == []


def _nothing(*_: Any, **__: Any) -> None:
    """A part of the review that is left out."""


def _deletes_kept_applications(_self: Stack, _application_id: str) -> list[Any]:
    return []


DEFECTS: Final[dict[str, tuple[type, str, Callable[..., Any]]]] = {
    "rotations-are-missed": (Applications, "_rotated", _nothing),
    "installations-are-missed": (Tenants, "_installations", _nothing),
    "deletions-of-what-is-held-are-invented": (Stack, "kept_by", _deletes_kept_applications),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_of_the_review_is_found(
    steps: list[Step], monkeypatch: pytest.MonkeyPatch, defect: str
) -> None:
    owner, name, broken = DEFECTS[defect]
    monkeypatch.setattr(owner, name, broken)
    problems = [
        problem
        for step in steps
        for problem in Comparison(step, effects.review(step.read)).compare()
    ]
    assert problems
