"""Counts of the steps, faults and outcomes of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Figures:
    """The counts of all examples of one run."""

    rules: Counter[str] = field(default_factory=Counter)
    """Steps, by rule."""
    faults: Counter[str] = field(default_factory=Counter)
    """Injections, by kind."""
    operations: Counter[str] = field(default_factory=Counter)
    """Operations of the engine, by outcome."""
    rehearsed: Counter[str] = field(default_factory=Counter)
    """The same, in rehearsals."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """Properties of the rehearsed clean ``up`` after each step."""

    @property
    def steps(self) -> int:
        return self.rules.total()

    def fewer_than(self, least: int, rules: Iterable[str], faults: Iterable[str]) -> set[str]:
        """Which of these rules and kinds of faults have come up less often."""
        return {
            *(name for name in rules if self.rules[name] < least),
            *(name for name in faults if self.faults[name] < least),
        }

    def lines(self) -> list[str]:
        return [
            f"lifecycle model: {self.steps} steps, {self.faults.total()} faults injected",
            f"lifecycle model, rules: {_listed(self.rules)}",
            f"lifecycle model, faults: {_listed(self.faults)}",
            f"lifecycle model, operations: {_listed(self.operations)}",
            f"lifecycle model, operations rehearsed: {_listed(self.rehearsed)}",
            f"lifecycle model, rehearsals: {_listed(self.outcomes)}",
        ]


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
