"""The Pulumi engine as the lifecycle meets it: what it keeps, in which order it calls, what it
stores when an operation fails. Measured facts, played without the engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple, Protocol

from olt_provider.api.errors import OltError
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.values import UNKNOWN
from tests.model.providers import PROVIDERS, Kept, Provider
from tests.model.state import Key, Options, Pending, Program, Props, Resource, State, stored

Verb = Literal["check", "create", "read", "update", "delete"]

Hosts = Callable[[str], ProviderContext]
"""The provider processes of one run, by the provider's name."""


class Failure(NamedTuple):
    """An operation that raised."""

    verb: Verb
    key: Key
    error: OltError


class Watcher(Protocol):
    """Observes the engine's operations."""

    def begins(self, verb: Verb, key: Key, held: Resource | None, inputs: Props | None) -> None: ...
    def failed(self, failure: Failure, held: Resource | None, inputs: Props | None) -> None: ...
    def ended(self, verb: Verb, key: Key, held: Resource | None, now: Resource | None) -> None: ...


@dataclass(frozen=True)
class Manner:
    """The options of an ``up``."""

    replace: Collection[Key] = ()
    targets: Collection[Key] | None = None
    keep_going: bool = False
    beside_a_failure: bool = False

    def targeted(self, key: Key) -> bool:
        return self.targets is None or key in self.targets


PLAIN = Manner()
NEIGHBOUR = Failure("create", Key("application", "neighbour"), OltError("a neighbour failed"))


