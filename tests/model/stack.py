"""A stack, its program and its platform, and how the engine runs on it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from hypothesis.strategies._internal.featureflags import FeatureFlags

from tests.model.engine import PLAIN, Engine, Failure, Manner
from tests.model.faults import (
    FOUND_AGAIN,
    INSTALLATION,
    REGISTRATION,
    TEMPORARY,
    Aim,
    Deck,
    PlannedFault,
)
from tests.model.figures import Figures
from tests.model.oracle import Book, Oracle, Violation, shared_ids
from tests.model.programs import SLOTS
from tests.model.scheduling import Agenda
from tests.model.stage import Stage, without_clock
from tests.model.state import Key, Program, Resource, State

Calls = list[tuple[str, str]]

ONE: Final = {
    "application": "/application-developer/applications/{applicationId}",
    "installation": "/applications/{applicationId}",
}
PICK: Final = st.integers(0, 11)
"""Which of those there are; modulo their number."""
KEPT_PROGRAMS: Final = 4
NOT_REPEATED: Final = "a failure that one more try gets over reached the user"
CREATION: Final[dict[str, Calls]] = {
    "application": [("GET", REGISTRATION[1]), REGISTRATION],
    "installation": [("PUT", INSTALLATION)],
}
DELETION: Final[dict[str, Calls]] = {
    "application": [("GET", ONE["application"]), ("DELETE", ONE["application"])],
    "installation": [("DELETE", INSTALLATION)],
}

T = TypeVar("T")
PlannedFaults = tuple[PlannedFault, ...]
Aims = tuple[Aim, ...]
Work = Callable[[Engine], list[Failure]]


def of(choices: Sequence[T], pick: int) -> T:
    """The one that is meant."""
    return choices[pick % len(choices)]


class Stack(RuleBasedStateMachine):
    """The state that all rules share."""

    def __init__(self, stage: Stage, figures: Figures) -> None:
        super().__init__()
        stage.begin()
        self.stage = stage
        self.figures = figures
        self.platform = stage.emulator.platform
        self.state = State()
        self.book = Book()
        self.oracle = Oracle(stage, self.state, self.book, figures.operations)
        self.program = Program()
        self.history: list[Program] = []
        self.expected: list[tuple[str, str]] = []
        self.smooth = True
        self.stranger_secrets: dict[str, str] = {}
        self.deck = Deck(0)
        self.numbers = 0
        self.favoured: set[str] = set()
        """Rules and kinds of faults to run more often."""
        self.agenda: Agenda | None = None
        """None: hypothesis chooses the rules, and leaves some out of each example."""

    def use_agenda(self, favoured: set[str]) -> None:
        """Let an agenda choose the rules, which needs all of them; and favour some."""
        self.favoured = favoured
        self.agenda = Agenda(0)
        self._rules_strategy.enabled_rules_strategy = st.just(FeatureFlags())

    def free_slots(self) -> list[str]:
        held = {key.name for key, _ in self.state.everything() if key.kind == "application"}
        return [name for name in SLOTS if name not in held | set(self.program.applications)]

    def live(self) -> list[tuple[Key, Resource]]:
        """The applications of the state that exist on the platform."""
        return [
            (key, held)
            for key, held in self.state.resources.items()
            if key.kind == "application"
            and not held.deleted
            and self.platform.application(held.id) is not None
        ]

    def movable(self) -> list[tuple[str, Resource]]:
        """The live applications that the program declares."""
        declared = self.program.applications
        return [(key.name, held) for key, held in self.live() if key.name in declared]

    def adoptable(self) -> list[str]:
        adopted = [each.get("adopt", {}) for each in self.program.applications.values()]
        taken = {each.get("application_id") for each in adopted}
        known = [*self.book.strangers, *sorted(self.book.announced)]
        return [id_ for id_ in known if id_ not in taken and self.platform.application(id_)]

    def done(self, name: str) -> None:
        self._count(name)

    def _count(self, name: str) -> None:
        self.figures.rules[name] += 1
        if self.agenda is not None:
            self.agenda.played()

    def drifted(self, name: str) -> None:
        self.book.drifted = True
        self.done(name)

    def ran(self, name: str, wrong: Aims) -> PlannedFaults:
        self._count(name)
        return self.deck.deal(wrong)

    def remember_program(self) -> None:
        """As it is kept in version control; what is adopted by now is not declared any more."""
        kept = copy.deepcopy(self.program)
        for key, _ in self.live():
            kept.applications.get(key.name, {}).pop("adopt", None)
        self.history = [*self.history, kept][-KEPT_PROGRAMS:]

    def reads(self) -> Calls:
        """The calls of a refresh, if nothing was deleted."""
        return [("GET", ONE[key.kind]) for key, _ in self.state.everything()]

    def deletions(self) -> Calls:
        """The calls of a destroy, if nothing was deleted."""
        kinds = sorted((key.kind for key in self.state.resources), reverse=True)
        return [call for kind in kinds for call in DELETION[kind]]

    def replacement(self, key: Key) -> Calls:
        """The calls that replace a resource, if nothing was deleted."""
        return [*CREATION[key.kind], *DELETION[key.kind]]

    def run_refresh(self, wrong: PlannedFaults) -> list[Failure]:
        failures = self.play(
            wrong, self.reads(), lambda engine: engine.refresh(self.stage.connect())
        )
        if not failures:
            self.book.refreshed()
        return failures

    def run_up(self, wrong: PlannedFaults, manner: Manner = PLAIN, *, rival: bool = False) -> None:
        self.remember_program()
        plain = not manner.replace and not manner.beside_a_failure and manner.targets is None
        easy = self.smooth and self.gets_over(wrong) and plain and not rival
        self.stage.rivals = {} if rival else None
        failures = self.play(
            wrong,
            [*self.expected, *(call for key in manner.replace for call in self.replacement(key))],
            lambda engine: engine.up(self.program, self.stage.connect(), manner),
            targeted=manner.targets is not None,
        )
        if easy and failures:
            raise Violation(f"{NOT_REPEATED}: {failures[0].error}")
        if not failures and manner.targets is None:
            self.book.settle(self.program)

    def gets_over(self, wrong: PlannedFaults) -> bool:
        """Whether what goes wrong is so little that the user must not notice."""
        if not wrong or not self.expected:
            return not wrong
        registers = of(self.expected, wrong[0].position) == REGISTRATION
        tolerated = FOUND_AGAIN if registers else TEMPORARY
        return len(wrong) == 1 and wrong[0].times <= 2 and wrong[0].label in tolerated

    def play(
        self, wrong: PlannedFaults, expected: Calls, work: Work, *, targeted: bool = False
    ) -> list[Failure]:
        """One pass of the engine, in a process of its own, with what goes wrong."""
        emulator, oracle = self.stage.emulator, self.oracle
        oracle.faults = [
            (fault.label, emulator.add_fault(fault.fault(expected))) for fault in wrong
        ]
        oracle.program = self.program
        self.stage.warnings.clear()
        shared = shared_ids(self.state, self.program)
        try:
            failures = work(Engine(self.state, oracle, self.stage.host.providers))
        finally:
            emulator.clear_faults()
            for label, fault in oracle.faults:
                self.figures.faults[label] += fault.fired
            oracle.faults = ()
        self.meet_rivals()
        if not failures and not targeted:
            oracle.require_one_holder_each(shared)
        for warning in self.stage.warnings:
            oracle.require_clean(warning)
        return failures

    def meet_rivals(self) -> None:
        """What was registered manually in the meantime is a stranger's, unless it was adopted."""
        for id_, secret in (self.stage.rivals or {}).items():
            self.stranger_secrets[id_] = secret
            if id_ not in self.state.application_ids():
                self.book.strangers[id_] = without_clock(self.platform.application(id_)) or {}
        self.stage.rivals = None
