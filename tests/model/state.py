"""The input and the state of the simulated engine: a program, and the resources of a stack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from olt_provider.native.resources import SECRET_LOST

Props = dict[str, Any]

DEFAULT_PROVIDER: Final = "default"


class Key(NamedTuple):
    """A resource of the stack."""

    kind: Literal["application", "installation"]
    name: str


@dataclass(frozen=True)
class Options:
    """The resource options that affect order and processes."""

    provider: str = DEFAULT_PROVIDER
    """Each explicit ``Provider`` has a host process of its own."""
    delete_before_replace: bool = False
    replace_on_changes: tuple[str, ...] = ()


@dataclass
class Resource:
    """A resource in the state."""

    id: str
    inputs: Props
    outputs: Props
    provider: str = DEFAULT_PROVIDER
    """The provider that it was last registered with, which deletes and refreshes it."""
    application: Key | None = None
    """The resource on which an installation depends."""
    deleted: bool = False
    """Deleted before its replacement, which has not been created yet: ``pendingReplacement``."""
    unfinished: bool = False
    """Kept by an operation that failed: ``initErrors``, which the next ``up`` updates."""

    @property
    def is_marked(self) -> bool:
        """Whether the state records that the client secret may be dead, as the native form does."""
        return bool(self.outputs.get(SECRET_LOST))


class Pending(NamedTuple):
    """A resource that was replaced and has still to be deleted."""

    key: Key
    resource: Resource


@dataclass
class State:
    """The engine's state."""

    resources: dict[Key, Resource] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)

    def everything(self) -> list[tuple[Key, Resource]]:
        """Each resource, those that wait for their deletion included."""
        return [*self.resources.items(), *self.pending]

    def application_ids(self) -> set[str]:
        return {held.id for key, held in self.everything() if key.kind == "application"}

    def holders(self, id_: str) -> list[Key]:
        """The resources with an ID; more than one while an application moves between them."""
        return [key for key, held in self.resources.items() if held.id == id_]

    def drop(self, key: Key, held: Resource) -> None:
        """Remove a resource."""
        if self.resources.get(key) is held:
            del self.resources[key]
        else:
            self.pending = [each for each in self.pending if each.resource is not held]


class Placed(NamedTuple):
    """An installation in a program."""

    application: str
    """The name of the application's resource."""
    tenant_id: str


@dataclass
class Program:
    """The declarations: properties in the constructors' form, by resource name."""

    applications: dict[str, Props] = field(default_factory=dict)
    installations: dict[str, Placed] = field(default_factory=dict)
    options: dict[Key, Options] = field(default_factory=dict)

    def resources(self) -> list[Key]:
        """Return the resources in the order of their dependencies."""
        applications = [Key("application", name) for name in self.applications]
        return [*applications, *(Key("installation", name) for name in self.installations)]

    def declared(self, key: Key) -> object:
        """The declaration of one resource, or None."""
        if key.kind == "application":
            return self.applications.get(key.name)
        return self.installations.get(key.name)

    def options_of(self, key: Key) -> Options:
        return self.options.get(key, Options())

    def application_of(self, key: Key) -> Key | None:
        """Return the application on which a declared installation depends."""
        if key.kind == "application":
            return None
        return Key("application", self.installations[key.name].application)

    def drop_application(self, name: str) -> None:
        """Take an application out, with its installations."""
        del self.applications[name]
        for each, placed in list(self.installations.items()):
            if placed.application == name:
                del self.installations[each]

    def place_elsewhere(self, old: str, new: str) -> None:
        """Let the installations of one application resource be of another."""
        for each, placed in list(self.installations.items()):
            if placed.application == old:
                self.installations[each] = Placed(new, placed.tenant_id)


def stored(props: Props) -> Props:
    """As it comes back from the state."""
    copied: Props = json.loads(json.dumps(props))
    return copied


def installed_by(state: State) -> Iterator[tuple[Key, str, str]]:
    """The installations in a state: key, application ID, tenant ID."""
    for key, held in state.resources.items():
        if key.kind == "installation" and not held.deleted:
            yield key, held.outputs["application_id"], held.outputs["tenant_id"]
