"""The Pulumi engine as the lifecycle meets it: what it keeps, in which order it calls, what it
stores when an operation fails. Measured facts, played without the engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, NamedTuple, Protocol

from olt_provider.api.errors import OltError
from olt_provider.lifecycle.application import declaration as application_declaration
from olt_provider.lifecycle.application import operations as application_operations
from olt_provider.lifecycle.application.model import ApplicationInputs, ApplicationState
from olt_provider.lifecycle.checking import Checked
from olt_provider.lifecycle.installation import declaration as installation_declaration
from olt_provider.lifecycle.installation import operations as installation_operations
from olt_provider.lifecycle.installation.model import InstallationInputs, InstallationState
from olt_provider.lifecycle.platform import Platform
from olt_provider.lifecycle.values import UNKNOWN

Props = dict[str, Any]
Verb = Literal["create", "read", "update", "delete"]


class Key(NamedTuple):
    """A resource of the stack."""

    kind: Literal["application", "installation"]
    name: str


@dataclass
class Resource:
    """One resource as the state keeps it."""

    id: str
    inputs: Props
    outputs: Props


class Pending(NamedTuple):
    """A resource that was replaced and has still to be deleted."""

    key: Key
    resource: Resource


@dataclass
class State:
    """All that the engine remembers."""

    resources: dict[Key, Resource] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)

    def everything(self) -> list[tuple[Key, Resource]]:
        """Each resource, those that wait for their deletion included."""
        return [*self.resources.items(), *self.pending]

    def application_ids(self) -> set[str]:
        return {held.id for key, held in self.everything() if key.kind == "application"}


class Placed(NamedTuple):
    """An installation as a program declares it."""

    application: str
    """The name of the application's resource."""
    tenant_id: str


@dataclass
class Program:
    """What is declared: properties as the resources' constructors pass them, by resource name."""

    applications: dict[str, Props] = field(default_factory=dict)
    installations: dict[str, Placed] = field(default_factory=dict)

    def resources(self) -> list[Key]:
        """In the order of dependencies."""
        applications = [Key("application", name) for name in self.applications]
        return [*applications, *(Key("installation", name) for name in self.installations)]

    def declared(self, key: Key) -> object:
        """What is said of one resource; None if nothing is."""
        if key.kind == "application":
            return self.applications.get(key.name)
        return self.installations.get(key.name)


class Provider(Protocol):
    """What a dynamic provider does, in plain values."""

    def check(self, platform: Platform, olds: Props, news: Props) -> Checked: ...
    def diff(self, outputs: Props, inputs: Props) -> tuple[bool, bool]: ...
    def create(self, platform: Platform, inputs: Props) -> tuple[str, Props]: ...
    def read(self, platform: Platform, held: Resource) -> Resource | None: ...
    def update(self, platform: Platform, held: Resource, inputs: Props) -> Props: ...
    def delete(self, platform: Platform, held: Resource) -> None: ...


class Applications:
    """As ``ApplicationProvider`` delegates."""

    def check(self, platform: Platform, olds: Props, news: Props) -> Checked:
        return application_declaration.check(platform, olds, news)

    def diff(self, outputs: Props, inputs: Props) -> tuple[bool, bool]:
        difference = application_declaration.diff(outputs, inputs)
        return bool(difference.properties), bool(difference.replaces)

    def create(self, platform: Platform, inputs: Props) -> tuple[str, Props]:
        state = application_operations.create(platform, ApplicationInputs.from_props(inputs))
        return state.id, state.to_props()

    def read(self, platform: Platform, held: Resource) -> Resource | None:
        before = ApplicationState.from_props(held.id, held.outputs)
        state = application_operations.read(platform, before)
        if state is None:
            return None
        return Resource(state.id, state.inputs.to_props(), state.to_props())

    def update(self, platform: Platform, held: Resource, inputs: Props) -> Props:
        before = ApplicationState.from_props(held.id, held.outputs)
        desired = ApplicationInputs.from_props(inputs)
        return application_operations.update(platform, before, desired).to_props()

    def delete(self, platform: Platform, held: Resource) -> None:
        state = ApplicationState.from_props(held.id, held.outputs)
        application_operations.delete(platform, state)