class Engine:
    """Brings a state to a program, one operation after the other.

    The first operation that raises ends the pass, and what is to be deleted stays for the next.
    """

    def __init__(
        self, state: State, watcher: Watcher, providers: Mapping[str, Provider] = PROVIDERS
    ) -> None:
        self.state = state
        self._watcher = watcher
        self._providers = providers
        self._failures: list[Failure] = []
        self._recreated: set[Key] = set()
        self._begun: set[Key] = set()

    def preview(self, program: Program, hosts: Hosts) -> list[Key]:
        """Return the resources that an ``up`` would change. Makes no calls."""
        touched = [key for key in self.state.resources if program.declared(key) is None]
        for key in program.resources():
            held, news = self.state.resources.get(key), self._news(program, key)
            context = hosts(program.options_of(key).provider)
            inputs = self._checked(key, context, held.inputs if held else {}, news)
            if held is None or self._providers[key.kind].diff(context, held, inputs).changed:
                touched.append(key)
        return touched

    def up(self, program: Program, hosts: Hosts, manner: Manner = PLAIN) -> list[Failure]:
        """Create, update and replace; then delete undeclared resources."""
        self._begin()
        for key in program.resources():
            if self._failures and not manner.keep_going:
                break
            if manner.targeted(key) and not self._depends_on_a_failure(program, key):
                self._register(program, key, hosts, manner)
            self._begun.add(key)
        if manner.beside_a_failure:
            self._failures.append(NEIGHBOUR)
        if not self._failures:
            kept = set(program.resources())
            undeclared = [key for key in self.state.resources if key not in kept]
            self._delete(hosts, [key for key in undeclared if manner.targeted(key)], manner)
        return self._failures

    def destroy(self, hosts: Hosts) -> list[Failure]:
        """Delete everything."""
        self._begin()
        self._delete(hosts, list(self.state.resources), PLAIN)
        return self._failures

    def refresh(self, hosts: Hosts) -> list[Failure]:
        """Read everything. Each response is stored separately, after a diff for the display."""
        self._begin()
        for key, held in self.state.everything():
            if held.deleted:
                continue
            context = hosts(held.provider)
            self._perform(
                "read",
                key,
                held,
                partial(self._providers[key.kind].read, context, held),
                partial(self._found, key, held, context),
            )
        return self._failures

    def _begin(self) -> None:
        self._failures = []
        self._recreated.clear()
        self._begun.clear()

    def _found(
        self, key: Key, held: Resource, context: ProviderContext, found: Resource | None
    ) -> Resource | None:
        if found is None:
            self.state.drop(key, held)
            return None
        before = held.inputs
        held.inputs, held.outputs = stored(found.inputs), stored(found.outputs)
        held.unfinished = False
        self._providers[key.kind].diff(context, held, before)
        return found

    def _depends_on_a_failure(self, program: Program, key: Key) -> bool:
        application = program.application_of(key)
        return application is not None and self._failed(application)

    def _news(self, program: Program, key: Key) -> Props:
        if key.kind == "application":
            return stored(program.applications[key.name])
        placed = program.installations[key.name]
        application = self.state.resources.get(Key("application", placed.application))
        id_ = UNKNOWN if application is None else application.id
        return {"application_id": id_, "tenant_id": placed.tenant_id}

    def _register(self, program: Program, key: Key, hosts: Hosts, manner: Manner) -> None:
        held = self.state.resources.get(key)
        try:
            self._bring_about(program, key, hosts, replaced=key in manner.replace)
        except OltError as error:  # of ``check`` or ``diff``
            self._watcher.begins("check", key, held, None)
            self._failures.append(Failure("check", key, error))
            self._watcher.failed(self._failures[-1], held, None)

    def _bring_about(self, program: Program, key: Key, hosts: Hosts, *, replaced: bool) -> None:
        options, news = program.options_of(key), self._news(program, key)
        application = program.application_of(key)
        context, held = hosts(options.provider), self.state.resources.get(key)
        if held is not None and key not in self._recreated:
            if not replaced:
                inputs = self._checked(key, context, held.inputs, news)
                changed, replaced = self._difference(key, held, inputs, context, options)
                if not replaced:
                    if changed:
                        self._update(key, held, inputs, context)
                    if not self._failed(key):
                        held.inputs = inputs
                        held.provider, held.application = options.provider, application
                    return
            inputs = self._checked(key, context, {}, news)
            if options.delete_before_replace and not self._delete_first(key, held, hosts):
                return
        else:
            inputs = self._checked(key, context, {}, news)
        self._create(key, inputs, context, options.provider, application)

    def _failed(self, key: Key) -> bool:
        return any(failure.key == key for failure in self._failures)

    def _difference(
        self, key: Key, held: Resource, inputs: Props, context: ProviderContext, options: Options
    ) -> tuple[bool, bool]:
        """Return whether the resource changes, and whether it is replaced."""
        changed, replaced = self._providers[key.kind].diff(context, held, inputs)
        differing = {
            name for name in options.replace_on_changes if inputs.get(name) != held.inputs.get(name)
        }
        return changed, replaced or held.deleted or (changed and bool(differing))

    def _create(
        self,
        key: Key,
        inputs: Props,
        context: ProviderContext,
        provider: str,
        application: Key | None,
    ) -> None:
        def created(result: tuple[str, Props]) -> Resource:
            predecessor = self.state.resources.get(key)
            if predecessor is not None and not predecessor.deleted:
                self.state.pending.append(Pending(key, predecessor))
            now = Resource(result[0], inputs, stored(result[1]), provider, application)
            self.state.resources[key] = now
            return now

        call = partial(self._providers[key.kind].create, context, inputs)
        self._perform("create", key, None, call, created, inputs)

    def _update(self, key: Key, held: Resource, inputs: Props, context: ProviderContext) -> None:
        def updated(outputs: Props) -> Resource:
            held.outputs, held.unfinished = stored(outputs), False
            return held

        call = partial(self._providers[key.kind].update, context, held, inputs)
        self._perform("update", key, held, call, updated, inputs)

    def _delete_first(self, key: Key, held: Resource, hosts: Hosts) -> bool:
        """Delete a resource before its replacement, after its dependents that would be replaced."""
        if held.deleted:
            return True
        for each, dependent in self.state.everything():
            if dependent.application != key or each in self._begun or dependent.deleted:
                continue
            context = hosts(dependent.provider)
            inputs = {**dependent.inputs, "application_id": UNKNOWN}
            self._providers[each.kind].diff(context, dependent, inputs)
            if self.state.resources.get(each) is dependent:
                self._recreated.add(each)
                self._delete_one(each, dependent, hosts, self._mark_deleted)
            else:
                self._delete_one(each, dependent, hosts, self.state.drop)
            if self._failures:
                return False
        self._delete_one(key, held, hosts, self._mark_deleted)
        return not self._failures

    def _mark_deleted(self, _: Key, held: Resource) -> None:
        held.deleted = True

    def _delete(self, hosts: Hosts, keys: list[Key], manner: Manner) -> None:
        pending = [each for each in self.state.pending if manner.targeted(each.key)]
        doomed = [*pending, *(Pending(key, self.state.resources[key]) for key in keys)]
        for key, held in sorted(doomed, key=lambda each: each.key.kind, reverse=True):
            if self._failures:
                break
            if held.deleted:
                self.state.drop(key, held)
                continue
            self._delete_one(key, held, hosts, self.state.drop)

    def _delete_one(
        self, key: Key, held: Resource, hosts: Hosts, store: Callable[[Key, Resource], None]
    ) -> None:
        self._perform(
            "delete",
            key,
            held,
            partial(self._providers[key.kind].delete, hosts(held.provider), held),
            lambda _: store(key, held),
        )

    def _perform(
        self,
        verb: Verb,
        key: Key,
        held: Resource | None,
        call: Callable[[], Any],
        store: Callable[[Any], Resource | None],
        inputs: Props | None = None,
    ) -> None:
        """Run an operation. If it raises, only the provider's partial state is stored."""
        self._watcher.begins(verb, key, held, inputs)
        try:
            result = call()
        except OltError as error:
            if isinstance(error, Kept) and inputs is not None:
                self._keep(error, store, inputs)
            self._failures.append(Failure(verb, key, error))
            self._watcher.failed(self._failures[-1], held, inputs)
            return
        now = store(result)
        self._watcher.ended(verb, key, held, now)

    def _keep(self, error: Kept, store: Callable[[Any], Resource | None], inputs: Props) -> None:
        kept = store(error.result)
        assert kept is not None
        kept.inputs, kept.unfinished = inputs, True

    def _checked(self, key: Key, context: ProviderContext, olds: Props, news: Props) -> Props:
        checked = self._providers[key.kind].check(context, olds, news)
        if checked.failures:
            raise OltError("; ".join(failure.reason for failure in checked.failures))
        return dict(checked.inputs) if _unknown(checked.inputs) else stored(checked.inputs)


def _unknown(inputs: Props) -> bool:
    return UNKNOWN in inputs.values()
