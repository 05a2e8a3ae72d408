"""One ``up`` without faults converges, if the user follows the errors."""

from __future__ import annotations

import copy
import re
from collections import Counter

from tests.model.engine import Engine, Failure, Hosts, Manner
from tests.model.figures import Figures
from tests.model.oracle import DEAD, Book, Oracle, Violation, shared_ids
from tests.model.programs import expected_of, held_of
from tests.model.stage import Stage
from tests.model.state import Key, Program, Props, Resource, State

MAX_ROUNDS = 12
"""How often a user follows an error's advice at most."""
IN_USE = re.compile(r"exists already: ([0-9a-f, -]+)[.,]")
SHARED = re.compile(r"application ([0-9a-f-]+)(?: too|, and .* adopts it); only one resource can")


class CleanUp:
    """Runs the clean ``up``, after a refresh if the contract requires one."""

    def __init__(
        self,
        stage: Stage,
        state: State,
        program: Program,
        book: Book,
        figures: Figures,
        operations: Counter[str],
    ) -> None:
        self._stage = stage
        self._text = stage.host.text
        self._platform = stage.emulator.platform
        self._state = state
        self._program = program
        self._book = book
        self._figures = figures
        self._oracle = Oracle(stage, self._state, self._book, operations)
        self._engine = Engine(self._state, self._oracle, stage.host.providers)
        self.smooth = not book.needs_refresh(program)
        """Whether neither a refresh nor a second ``up`` was needed."""
        self._to_replace: set[Key] = set()
        """What the next ``up`` is to name in ``--replace``."""

    def run(self, *, thorough: bool) -> list[tuple[str, str]]:
        """Run it. Returns the calls of the first ``up``. Raises ``Violation``."""
        due = self._rotations_that_are_due()
        hosts = self._stage.connect()
        if self._book.needs_refresh(self._program):
            self._refresh(hosts)
        self._oracle.made.clear()
        calls = self._up_until_done(hosts)
        self._leave_one_holder_each()
        self._figures.outcomes["done at once" if self.smooth else "done with more"] += 1
        self._require_agreement()
        self._require_secrets(due)
        if thorough:
            self._require_nothing_left_to_do()
        return calls

    def _up_until_done(self, hosts: Hosts) -> list[tuple[str, str]]:
        """Returns the calls of the first ``up``, the only one in these processes."""
        failures = self._up(hosts)
        calls = list(self._oracle.made)
        for _ in range(MAX_ROUNDS):
            if not failures:
                self._book.settle(self._program)
                return calls
            self.smooth = False
            for failure in failures:
                self._figures.outcomes[self._follow(failure)] += 1
            failures = self._up(self._stage.connect())
        raise Violation(f"an up without faults does not get done: {failures[0].error}")

    def _leave_one_holder_each(self) -> None:
        """Remove resources that hold an application which another resource holds too."""
        for id_ in sorted(shared_ids(self._state, self._program)):
            self._figures.outcomes[self._leave_one(id_)] += 1
            self.smooth = False
            self._up_until_done(self._stage.connect())

    def _leave_one(self, id_: str) -> str:
        """Remove all resources with an application but one with a working secret."""
        held = [key for key in self._state.holders(id_) if self._program.declared(key)]
        adopting = [
            Key("application", name)
            for name, declared in self._program.applications.items()
            if declared.get("adopt", {}).get("application_id") == id_
        ]
        lively = [key for key in held if self._is_live(self._state.resources[key])]
        kept = [*lively, *held, *adopting][0]
        for key in {*held, *adopting} - {kept}:
            self._program.place_elsewhere(key.name, kept.name)
            del self._program.applications[key.name]
        self._refresh(self._stage.connect())
        return "second holder taken out"

    def _up(self, hosts: Hosts) -> list[Failure]:
        self._oracle.program = self._program
        shared = shared_ids(self._state, self._program)
        manner = Manner(replace=frozenset(self._to_replace))
        self._to_replace.clear()
        failures = self._engine.up(self._program, hosts, manner)
        if not failures:
            self._oracle.require_one_holder_each(shared)
        return failures

    def _refresh(self, hosts: Hosts) -> None:
        failures = self._engine.refresh(hosts)
        if failures:
            raise Violation(f"a refresh without faults fails: {failures[0].error}")
        self._book.refreshed()

    def _rotations_that_are_due(self) -> set[Key]:
        """Return the lost rotations that the program still declares."""
        due = set()
        for key in self._book.dead:
            held = self._state.resources.get(key)
            declared = self._program.applications.get(key.name)
            if held is None or declared is None:
                continue
            trigger = declared.get("rotate_secret_when_changed")
            if trigger and trigger != (held.outputs.get("rotate_secret_when_changed") or {}):
                due.add(key)
        return due

    def _follow(self, failure: Failure) -> str:
        """Follow the advice of the error, if it is right. Returns the action."""
        text, key = str(failure.error), failure.key
        declared = self._program.applications.get(key.name, {})
        if key.kind == "installation":
            return self._refused_installation(failure)
        if found := IN_USE.search(text):
            return self._name_in_use(declared, found[1].split(", "))
        if failure.verb == "delete" and "is still installed in tenant" in text:
            return self._uninstall_strangers(text)
        if "already manages application" in text:
            return self._keep_or_replace(key, declared)
        if (done := self._correct(declared, text)) is not None:
            return done
        if "owns no application" in text and "adopt" in declared:
            id_ = declared.pop("adopt")["application_id"]
            owner = declared.get("tenant_id", self._stage.tenants[0])
            owned = self._platform.applications(owner)
            if all(each["id"] != id_ for each in owned):
                return "adopt taken out"
        if self._text("refuses the declared client_secret") in text and self._is_refused(
            declared["adopt"]
        ):
            del declared["adopt"]["client_secret"]
            return "declared secret taken out"
        if "differs from the one in the state and may be dead" in text:
            return self._rotate_instead(text)
        raise Violation(f"an up without faults fails: {text}")

    def _keep_or_replace(self, key: Key, declared: Props) -> str:
        """Repeat a replacement that failed after its deletion, else remove ``adopt``."""
        if self._state.resources[key].deleted:
            self._to_replace.add(key)
            return "replacement repeated"
        del declared["adopt"]
        return "adopt taken out"

    def _rotate_instead(self, text: str) -> str:
        """Remove an unchecked secret from ``adopt``, and rotate."""
        for declared in self._program.applications.values():
            if declared.get("adopt", {}).get("application_id", "?") in text:
                declared["adopt"].pop("client_secret", None)
                declared["rotate_secret_when_changed"] = {"instead of": "a leftover secret"}
        return "unchecked secret taken out and rotated"

    def _correct(self, declared: Props, text: str) -> str | None:
        """Correct what is refused before any call; ``None``: the error does not advise it."""
        if self._text("declares no tenant_id, and") in text and "tenant_id" not in declared:
            declared["tenant_id"] = self._stage.tenants[0]
            return "tenant declared"
        if "may replace it only because the default changed" in text:
            return self._confirm_the_tenant(text)
        shared = SHARED.search(text)
        return self._leave_one(shared[1]) if shared else None

    def _confirm_the_tenant(self, text: str) -> str:
        for declared in self._program.applications.values():
            if "tenant_id" not in declared and repr(declared["name"]) in text:
                declared["tenant_id"] = self._stage.tenants[0]
                return "tenant declared"
        raise Violation(f"a move is refused that was not declared: {text}")

    def _is_refused(self, adopt: Props) -> bool:
        application = self._platform.application(adopt["application_id"]) or {}
        client_id = application["oauth2Client"]["id"]
        return not self._platform.secret_is_valid(client_id, adopt["client_secret"])

    def _refused_installation(self, failure: Failure) -> str:
        placed = self._program.installations.get(failure.key.name)
        if failure.verb == "create" and placed and "Not installed: " in str(failure.error):
            held = self._state.resources[Key("application", placed.application)]
            application = self._platform.application(held.id) or {}
            allowed = {item["tenantId"] for item in application["allowedTenants"]}
            if application["status"] != "active" or placed.tenant_id not in allowed:
                del self._program.installations[failure.key.name]
                return "installation taken out"
        raise Violation(f"an up without faults fails: {failure.error}")

    def _name_in_use(self, declared: Props, ids: list[str]) -> str:
        for id_ in ids:
            found = self._platform.application(id_)
            if found is None or found["name"] != declared["name"]:
                raise Violation(f"a name is refused, but {id_} does not have it")
        adopted = [each.get("adopt", {}) for each in self._program.applications.values()]
        taken = {each.get("application_id") for each in adopted}
        free = (self._book.announced | set(self._book.strangers) | self._renamed()) - taken
        candidates = [id_ for id_ in ids if id_ in free]
        if candidates:
            declared["adopt"] = {"application_id": candidates[0]}
            return "adopted"
        declared["prevent_duplicate_name"] = False
        return "guard switched off"

    def _renamed(self) -> set[str]:
        """What only resources hold that are not declared any more, under their names."""
        return {
            held.id
            for key, held in self._state.resources.items()
            if key.kind == "application"
            and not any(self._program.declared(each) for each in self._state.holders(held.id))
        }

    def _uninstall_strangers(self, text: str) -> str:
        for tenant_id in self._stage.tenants:
            if tenant_id not in text:
                continue
            for application_id in self._state.application_ids():
                if (application_id, tenant_id) in self._book.installed and application_id in text:
                    self._platform.uninstall(application_id, tenant_id)
                    return "uninstalled manually"
        raise Violation(f"a deletion is refused for no reason: {text}")

    def _require_agreement(self) -> None:
        if self._state.pending:
            raise Violation(f"what was replaced is still there: {self._state.pending[0].key.name}")
        if set(self._state.resources) != set(self._program.resources()):
            raise Violation("the state does not hold what the program declares")
        for name, declared in self._program.applications.items():
            self._require_equal(name, declared, self._state.resources[Key("application", name)])
        for name, placed in self._program.installations.items():
            held = self._state.resources[Key("installation", name)]
            owner = self._state.resources[Key("application", placed.application)]
            found = self._platform.installations(owner.id)
            if all(each["tenantId"] != placed.tenant_id for each in found):
                raise Violation(f"installation {name} is in the state and not on the platform")
            if held.id != f"{placed.tenant_id}/{owner.id}":
                raise Violation(f"installation {name} has the ID {held.id}")

    def _require_equal(self, name: str, declared: Props, held: Resource) -> None:
        application = self._platform.application(held.id)
        if application is None:
            raise Violation(f"application {name} is in the state and not on the platform")
        expected = expected_of(declared)
        managed = expected["allowedTenants"] is not None
        if (found := held_of(application, managed=managed)) != expected:
            raise Violation(f"the platform does not hold what {name} declares: {found}")
        public = application.get("publicOauth2Client") or {}
        expected = {
            "name": application["name"],
            "tenant_id": application["tenantId"],
            "status": application["status"],
            "client_id": application["oauth2Client"]["id"],
            "public_client_id": public.get("id"),
            "created_at": application["createdAt"],
            "api_url": self._stage.emulator.api_url,
        }
        differing = [key for key, value in expected.items() if held.outputs.get(key) != value]
        if differing or declared.get("tenant_id", application["tenantId"]) != expected["tenant_id"]:
            raise Violation(f"state and platform differ in {name}: {', '.join(differing)}")

    def _require_secrets(self, due: set[Key]) -> None:
        """Every secret works, but one whose rotation was lost and then taken out of the program:
        a new trigger reconciles that one."""
        for key, held in list(self._state.resources.items()):
            if key.kind != "application" or self._is_live(held):
                continue
            if key not in self._book.dead | self._book.superseded or key in due:
                raise Violation(f"{DEAD} after an up without faults: {key.name}")
            self._figures.outcomes["lost rotation taken out: secret stays dead"] += 1
            declared = self._program.applications[key.name]
            old = declared.get("rotate_secret_when_changed", {}).get("again", "")
            declared["rotate_secret_when_changed"] = {"again": f"{old}1"}
            self._up_until_done(self._stage.connect())
            if not self._is_live(self._state.resources[key]):
                raise Violation(f"{DEAD}, and another rotation does not reconcile it: {key.name}")

    def _is_live(self, held: Resource) -> bool:
        client, secret = held.outputs["client_id"], held.outputs.get("client_secret")
        return secret is not None and self._platform.secret_is_valid(client, secret)

    def _require_nothing_left_to_do(self) -> None:
        """Require that a refresh finds no drift and an ``up`` makes no call."""
        before = copy.deepcopy(self._state)
        self._refresh(self._stage.connect())
        for key, held in before.resources.items():
            if self._state.resources.get(key, held).outputs != held.outputs:
                raise Violation(f"a refresh right after an up finds drift in {key.name}")
        if set(self._state.resources) != set(before.resources):
            raise Violation("a refresh right after an up drops a resource")
        self._stage.emulator.clear_calls()
        if touched := self._engine.preview(self._program, self._stage.connect()):
            raise Violation(f"a preview right after an up shows changes of {touched[0].name}")
        if self._up(self._stage.connect()) or self._stage.emulator.calls:
            raise Violation("an up right after an up makes calls")
        if any("adopt" in held.inputs for held in self._state.resources.values()):
            raise Violation("what was declared to adopt is still in the state")