class Installations:
    """As ``InstallationProvider`` delegates."""

    def check(self, platform: Platform, olds: Props, news: Props) -> Checked:
        return installation_declaration.check(platform, olds, news)

    def diff(self, outputs: Props, inputs: Props) -> tuple[bool, bool]:
        changed = bool(installation_declaration.diff(outputs, inputs))
        return changed, changed

    def create(self, platform: Platform, inputs: Props) -> tuple[str, Props]:
        state = installation_operations.create(platform, InstallationInputs.from_props(inputs))
        return state.id, state.to_props()

    def read(self, platform: Platform, held: Resource) -> Resource | None:
        before = InstallationState.from_props(held.outputs)
        state = installation_operations.read(platform, before)
        if state is None:
            return None
        return Resource(state.id, state.inputs.to_props(), state.to_props())

    def update(self, platform: Platform, held: Resource, inputs: Props) -> Props:
        return {**held.outputs, **inputs}

    def delete(self, platform: Platform, held: Resource) -> None:
        installation_operations.delete(platform, InstallationState.from_props(held.outputs))


PROVIDERS: dict[str, Provider] = {"application": Applications(), "installation": Installations()}


class Failure(NamedTuple):
    """An operation that raised."""

    verb: Verb
    key: Key
    error: OltError


class Watcher(Protocol):
    """Looks on while the engine works."""

    def begins(self, verb: Verb, key: Key, held: Resource | None, inputs: Props | None) -> None: ...
    def failed(self, failure: Failure, held: Resource | None, inputs: Props | None) -> None: ...
    def ended(self, verb: Verb, key: Key, held: Resource | None, now: Resource | None) -> None: ...


