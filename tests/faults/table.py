"""The table in ``cells.md``: how each cell ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, get_args

from tests.faults.calls import CALLS
from tests.faults.kinds import KINDS
from tests.faults.play import Cell, Outcome
from tests.faults.situations import TARGETS, Operation, Target

TABLE: Final = Path(__file__).with_name("cells.md")
NOT_RUN: Final = "-"
WHOLE: Final = ("applications.register (active)", "applications.new_secret (alone)")
"""The calls that are not repeated blindly: each fault is tried at them."""


def cells() -> Iterator[Cell]:
    """Every call of every operation x every fault x once and persistent."""
    for target in TARGETS:
        for kind in KINDS:
            for persistent in (False, True):
                yield Cell(target, kind, persistent)


def chosen(*, every: bool) -> Iterator[Cell]:
    """The cells to run: every one, or a choice that meets each call with each family of faults.

    Which fault stands for its family changes from call to call, so that all are used. All of them
    are tried at the calls that are not repeated blindly.
    """
    for number, target in enumerate(TARGETS):
        families: dict[str, list[str]] = {}
        for kind, known in KINDS.items():
            if known.not_run(CALLS[target.call]) is None:
                families.setdefault(known.family, []).append(kind)
        for members in families.values():
            whole = every or target.title in WHOLE
            for persistent in (False, True):
                one = members[(number + persistent) % len(members)]
                for kind in members if whole else [one]:
                    yield Cell(target, kind, persistent)


def written(outcomes: dict[Cell, str]) -> str:
    """The tables, one for each operation."""
    return "\n\n".join(_table(operation, outcomes) for operation in get_args(Operation))


def _table(operation: str, outcomes: dict[Cell, str]) -> str:
    targets = [target for target in TARGETS if target.situation.operation == operation]
    rows = [
        ["fault", *(target.title for target in targets)],
        ["---"] * (len(targets) + 1),
        *([kind, *(_entry(target, kind, outcomes) for target in targets)] for kind in KINDS),
    ]
    lines = [f"## {operation}", "", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


def _entry(target: Target, kind: str, outcomes: dict[Cell, str]) -> str:
    once, lasting = (outcomes[Cell(target, kind, persistent)] for persistent in (False, True))
    return NOT_RUN if NOT_RUN in (once, lasting) else f"{once}, {lasting}"


def read() -> dict[Cell, str]:
    """What is written there, by cell."""
    found: dict[Cell, str] = {}
    by_title = {(target.situation.operation, target.title): target for target in TARGETS}
    for section in TABLE.read_text("utf-8").split("\n## ")[1:]:
        operation, _, body = section.partition("\n")
        head, _, *rows = [_split(line) for line in body.splitlines() if line.startswith("|")]
        for kind, *entries in rows:
            for title, entry in zip(head[1:], entries, strict=True):
                target = by_title[operation, title]  # type: ignore[index]
                once, _, lasting = entry.partition(", ")
                found[Cell(target, kind, persistent=False)] = once
                found[Cell(target, kind, persistent=True)] = lasting or once
    return found


def _split(line: str) -> list[str]:
    return [each.strip() for each in line.strip("|").split("|")]


def outcomes() -> tuple[str, ...]:
    """The words that the table uses."""
    return get_args(Outcome)
