"""The dynamic providers in plain values, each operation as its host delegates it."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from olt_provider.lifecycle.application import declaration as application_declaration
from olt_provider.lifecycle.application import operations as application_operations
from olt_provider.lifecycle.application.model import ApplicationInputs, ApplicationState
from olt_provider.lifecycle.checking import Checked
from olt_provider.lifecycle.installation import declaration as installation_declaration
from olt_provider.lifecycle.installation import operations as installation_operations
from olt_provider.lifecycle.installation.model import InstallationInputs, InstallationState
from olt_provider.lifecycle.platform import Platform
from tests.model.state import Props, Resource


class Difference(NamedTuple):
    """Whether something changes, and whether that replaces the resource."""

    changed: bool
    replaced: bool


class Provider(Protocol):
    """What a dynamic provider does, in plain values."""

    def check(self, platform: Platform, olds: Props, news: Props) -> Checked: ...
    def diff(self, platform: Platform, held: Resource, inputs: Props) -> Difference: ...
    def create(self, platform: Platform, inputs: Props) -> tuple[str, Props]: ...
    def read(self, platform: Platform, held: Resource) -> Resource | None: ...
    def update(self, platform: Platform, held: Resource, inputs: Props) -> Props: ...
    def delete(self, platform: Platform, held: Resource) -> None: ...


class Applications:
    """As ``ApplicationProvider`` delegates."""

    def check(self, platform: Platform, olds: Props, news: Props) -> Checked:
        return application_declaration.check(platform, olds, news)

    def diff(self, platform: Platform, held: Resource, inputs: Props) -> Difference:
        difference = application_declaration.compare(platform, held.id, held.outputs, inputs)
        return Difference(bool(difference.properties), bool(difference.replaces))

    def create(self, platform: Platform, inputs: Props) -> tuple[str, Props]:
        state = application_operations.create(platform, ApplicationInputs.from_props(inputs))
        application_declaration.hold_created(platform, state.id, inputs)
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

    def diff(self, platform: Platform, held: Resource, inputs: Props) -> Difference:
        changed = bool(installation_declaration.compare(platform, held.outputs, inputs))
        return Difference(changed, changed)

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
