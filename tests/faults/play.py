"""Runs one cell: a fault during an operation, and the user's next steps until it converges."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from olt_provider.emulator import Fault
from tests.emulated import calls_of
from tests.faults.calls import CALLS
from tests.faults.ground import APP, INSTALLATIONS, Ground, Scene, Tenants
from tests.faults.hosts import Host
from tests.faults.kinds import KINDS
from tests.faults.situations import Target
from tests.faults.wire import Crossing
from tests.model.engine import Engine, Failure, Hosts
from tests.model.programs import expected_of, held_of
from tests.model.state import Key, Program, Resource, State

Outcome = Literal["ok", "up", "adopt"]
"""The outcomes: in the operation itself, by repeating it, or by following the advice."""


class Cell(NamedTuple):
    """One call and one fault, once or for the whole operation."""

    target: Target
    kind: str
    persistent: bool

    def __str__(self) -> str:
        lasting = "persistent" if self.persistent else "once"
        operation, title = self.target.situation.operation, self.target.title
        return f"{operation}-{title}-{self.kind}-{lasting}".replace(" ", "_")

    @property
    def not_run(self) -> str | None:
        """Return why it cannot be run, if so."""
        return KINDS[self.kind].not_run(CALLS[self.target.call])

    def faults(self) -> tuple[Fault, Fault]:
        """Twice the same: one for the emulator, and one for what happens before it."""
        call, kind = CALLS[self.target.call], KINDS[self.kind]
        how: dict[str, Any] = {
            **kind.fault,
            "method": call.method,
            "path": call.path,
            "times": None if self.persistent else 1,
            "after": self.target.earlier,
        }
        if kind.changes_a_field:
            how["field"] = call.field
        return Fault(**how), Fault(**how)


class Quiet:
    """A watcher that does nothing."""

    def begins(self, verb: object, key: Key, held: object, inputs: object) -> None: ...
    def failed(self, failure: Failure, held: object, inputs: object) -> None: ...
    def ended(self, verb: object, key: Key, held: object, now: object) -> None: ...


class Play:
    """A cell in its environment."""

    def __init__(self, tenants: Tenants, crossing: Crossing, cell: Cell, host: Host) -> None:
        situation = cell.target.situation
        self.cell = cell
        self.host = host
        tenants.emulator.clear_faults()
        tenants.emulator.clear_calls()
        self.ground = Ground(tenants, host.providers)
        self.scene: Scene = situation.stage(self.ground)
        self.failures: list[Failure] = []
        kind = KINDS[cell.kind]
        source = situation.source if kind.source == "tenantTokens" else kind.source
        connect = self.ground.connector(source)
        self._start: Callable[[], Hosts] = lambda: functools.cache(lambda _: connect())
        self._crossing = crossing
        self._engine = Engine(self.scene.state, Quiet(), host.providers)

    @property
    def state(self) -> State:
        return self.scene.state

    def with_fault(self) -> list[Failure]:
        """Run the operation with the fault. Later operations have none."""
        emulator, wire = self.ground.emulator, KINDS[self.cell.kind].wire
        before = dict(self.state.resources)
        fault, meant = self.cell.faults()
        for given in self.scene.given:
            emulator.add_fault(given)
        if wire in (None, "read_timeout"):
            emulator.add_fault(fault)
        if wire is not None:
            self._crossing.play(wire, meant, fault)
        try:
            self._operation()
            emulator.wait_until_idle()
        finally:
            self._crossing.clear()
            emulator.clear_faults()
        assert (meant if wire else fault).fired, "the fault has met no call"
        self._nothing_dropped(before)
        return self.failures

    def _operation(self) -> None:
        act = self._engine.refresh(self._start()) if self.scene.refresh else self.up()
        self._note(act)

    def up(self) -> list[Failure]:
        """``pulumi up`` of the program, as a new process."""
        return self._note(self._engine.up(self.scene.program, self._start()))

    def refresh(self) -> list[Failure]:
        """``pulumi refresh``, as a new process."""
        return self._note(self._engine.refresh(self._start()))

    def _note(self, failures: list[Failure]) -> list[Failure]:
        self.failures = list(failures)
        for failure in failures:
            message = str(failure.error)
            assert "\n" not in message
            assert not [secret for secret in self._known_secrets() if secret in message]
        return self.failures

    def _known_secrets(self) -> set[str]:
        held = self.state.resources.get(APP)
        # An adoption that stopped half way has none yet.
        kept = {} if held is None else held.outputs
        return self.ground.secrets | (
            {kept["client_secret"]} if kept.get("client_secret") else set()
        )

    def repeated(self) -> Outcome:
        """Repeat the operation; if that fails, follow the advice of the error."""
        failed = bool(self.failures)
        if self.scene.refresh:
            assert not self.refresh()
        if not self.up():
            return "up" if failed else "ok"
        (failure,) = self.failures
        advice = self.host.advice.search(str(failure.error))
        assert advice, f"no way out: {failure.error}"
        self.scene.program.applications[failure.key.name]["adopt"] = {
            "application_id": advice.group(1)
        }
        assert not self.up()
        return "adopt"

    @property
    def loses_every_response(self) -> bool:
        """Whether all tries of a rotation are carried out and every response is lost."""
        rotates = self.cell.target.call == "applications.new_secret"
        return rotates and self.cell.persistent and self.cell.faults()[0].makes_the_change

    def reverted(self) -> None:
        """Revert the change: ``up --refresh --run-program``."""
        self.scene.program = self.scene.before
        assert not self.refresh()
        assert not self.up()

    def assert_together(self, *, secret_alive: bool = True) -> None:
        """Assert that platform, state and program agree, and that another ``up`` makes no call."""
        platform, program = self.ground.emulator.platform, self.scene.program
        owned = {each["id"] for each in platform.applications(self.ground.owner)}
        assert owned == {self.ground.bystander} | self.state.application_ids()
        assert not self.state.pending
        assert set(self.state.resources) == set(program.resources())
        self._assert_installations(program)
        if APP in self.state.resources:
            self._assert_application(self.state.resources[APP], program)
            assert self.secret_is_alive() == secret_alive
        made = len(calls_of(self.ground.emulator))
        assert not self.up()
        assert calls_of(self.ground.emulator)[made:] == []

    def _assert_application(self, held: Resource, program: Program) -> None:
        platform = self.ground.emulator.platform
        application = platform.application(held.id)
        assert application is not None
        declared = program.applications[APP.name]
        managed = "allowed_tenants" in declared
        assert held_of(application, managed=managed) == expected_of(declared)
        context = self._start()(held.provider)
        found = self.host.providers[APP.kind].read(context, held)
        assert found is not None
        assert found.outputs == held.outputs, "a refresh would find something else"

    def secret_is_alive(self) -> bool:
        """Whether the platform accepts the secret in the state."""
        outputs = self.state.resources[APP].outputs
        platform = self.ground.emulator.platform
        return platform.secret_is_valid(outputs["client_id"], outputs["client_secret"])

    def _assert_installations(self, program: Program) -> None:
        installed = {
            each["applicationId"]
            for id_ in self.state.application_ids()
            for each in self.ground.emulator.platform.installations(id_)
        }
        if self.cell.target.situation.name == "secret known":  # installed manually
            assert installed
            return
        kept = [self.state.resources[key] for key in program.resources() if key in INSTALLATIONS]
        assert installed == {held.outputs["application_id"] for held in kept}

    def _nothing_dropped(self, before: dict[Key, Resource]) -> None:
        """What is still on the platform is still in the state, for any response."""
        platform, tenant = self.ground.emulator.platform, self.ground.user
        for key, held in before.items():
            id_ = held.id.rpartition("/")[2]
            there = platform.application(id_) is not None
            if key in INSTALLATIONS and there:
                there = tenant in {each["tenantId"] for each in platform.installations(id_)}
            if there:
                assert self.state.resources.get(key) is held
