"""The invariants, checked after every operation."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from olt_provider.emulator import Fault
from tests.model.engine import Failure, Verb
from tests.model.faults import HOLDS, SECRET
from tests.model.stage import Stage, without_clock
from tests.model.state import Key, Program, Props, Resource, State, installed_by

ORPHANED = "an application that this stack registered is orphaned or duplicated"
DEAD = "a client secret in the state is dead"
DROPPED = "dropped from the state although it exists"
SHARED = "two resources of one program hold one application, and the up succeeds"
LOST = "what the state holds was removed from the platform"
STRAY = "an installation of this stack is orphaned"
REMEDY = "pulumi up --refresh --run-program"


class Violation(AssertionError):  # noqa: N818 (a broken promise, by its name)
    """A broken promise."""


@dataclass
class Book:
    """The history of a run, as far as it excuses a later deviation."""

    strangers: dict[str, Props] = field(default_factory=dict)
    """Applications that were registered manually and must stay unchanged."""
    announced: set[str] = field(default_factory=set)
    """Applications in no state that an error named."""
    gone: set[str] = field(default_factory=set)
    """Applications deleted manually, or by an operation whose response was lost."""
    uninstalled: set[tuple[str, str]] = field(default_factory=set)
    """Application and tenant, likewise."""
    installed: set[tuple[str, str]] = field(default_factory=set)
    """Installations in no state: made manually, or by an operation whose response was lost."""
    dead: set[Key] = field(default_factory=set)
    """Where a rotation's responses were all lost: only another rotation reconciles it."""
    superseded: set[Key] = field(default_factory=set)
    """Applications that another resource has adopted."""
    unsettled: dict[Key, list[object]] = field(default_factory=dict)
    """The declarations of failed updates and deletions."""
    drifted: bool = False
    """Whether there was a manual change since the last refresh."""

    def needs_refresh(self, program: Program) -> bool:
        """Whether the contract requires a refresh before an ``up`` converges."""
        return self.drifted or any(
            then != program.declared(key) for key, all_ in self.unsettled.items() for then in all_
        )

    def refreshed(self) -> None:
        """Record a complete refresh."""
        self.drifted = False
        self.unsettled.clear()

    def settle(self, program: Program) -> None:
        """Record a completed ``up`` of this program."""
        for key in list(self.unsettled):
            if all(then == program.declared(key) for then in self.unsettled[key]):
                del self.unsettled[key]


