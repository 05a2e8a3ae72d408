"""The providers in plain values; those of the dynamic form, as their host delegates to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol

from olt_provider.api.errors import OltError
from olt_provider.dynamic import states
from olt_provider.lifecycle.application import declaration as application_declaration
from olt_provider.lifecycle.application import operations as application_operations
from olt_provider.lifecycle.application.model import TABLE, ApplicationInputs, ApplicationState
from olt_provider.lifecycle.checking import Checked
from olt_provider.lifecycle.installation import declaration as installation_declaration
from olt_provider.lifecycle.installation import operations as installation_operations
from olt_provider.lifecycle.installation.model import InstallationInputs, InstallationState
from olt_provider.lifecycle.provider_context import ProviderContext
from tests.model.state import Props, Resource


class Difference(NamedTuple):
    """Whether something changes, and whether that replaces the resource."""

    changed: bool
    replaced: bool


class Kept(OltError):  # noqa: N818 - what is left, of which the error is a part
    """A failure after which the engine keeps what exists, as the native form has it.

    ``result`` is what the operation would have returned for it.
    """

    def __init__(self, message: str, result: Any) -> None:
        super().__init__(message)
        self.result = result


class Provider(Protocol):
    """What a provider does, in plain values."""

    def check(self, context: ProviderContext, olds: Props, news: Props) -> Checked: ...
    def diff(self, context: ProviderContext, held: Resource, inputs: Props) -> Difference: ...
    def create(self, context: ProviderContext, inputs: Props) -> tuple[str, Props]: ...
    def read(self, context: ProviderContext, held: Resource) -> Resource | None: ...
    def update(self, context: ProviderContext, held: Resource, inputs: Props) -> Props: ...
    def delete(self, context: ProviderContext, held: Resource) -> None: ...
    def kept(self, state: Any, inputs: Props) -> Props:
        """The outputs that an earlier run has kept."""
        ...


class Applications:
    """As ``ApplicationProvider`` delegates."""

    def check(self, context: ProviderContext, olds: Props, news: Props) -> Checked:
        return application_declaration.check(context, olds, news)

    def diff(self, context: ProviderContext, held: Resource, inputs: Props) -> Difference:
        difference = application_declaration.compare(context, held.id, held.outputs, inputs)
        return Difference(bool(difference.properties), bool(difference.replaces))

    def create(self, context: ProviderContext, inputs: Props) -> tuple[str, Props]:
        state = application_operations.create_or_undo(context, ApplicationInputs.from_props(inputs))
        application_declaration.hold_created(context, state.id, inputs)
        return state.id, states.with_defaults(TABLE, state.to_props(), inputs)

    def read(self, context: ProviderContext, held: Resource) -> Resource | None:
        before = ApplicationState.from_props(held.id, held.outputs)
        state = application_operations.read(context, before)
        if state is None:
            return None
        outputs, inputs = states.as_read(TABLE, held.outputs, state.to_props())
        return Resource(state.id, inputs, outputs)

    def update(self, context: ProviderContext, held: Resource, inputs: Props) -> Props:
        before = ApplicationState.from_props(held.id, held.outputs)
        desired = ApplicationInputs.from_props(inputs)
        outputs = application_operations.update(context, before, desired).to_props()
        return states.with_defaults(TABLE, outputs, inputs)

    def delete(self, context: ProviderContext, held: Resource) -> None:
        state = ApplicationState.from_props(held.id, held.outputs)
        application_operations.delete(context, state)

    def kept(self, state: Any, inputs: Props) -> Props:
        return states.with_defaults(TABLE, state.to_props(), inputs)


class Installations:
    """As ``InstallationProvider`` delegates."""

    def check(self, context: ProviderContext, olds: Props, news: Props) -> Checked:
        return installation_declaration.check(context, olds, news)

    def diff(self, context: ProviderContext, held: Resource, inputs: Props) -> Difference:
        changed = bool(installation_declaration.compare(context, held.outputs, inputs))
        return Difference(changed, changed)

    def create(self, context: ProviderContext, inputs: Props) -> tuple[str, Props]:
        state = installation_operations.create(context, InstallationInputs.from_props(inputs))
        return state.id, state.to_props()

    def read(self, context: ProviderContext, held: Resource) -> Resource | None:
        before = InstallationState.from_props(held.outputs)
        state = installation_operations.read(context, before)
        if state is None:
            return None
        return Resource(state.id, state.inputs.to_props(), state.to_props())

    def update(self, context: ProviderContext, held: Resource, inputs: Props) -> Props:
        return {**held.outputs, **inputs}

    def delete(self, context: ProviderContext, held: Resource) -> None:
        installation_operations.delete(context, InstallationState.from_props(held.outputs))

    def kept(self, state: Any, inputs: Props) -> Props:
        outputs: Props = state.to_props()
        return outputs


PROVIDERS: Final[Mapping[str, Provider]] = {
    "application": Applications(),
    "installation": Installations(),
}
