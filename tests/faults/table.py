"""The tables in ``cells.md``: the outcome of each cell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, get_args

from tests.faults.calls import CALLS
from tests.faults.hosts import DYNAMIC, NATIVE, Host
from tests.faults.kinds import KINDS
from tests.faults.play import Cell, Outcome
from tests.faults.situations import TARGETS, Operation, Target

TABLE: Final = Path(__file__).with_name("cells.md")
NATIVE_TABLE: Final = Path(__file__).with_name("cells.native.md")
"""The cells whose outcome differs in the native form."""
NOT_RUN: Final = "-"
WHOLE: Final = ("applications.register (active)", "applications.new_secret (alone)")
"""The calls that are not repeated blindly: each fault is tried at them."""


def targets(host: Host) -> Iterator[Target]:
    """The calls that a form of the provider makes."""
    for target in TARGETS:
        if not (target.situation.undoes and host.keeps):
            yield target


def cells(host: Host = DYNAMIC) -> Iterator[Cell]:
    """Every call of every operation x every fault x once and persistent."""
    for target in targets(host):
        for kind in KINDS:
            for persistent in (False, True):
                yield Cell(target, kind, persistent)


def chosen(host: Host, *, every: bool) -> Iterator[Cell]:
    """Return the cells to run: all, or a choice with each call and each family of faults."""
    found = list(targets(host))
    if every:
        yield from (cell for cell in cells(host) if cell.not_run is None)
        return
    whole = {target for target in found if target.title in WHOLE and host is DYNAMIC}
    for number, operation in enumerate(get_args(Operation), start=int(host is NATIVE)):
        calls = [target for target in found if target.situation.operation == operation]
        for place, (kind, known) in enumerate(KINDS.items(), start=number):
            possible = [each for each in calls if known.not_run(CALLS[each.call]) is None]
            turn, at = divmod(place, len(possible))
            for target in possible:
                if target in whole:
                    yield from (Cell(target, kind, persistent) for persistent in (False, True))
                elif target is possible[at]:
                    yield Cell(target, kind, (turn + at) % 2 == 1)


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


def read(host: Host = DYNAMIC) -> dict[Cell, str]:
    """Read the outcomes by cell."""
    if host is DYNAMIC:
        return _read(TABLE)
    written = _read(TABLE) | _read(NATIVE_TABLE)
    return {cell: written[cell] for cell in cells(host)}


def _read(file: Path) -> dict[Cell, str]:
    found: dict[Cell, str] = {}
    by_title = {(target.situation.operation, target.title): target for target in TARGETS}
    for section in file.read_text("utf-8").split("\n## ")[1:]:
        operation, _, body = section.partition("\n")
        head, _, *rows = [_split(line) for line in body.splitlines() if line.startswith("|")]
        for kind, *entries in rows:
            for title, entry in zip(head[1:], entries, strict=True):
                if not entry:  # as the other form's
                    continue
                target = by_title[operation, title]  # type: ignore[index]
                once, _, lasting = entry.partition(", ")
                found[Cell(target, kind, persistent=False)] = once
                found[Cell(target, kind, persistent=True)] = lasting or once
    return found


def _split(line: str) -> list[str]:
    return [each.strip() for each in line.removeprefix("|").removesuffix("|").split("|")]


def outcomes() -> tuple[str, ...]:
    """The words that the table uses."""
    return get_args(Outcome)