class Engine:
    """Brings a state to a program, one operation after the other.

    The first operation that raises ends the pass; with ``keep_going`` the resources that do not
    depend on it are still done, as when they ran in parallel, but nothing is deleted.
    """

    def __init__(self, state: State, watcher: Watcher) -> None:
        self.state = state
        self._watcher = watcher
        self._failures: list[Failure] = []

    def preview(self, program: Program, platform: Platform) -> list[Key]:
        """What an ``up`` would touch, without a call."""
        touched = [key for key in self.state.resources if program.declared(key) is None]
        for key in program.resources():
            held, news = self.state.resources.get(key), self._news(program, key)
            inputs = _checked(key, platform, held.inputs if held else {}, news)
            if held is None or PROVIDERS[key.kind].diff(held.outputs, inputs)[0]:
                touched.append(key)
        return touched

    def up(
        self,
        program: Program,
        platform: Platform,
        *,
        replace: frozenset[Key] = frozenset(),
        keep_going: bool = False,
    ) -> list[Failure]:
        """Create, update, replace; and delete what is not declared, last."""
        self._failures = []
        for key in program.resources():
            if self._failures and not keep_going:
                break
            if self._depends_on_a_failure(program, key):
                continue
            self._bring_about(key, self._news(program, key), platform, replaced=key in replace)
        if not self._failures:
            kept = set(program.resources())
            self._delete(platform, [key for key in self.state.resources if key not in kept])
        return self._failures

    def destroy(self, platform: Platform) -> list[Failure]:
        """Delete everything."""
        self._failures = []
        self._delete(platform, list(self.state.resources))
        return self._failures

    def refresh(self, platform: Platform) -> list[Failure]:
        """Read everything; each answer is stored by itself."""
        self._failures = []
        for key, held in self.state.everything():
            self._perform(
                "read",
                key,
                held,
                partial(PROVIDERS[key.kind].read, platform, held),
                partial(self._found, key, held),
            )
        return self._failures

    def _found(self, key: Key, held: Resource, found: Resource | None) -> Resource | None:
        if found is None:
            self._drop(key, held)
        else:
            held.inputs, held.outputs = _stored(found.inputs), _stored(found.outputs)
        return found

    def _drop(self, key: Key, held: Resource, _: None = None) -> None:
        if self.state.resources.get(key) is held:
            del self.state.resources[key]
        else:
            self.state.pending = [each for each in self.state.pending if each.resource is not held]

    def _depends_on_a_failure(self, program: Program, key: Key) -> bool:
        if key.kind == "application":
            return False
        application = Key("application", program.installations[key.name].application)
        return any(failure.key == application for failure in self._failures)

    def _news(self, program: Program, key: Key) -> Props:
        if key.kind == "application":
            return _stored(program.applications[key.name])
        placed = program.installations[key.name]
        application = self.state.resources.get(Key("application", placed.application))
        id_ = UNKNOWN if application is None else application.id
        return {"application_id": id_, "tenant_id": placed.tenant_id}

    def _bring_about(self, key: Key, news: Props, platform: Platform, *, replaced: bool) -> None:
        provider, held = PROVIDERS[key.kind], self.state.resources.get(key)
        if held is not None and not replaced:
            inputs = _checked(key, platform, held.inputs, news)
            changed, replaced = provider.diff(held.outputs, inputs)
            if not changed:
                held.inputs = inputs
                return
            if not replaced:
                self._update(key, held, inputs, platform)
                return
        inputs = _checked(key, platform, {}, news)
        self._perform(
            "create",
            key,
            None,
            lambda: provider.create(platform, inputs),
            lambda created: self._created(key, created, inputs),
            inputs,
        )

    def _created(self, key: Key, created: tuple[str, Props], inputs: Props) -> Resource:
        predecessor = self.state.resources.get(key)
        if predecessor is not None:
            self.state.pending.append(Pending(key, predecessor))
        now = Resource(created[0], inputs, _stored(created[1]))
        self.state.resources[key] = now
        return now

    def _update(self, key: Key, held: Resource, inputs: Props, platform: Platform) -> None:
        def updated(outputs: Props) -> Resource:
            held.inputs, held.outputs = inputs, _stored(outputs)
            return held

        provider = PROVIDERS[key.kind]
        self._perform(
            "update", key, held, lambda: provider.update(platform, held, inputs), updated, inputs
        )

    def _delete(self, platform: Platform, keys: list[Key]) -> None:
        doomed = [*self.state.pending, *(Pending(key, self.state.resources[key]) for key in keys)]
        for key, held in sorted(doomed, key=lambda each: each.key.kind, reverse=True):
            if self._failures:
                break

            self._perform(
                "delete",
                key,
                held,
                partial(PROVIDERS[key.kind].delete, platform, held),
                partial(self._drop, key, held),
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
        """One operation. If it raises, nothing is stored."""
        self._watcher.begins(verb, key, held, inputs)
        try:
            result = call()
        except OltError as error:
            self._failures.append(Failure(verb, key, error))
            self._watcher.failed(self._failures[-1], held, inputs)
            return
        now = store(result)
        self._watcher.ended(verb, key, held, now)


def _checked(key: Key, platform: Platform, olds: Props, news: Props) -> Props:
    checked = PROVIDERS[key.kind].check(platform, olds, news)
    if checked.failures:
        raise RuntimeError(f"the model declares nothing that is refused: {checked.failures}")
    return dict(checked.inputs) if _unknown(checked.inputs) else _stored(checked.inputs)


def _unknown(inputs: Props) -> bool:
    return UNKNOWN in inputs.values()


def _stored(props: Props) -> Props:
    """As it comes back from the state."""
    copied: Props = json.loads(json.dumps(props))
    return copied


def installed_by(state: State) -> Iterator[tuple[Key, str, str]]:
    """The installations in a state: key, application ID, tenant ID."""
    for key, held in state.resources.items():
        if key.kind == "installation":
            yield key, held.outputs["application_id"], held.outputs["tenant_id"]
