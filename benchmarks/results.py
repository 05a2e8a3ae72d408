"""What was measured: cases, rounds, and one measurement per provider and operation."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

NOTHING: Final = "nothing"
NAIVE: Final = "naive"
OLT: Final = "olt"
NATIVE: Final = "native"
PROVIDERS: Final = (NOTHING, NAIVE, OLT, NATIVE)
OPERATIONS: Final = ("create", "preview", "refresh", "rename", "destroy")


class Model(BaseModel):
    """Strict, so that a file of another version is refused rather than misread."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Case(Model):
    """What is measured: so many applications and as many installations, on such a platform."""

    applications: int
    latency_ms: int = 0
    """How long the platform waits before it deals with a call."""
    tls: bool = False
    parallel: int | None = None
    """How many resources the engine deals with at once; None: its default."""

    @property
    def title(self) -> str:
        """As people read it."""
        where = f"{self.latency_ms} ms a call{', TLS' if self.tls else ''}"
        options = f", --parallel {self.parallel}" if self.parallel else ""
        return f"{self.applications} + {self.applications}, {where}{options}"


class StateSize(Model):
    """Bytes in the state, of all resources together; see ``state.py`` for what counts as what."""

    resources: int
    whole: int
    provider: int
    pickle: int


class Measured(Model):
    """One operation of one provider in one round."""

    seconds: float
    """From the start of the command until it has ended."""
    calls: dict[str, int]
    """Calls of the API by method."""
    connections: int
    """TCP connections that the platform accepted."""
    host_peak_bytes: int | None
    """The most memory that the host process held; None if it was never seen."""
    host_cpu_seconds: float | None
    """The processor time that the host process took."""
    state: StateSize | None
    """Afterwards; None where nothing is left."""

    @property
    def total_calls(self) -> int:
        """Calls of the API."""
        return sum(self.calls.values())


class Start(Model):
    """One start of a provider process, from the command to the port that it prints."""

    seconds: float
    cpu_seconds: float


class Failed(Model):
    """An operation that failed. What would have come after it in that round was not run."""

    reason: str


Outcomes = dict[str, dict[str, Measured | Failed]]
"""By provider and operation."""


class CaseResult(Model):
    """All rounds of a case; in each, the providers ran every operation one beside the other."""

    case: Case
    left_out: tuple[str, ...] = ()
    """Providers that were not asked to do it."""
    rounds: list[Outcomes] = []

    def measured(self, provider: str, operation: str) -> list[Measured] | None:
        """One per round; None unless each of them succeeded."""
        found = [each.get(provider, {}).get(operation) for each in self.rounds]
        whole = [each for each in found if isinstance(each, Measured)]
        return whole if whole and len(whole) == len(found) else None

    def median(
        self, provider: str, operation: str, value: Callable[[Measured], float]
    ) -> float | None:
        """The median of a value over the rounds."""
        rounds = self.measured(provider, operation)
        return statistics.median(map(value, rounds)) if rounds else None

    def ratios(self, provider: str, base: str, operation: str) -> list[float] | None:
        """The seconds of a provider over those of another in the same round, pair by pair."""
        rounds, bases = self.measured(provider, operation), self.measured(base, operation)
        if not rounds or not bases:
            return None
        return [one.seconds / other.seconds for one, other in zip(rounds, bases, strict=True)]

    def failures(self) -> list[str]:
        """Which operations failed, and why."""
        return [
            f"{self.case.title}; round {number}: {operation} with {provider}: {outcome.reason}"
            for number, outcomes in enumerate(self.rounds, 1)
            for provider, operations in outcomes.items()
            for operation, outcome in operations.items()
            if isinstance(outcome, Failed)
        ]


class Machine(Model):
    """Where it was measured."""

    system: str
    cores: int
    memory_bytes: int
    load: float
    """The load average of the minute before the run: near 0 on an idle machine."""
    python: str
    engine: str
    sdk: str
    provider: str


class Results(Model):
    """A run, finished or not."""

    started: datetime
    machine: Machine
    rounds: int
    """How many were asked for."""
    cases: list[CaseResult]
    starts: dict[str, list[Start]] = {}
    """By provider: one in each round."""

    def failures(self) -> list[str]:
        """Which operations failed, and why."""
        return [failure for case in self.cases for failure in case.failures()]

    def is_complete(self) -> bool:
        """Whether all rounds are there, and nothing failed."""
        counts = [len(each.rounds) for each in self.cases]
        counts += [len(each) for each in self.starts.values()]
        return not self.failures() and all(count == self.rounds for count in counts)

    def save(self, file: Path) -> None:
        """Write it whole or not at all."""
        file.parent.mkdir(parents=True, exist_ok=True)
        half = file.with_name(f".{file.name}.half")
        half.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")
        half.replace(file)

    @classmethod
    def load(cls, file: Path) -> Results:
        """Read one. Raises ``OSError`` or ``ValueError``."""
        return cls.model_validate_json(file.read_text(encoding="utf-8"))
