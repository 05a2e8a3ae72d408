"""The machine: random changes of programs, stacks and the platform."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from tests.model.cleanup import CleanUp
from tests.model.declaring import Declaring
from tests.model.engine import Engine, Failure, Manner
from tests.model.faults import aims
from tests.model.manual_changes import ManualChanges
from tests.model.renaming import Renaming
from tests.model.scheduling import when
from tests.model.stack import PICK, Aims, of
from tests.model.state import Program

THOROUGH: Final = 5
"""The number of steps between two checks that nothing is left to do."""
RIVAL: Final = st.sampled_from([False, False, False, False, True])


class LifecycleMachine(Declaring, Renaming, ManualChanges):
    """Rules that run the engine, and the invariants after each step."""

    @when(lambda self: self.expected)
    @rule(wrong=aims(), rival=RIVAL)
    def up(self, wrong: Aims, *, rival: bool) -> None:
        faults = self.ran("up", wrong)
        self.run_up(faults, rival=rival)

    @when(lambda self: self.expected)
    @rule(wrong=aims(), rival=RIVAL)
    def up_in_parallel(self, wrong: Aims, *, rival: bool) -> None:
        """What does not depend on a failure is done all the same."""
        faults = self.ran("up_in_parallel", wrong)
        self.run_up(faults, Manner(keep_going=True), rival=rival)

    @when(lambda self: self.state.resources)
    @rule(wrong=aims())
    def up_with_refresh(self, wrong: Aims) -> None:
        """Refresh and ``up`` in one process, as ``up --refresh`` does."""
        faults = self.ran("up_with_refresh", wrong)
        self.remember_program()

        def work(engine: Engine) -> list[Failure]:
            hosts = self.stage.connect()
            if failures := engine.refresh(hosts):
                return failures
            self.book.refreshed()
            return engine.up(self.program, hosts)

        if not self.play(faults, [*self.reads(), *self.expected], work):
            self.book.settle(self.program)

    @when(lambda self: self.state.resources)
    @rule(wrong=aims())
    def refresh(self, wrong: Aims) -> None:
        faults = self.ran("refresh", wrong)
        self.run_refresh(faults)

    @when(lambda self: self.state.resources)
    @rule(pick=PICK, wrong=aims())
    def replace(self, pick: int, wrong: Aims) -> None:
        """``up --replace``, or a taint."""
        faults = self.ran("replace", wrong)
        self.run_up(faults, Manner(replace={of(list(self.state.resources), pick)}))

    @when(lambda self: self.state.resources)
    @rule(pick=PICK, replaced=st.booleans())
    def up_beside_a_failure(self, pick: int, *, replaced: bool) -> None:
        """All is created and updated, but what is to be deleted stays, as a neighbour fails."""
        self.ran("up_beside_a_failure", ())
        keys = {of(list(self.state.resources), pick)} if replaced else set()
        self.run_up((), Manner(replace=keys, beside_a_failure=True))

    @when(lambda self: self.targetable())
    @rule(pick=PICK, wrong=aims())
    def up_of_targets(self, pick: int, wrong: Aims) -> None:
        """``up --target``, for one application and its installations."""
        faults = self.ran("up_of_targets", wrong)
        self.run_up(faults, Manner(targets=of(self.targetable(), pick)))

    @when(lambda self: len(self.state.resources) > 2)
    @rule(wrong=aims())
    def destroy(self, wrong: Aims) -> None:
        """The program stays, so the next ``up`` makes everything again."""
        faults = self.ran("destroy", wrong)
        kept, self.program = self.program, Program()
        if not self.play(
            faults, self.deletions(), lambda engine: engine.destroy(self.stage.connect())
        ):
            self.book.unsettled.clear()
        self.program = kept

    @when(lambda self: self.expected)
    @rule()
    def finish(self) -> None:
        """Run without faults, while the user follows the advice of the errors."""
        self.ran("finish", ())
        self.remember_program()
        self.clean_up(self.figures.operations).run(thorough=True)

    @invariant()
    def a_clean_up_makes_all_right(self) -> None:
        """Played, then undone."""
        self.oracle.require_all()
        kept = self.state, self.program, self.book
        self.state, self.program, self.book = copy.deepcopy(kept)
        try:
            with self.stage.rehearsal():
                rehearsed = self.clean_up(self.figures.rehearsed)
                self.expected = rehearsed.run(thorough=self.figures.steps % THOROUGH == 0)
        finally:
            self.state, self.program, self.book = kept
        self.smooth = rehearsed.smooth

    def clean_up(self, operations: Counter[str]) -> CleanUp:
        return CleanUp(self.stage, self.state, self.program, self.book, self.figures, operations)