class Oracle:
    """Watches each operation: a ``Watcher``."""

    def __init__(self, stage: Stage, state: State, book: Book, operations: Counter[str]) -> None:
        self._stage = stage
        self._platform = stage.emulator.platform
        self._operations = operations
        self.state = state
        self.book = book
        self.program = Program()
        self.faults: Sequence[tuple[str, Fault]] = ()
        self.made: list[tuple[str, str]] = []
        """Method and path template of each call since this was last cleared."""
        self._calls: list[tuple[str, str]] = []
        self._adopt: Props = {}
        self._target: str | None = None
        self._before: tuple[Props | None, bool] = (None, False)
        self._predecessor: Resource | None = None

    def begins(self, verb: Verb, key: Key, held: Resource | None, inputs: Props | None) -> None:
        self._stage.emulator.clear_calls()
        self._adopt = (inputs or {}).get("adopt") or {}
        self._predecessor = self.state.resources.get(key)
        self._target = held.id if held else self._adopt.get("application_id")
        self._before = self._seen(held) if key.kind == "application" else (None, False)

    def ended(self, verb: Verb, key: Key, held: Resource | None, now: Resource | None) -> None:
        self._settle()
        self._operations[f"{verb} {key.kind}"] += 1
        if now is None and held is not None:
            self._check_deleted(verb, key, held)
        if verb == "create" and now is not None and key.kind == "application":
            self._own(key, now)
        if verb in ("create", "update") and now is not None and key.kind == "application":
            self._supersede(verb, key, now)
        if verb == "create" and now is not None and key.kind == "installation":
            pair = (now.outputs["application_id"], now.outputs["tenant_id"])
            self.book.installed.discard(pair)
            self.book.uninstalled.discard(pair)
        before = self._before[0]
        if verb == "update" and before and now and now.outputs["client_id"] != _client(before):
            raise Violation(f"an update changed the client of {key.name}")
        self.require_all()

    def failed(self, failure: Failure, held: Resource | None, inputs: Props | None) -> None:
        self._settle()
        verb, key, error = failure
        self._operations[f"{verb} {key.kind}, failed"] += 1
        self.require_clean(str(error))
        try:
            self._record(failure, held, inputs)
            self.require_all()
        except Violation as violation:
            raise Violation(
                f"{violation} (when the {verb} of {key.name} failed: {error})"
            ) from None

    def _own(self, key: Key, now: Resource) -> None:
        """The stack has this application from now on."""
        self.book.strangers.pop(now.id, None)
        self.book.announced.discard(now.id)
        self._excuse_an_unchecked_secret(key, now)

    def _kept(self, failure: Failure) -> Resource | None:
        """What a creation that failed has left in the state."""
        now = self.state.resources.get(failure.key)
        return None if failure.verb != "create" or now is self._predecessor else now

    def _supersede(self, verb: Verb, key: Key, now: Resource) -> None:
        """What other resources hold of the same application may have a dead secret from now on."""
        holders = self.state.holders(now.id)
        if any(self.program.declared(other) for other in holders if other != key):
            self.book.drifted = True  # a mistake: what one changes, the other does not record
        if len(holders) > 1:
            self.book.superseded |= {
                other for other in holders if not self._secret_is_valid(self.state.resources[other])
            } - {key if verb == "create" else None}

    def _record(self, failure: Failure, held: Resource | None, inputs: Props | None) -> None:
        key = failure.key
        if failure.verb == "check":
            return
        if key.kind == "application":
            changed = self._failed_application(failure, held)
        else:
            changed = self._failed_installation(failure, held, inputs)
        if (kept := self._kept(failure)) is not None:
            self._own(key, kept)
            self._supersede("create", key, kept)
            changed = REMEDY in str(failure.error)
        present = held or kept
        if changed and present is not None and self.state.resources.get(key) is present:
            self.book.unsettled.setdefault(key, []).append(
                copy.deepcopy(self.program.declared(key))
            )

    def _failed_application(self, failure: Failure, held: Resource | None) -> bool:
        """Whether the platform has changed all the same."""
        verb, _, error = failure
        text, changed = str(error), self._seen(held) != self._before
        if verb == "create":
            for orphan in self._orphans():
                if not self._announces(text, orphan):
                    raise Violation(f"{ORPHANED}: {orphan['id']}, not in the error: {text}")
                self.book.announced.add(orphan["id"])
        if verb == "read" and changed:
            raise Violation(f"a refresh changed the platform: {text}")
        if verb == "delete" and held is not None and self._platform.application(held.id) is None:
            self.book.gone.add(held.id)
        if verb == "update" and changed and REMEDY not in text:
            raise Violation(f"an update changed something without the command to run: {text}")
        if self._target in self.book.strangers:
            now = without_clock(self._platform.application(self._target or ""))
            if now != self.book.strangers[self._target or ""] and REMEDY not in text:
                raise Violation(f"an adoption changed something without a report of it: {text}")
            self.book.strangers[self._target or ""] = now or {}
        dead = self._excuse_a_lost_rotation(failure.key)
        died = dead and self._before[1]
        if verb == "update" and died and "may be dead" not in text:
            raise Violation(f"{DEAD}, and the error does not report it: {text}")
        return changed

    def _failed_installation(
        self, failure: Failure, held: Resource | None, inputs: Props | None
    ) -> bool:
        props = held.outputs if held else inputs or {}
        pair = (props["application_id"], props["tenant_id"])
        there = self._is_installed(*pair)
        if failure.verb == "create" and there:
            self.book.installed.add(pair)
        if failure.verb == "delete" and not there:
            self.book.uninstalled.add(pair)
        return failure.verb == "delete" and not there

    def _excuse_a_lost_rotation(self, operated: Key) -> set[Key]:
        """Only where the rotation was made and its response was lost, as the very last call."""
        last = self._calls[-1] if self._calls else None
        made = any(fault.makes_the_change and fault.fired for _, fault in self.faults)
        if last != ("POST", SECRET) or not made:
            return set()
        dead = {
            key
            for key, held in self.state.resources.items()
            if held.id == self._target and not self._secret_is_valid(held)
        }
        # A host that keeps partial state has to mark this resource's instead.
        self.book.dead |= dead - ({operated} if self._stage.host.keeps else set())
        return dead

    def _excuse_an_unchecked_secret(self, key: Key, now: Resource) -> None:
        """One that was declared, cannot be tried anywhere, and was warned of."""
        warned = any("could not be checked" in each for each in self._stage.warnings)
        if "client_secret" in self._adopt and warned and not self._secret_is_valid(now):
            self.book.dead.add(key)

    def _announces(self, text: str, orphan: Props) -> bool:
        """Whether an error of a registration names what it may have left behind."""
        if orphan["id"] in text:
            return "adopt" in text
        if repr(orphan["name"]) not in text:
            return False
        late = any(label in HOLDS and fault.fired for label, fault in self.faults)
        return "could not be looked up" in text or ("No application that matches" in text and late)

    def _check_deleted(self, verb: Verb, key: Key, held: Resource) -> None:
        everything = self.state.everything()
        others = [key for key, each in everything if each.id == held.id and each is not held]
        self.book.superseded &= set(self.state.resources)
        if self._is_there(key, held):
            if not others and not held.deleted:
                raise Violation(f"{key.kind} {held.id} was {DROPPED} ({verb} of {key.name})")
        elif all(self.program.declared(other) is None for other in others):
            self._excuse(key, held)  # the others are deleted next
            for other in others:
                self.book.unsettled.setdefault(other, []).append(None)

    def _is_there(self, key: Key, held: Resource) -> bool:
        if key.kind == "application":
            return self._platform.application(held.id) is not None
        return self._is_installed(held.outputs["application_id"], held.outputs["tenant_id"])

    def _excuse(self, key: Key, held: Resource) -> None:
        if key.kind == "application":
            self.book.gone.add(held.id)
        else:
            pair = (held.outputs["application_id"], held.outputs["tenant_id"])
            self.book.uninstalled.add(pair)

    def require_all(self) -> None:
        """Check the invariants of every moment."""
        for key, held in self.state.resources.items():
            if key.kind == "application" and not held.deleted:
                self._require_alive(key, held)
        for key, application_id, tenant_id in installed_by(self.state):
            pair = (application_id, tenant_id)
            excused = pair in self.book.uninstalled or application_id in self.book.gone
            if not excused and not self._is_installed(*pair):
                raise Violation(f"{LOST}: installation {key.name}")
        orphans = self._orphans()
        if orphans:
            raise Violation(f"{ORPHANED}: {orphans[0]['id']} ({orphans[0]['name']})")
        self._require_no_stray_installation()
        for id_, then in self.book.strangers.items():
            if without_clock(self._platform.application(id_)) != then:
                raise Violation(f"an application that is not this stack's was changed: {id_}")

    def _require_alive(self, key: Key, held: Resource) -> None:
        if self._platform.application(held.id) is None:
            if held.id not in self.book.gone:
                raise Violation(f"{LOST}: application {held.id} of {key.name}")
        elif self._secret_is_valid(held):
            self.book.dead.discard(key)
            self.book.superseded.discard(key)
        elif not held.is_marked and key not in self.book.dead | self.book.superseded:
            raise Violation(f"{DEAD}: {key.name}, and no rotation's lost response excuses it")

    def _require_no_stray_installation(self) -> None:
        everything = self.state.everything()
        held = {each.id for key, each in everything if key.kind == "installation"}
        for application_id in self.state.application_ids():
            for found in self._platform.installations(application_id):
                id_ = f"{found['tenantId']}/{application_id}"
                pair = (application_id, found["tenantId"])
                if id_ not in held and pair not in self.book.installed:
                    raise Violation(f"{STRAY}: {id_}")

    def require_one_holder_each(self, before: set[str]) -> None:
        """After an ``up`` that succeeded; ``before``: what two resources held already."""
        for id_ in shared_ids(self.state, self.program) - before:
            raise Violation(f"{SHARED}: {id_}")

    def require_clean(self, text: str) -> None:
        """Require one line without secrets."""
        if not text or len(text.splitlines()) != 1:
            raise Violation(f"a message is not one line: {text!r}")
        for secret in self._stage.secrets:
            if secret in text:
                raise Violation(f"a message shows a secret: {text.replace(secret, '[secret]')}")

    def _orphans(self) -> list[Props]:
        known = self.state.application_ids() | self.book.announced | set(self.book.strangers)
        if self._stage.rivals:
            known |= set(self._stage.rivals)
        return [
            application
            for tenant in self._stage.tenants
            for application in self._platform.applications(tenant)
            if application["id"] not in known
        ]

    def _seen(self, held: Resource | None) -> tuple[Props | None, bool]:
        if held is None:
            return None, False
        application = without_clock(self._platform.application(held.id))
        return application, application is not None and self._secret_is_valid(held)

    def _secret_is_valid(self, held: Resource) -> bool:
        client, secret = held.outputs["client_id"], held.outputs.get("client_secret")
        return secret is not None and self._platform.secret_is_valid(client, secret)

    def _is_installed(self, application_id: str, tenant_id: str) -> bool:
        found = self._platform.installations(application_id)
        return any(each["tenantId"] == tenant_id for each in found)

    def _settle(self) -> None:
        """Wait until no request is in flight: held ones are carried out now."""
        for _, fault in self.faults:
            fault.release()
        emulator = self._stage.emulator
        emulator.wait_until_idle()
        calls = sorted(emulator.calls, key=lambda call: call.started)
        self._calls = [(call.method, call.template or "") for call in calls]
        self.made += self._calls


def shared_ids(state: State, program: Program) -> set[str]:
    """The applications that two resources of a program hold."""
    declared = [
        held.id
        for key, held in state.resources.items()
        if key.kind == "application" and program.declared(key) is not None
    ]
    return {id_ for id_ in declared if declared.count(id_) > 1}


def _client(application: Props) -> str:
    id_: str = application["oauth2Client"]["id"]
    return id_
