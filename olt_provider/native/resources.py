"""The resource types of the plugin, over the lifecycle. Values are plain, names in snake_case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from olt_provider.api.errors import OltError
from olt_provider.api.ids import canonical_id, ids_of
from olt_provider.lifecycle.application import declaration as application_declaration
from olt_provider.lifecycle.application import operations as application_operations
from olt_provider.lifecycle.application.declaration import UNFINISHED_ADOPTION
from olt_provider.lifecycle.application.model import ApplicationInputs, ApplicationState
from olt_provider.lifecycle.application.rotation import Rotation
from olt_provider.lifecycle.checking import Checked, Failure
from olt_provider.lifecycle.errors import PartiallyCompleted
from olt_provider.lifecycle.installation import declaration as installation_declaration
from olt_provider.lifecycle.installation import operations as installation_operations
from olt_provider.lifecycle.installation.model import InstallationInputs, InstallationState
from olt_provider.lifecycle.plan import plan_of
from olt_provider.lifecycle.properties import Table, complete, table_of
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.values import UNKNOWN, InvalidError
from olt_provider.native.names import APPLICATION, INSTALLATION, camel

Props = Mapping[str, Any]

OWNED_FORM: Final = "{tenantId}/{applicationId}"


@dataclass(frozen=True)
class Difference:
    """The properties that an update would change, those that replace, and warnings."""

    properties: tuple[str, ...]
    replaces: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    hidden: bool = False
    """Whether an update is needed although no property differs."""


@dataclass(frozen=True)
class Existing:
    """An existing resource: its ID and outputs, and the inputs that describe it."""

    id: str
    outputs: dict[str, Any]
    inputs: dict[str, Any]


class PartialStateError(OltError):
    """A later step failed after a creation or a change. ``existing`` is the partial state."""

    def __init__(self, existing: Existing, message: str) -> None:
        super().__init__(message)
        self.existing = existing


class NativeResource(Protocol):
    """The operations of one resource type."""

    inputs: Table
    computed: Table
    recorded: str
    """An output that every state has. A read without it is an import, or of another's resource."""

    def check(self, context: ProviderContext, name: str, olds: Props, news: Props) -> Checked:
        """Validate a declaration and fill in its defaults. Makes no API calls."""

    def diff(self, context: ProviderContext, id_: str, outputs: Props, inputs: Props) -> Difference:
        """Compare checked inputs with the last outputs. Makes no API calls."""

    def preview_create(self, inputs: Props) -> dict[str, Any]:
        """Return the outputs of a creation that are known before it."""

    def preview_update(
        self, context: ProviderContext, outputs: Props, inputs: Props
    ) -> dict[str, Any]:
        """Return the outputs of an update that are known before it."""

    def create(self, context: ProviderContext, inputs: Props) -> Existing:
        """Create the resource."""

    def read(self, context: ProviderContext, id_: str, outputs: Props) -> Existing | None:
        """Read a resource; without ``outputs``, one to import or one that is managed elsewhere."""

    def update(self, context: ProviderContext, id_: str, outputs: Props, inputs: Props) -> Existing:
        """Change the resource in place."""

    def delete(self, context: ProviderContext, id_: str, outputs: Props) -> None:
        """Delete the resource."""


def _declared(inputs: Table) -> Table:
    """The properties that a program declares."""
    return {name: each for name, each in inputs.items() if each.rule}


def _computed(inputs: Table, outputs: Table) -> Table:
    """The properties that the provider adds; some are kept with the inputs."""
    kept = {name: each for name, each in inputs.items() if not each.rule}
    return {**kept, **outputs}


class Application:
    """``olt:index:Application``."""

    inputs = _declared(ApplicationInputs.properties())
    computed = _computed(ApplicationInputs.properties(), table_of(ApplicationState))
    recorded = "client_id"

    def check(self, context: ProviderContext, name: str, olds: Props, news: Props) -> Checked:
        """Validate. The default of ``name`` is the resource's name."""
        return application_declaration.check(context, olds, {"name": name, **news})

    def diff(self, context: ProviderContext, id_: str, outputs: Props, inputs: Props) -> Difference:
        """Compare. Warn of a missing client secret, because no update restores it."""
        found = application_declaration.compare(context, id_, outputs, inputs)
        notes = found.notes
        if outputs.get(SECRET_LOST):
            notes = (*notes, LOST.format(id_=id_))
        elif outputs.get("client_secret") is None and not _rotates(context, outputs, inputs):
            notes = (*notes, IMPORTED.format(id_=id_))
        marked = bool(outputs.get(SECRET_LOST) or outputs.get(UNFINISHED_ADOPTION))
        return Difference(found.properties, found.replaces, notes, marked)

    def preview_create(self, inputs: Props) -> dict[str, Any]:
        """Return the inputs, and the client type, which is the only known output."""
        unknown = dict.fromkeys(self.computed, UNKNOWN)
        declared = complete(self.inputs, _without_adopt(inputs))
        return {**declared, **unknown, "client_type": "confidential"}

    def preview_update(
        self, context: ProviderContext, outputs: Props, inputs: Props
    ) -> dict[str, Any]:
        """Return the inputs, and the other outputs without those that the update changes."""
        known = {key: outputs[key] for key in self.computed if key in outputs}
        known["secret_due_at"] = inputs.get("secret_due_at")
        if _rotates(context, outputs, inputs):
            known["client_secret"] = known["secret_rotated_at"] = UNKNOWN
            known["secret_due_at"] = UNKNOWN if known["secret_due_at"] is not None else None
        declared = complete(self.inputs, _without_adopt(inputs))
        if declared["with_public_oauth2_client"] != outputs.get("with_public_oauth2_client"):
            known["public_client_id"] = UNKNOWN
        return {**declared, **known}

    def create(self, context: ProviderContext, inputs: Props) -> Existing:
        """Register or adopt the application."""
        try:
            state = application_operations.create(context, ApplicationInputs.from_props(inputs))
        except PartiallyCompleted as error:
            application_declaration.hold_created(context, error.state.id, inputs)
            text = ADOPTING if error.state.adopting else KEPT
            raise PartialStateError(_application(error.state), text.format(error=error)) from None
        application_declaration.hold_created(context, state.id, inputs)
        return _application(state)

    def read(self, context: ProviderContext, id_: str, outputs: Props) -> Existing | None:
        """Read the application. ``id_`` is its ID, on import also ``{tenant}/{application}``."""
        if self.recorded not in outputs:
            *tenant, application_id = ids_of(
                id_, what="an application", forms=("{applicationId}", OWNED_FORM)
            )
            owner = tenant[0] if tenant else canonical_id(outputs.get("tenant_id") or "")
            return _application(application_operations.get(context, application_id, owner or None))
        state = _state(id_, outputs)
        found = application_operations.read(context, state)
        if found is None:
            return None
        return _application(
            replace(found, needs_new_secret=state.needs_new_secret, adopting=state.adopting)
        )

    def update(self, context: ProviderContext, id_: str, outputs: Props, inputs: Props) -> Existing:
        """Change the application in place."""
        desired = ApplicationInputs.from_props(inputs)
        try:
            updated = application_operations.update(context, _state(id_, outputs), desired)
        except PartiallyCompleted as error:
            raise PartialStateError(_application(error.state), str(error)) from None
        return _application(updated)

    def delete(self, context: ProviderContext, id_: str, outputs: Props) -> None:
        """Delete the application, unless it is installed and ``force_destroy`` is not set."""
        application_operations.delete(context, _state(id_, outputs))


ADOPTION: Final = ("application_id", "client_secret")
"""The properties of ``adopt``."""
SECRET_LOST: Final = "__needsNewSecret"  # noqa: S105 - a name
"""Marks outputs whose client secret may be dead, because every response to a rotation was lost."""
LOST: Final = (
    "the client secret of application {id_} in the state may be dead, because the response to its "
    "last rotation was lost, so it is rotated again"
)
KEPT: Final = (
    "{error}. The application was registered and is kept in the state: run `pulumi up` again to "
    "finish it"
)
ADOPTING: Final = (
    "{error}. The application is kept in the state: run `pulumi up` again to finish its adoption"
)
IMPORTED: Final = (
    "the client secret of application {id_} is not in the state, because it was imported: "
    "clientSecret is null until rotateSecretWhenChanged gets a value, which rotates it and ends "
    "the present one"
)


def _rotates(context: ProviderContext, outputs: Props, inputs: Props) -> bool:
    if outputs.get(SECRET_LOST):
        return True
    return plan_of(outputs, inputs, context.now()).rotation is not Rotation.NO


def _without_adopt(inputs: Props) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key != "adopt"}


def _state(id_: str, outputs: Props) -> ApplicationState:
    state = ApplicationState.from_props(id_, outputs)
    return replace(
        state,
        needs_new_secret=bool(outputs.get(SECRET_LOST)),
        adopting=bool(outputs.get(UNFINISHED_ADOPTION)),
    )


def _application(state: ApplicationState) -> Existing:
    marks = {SECRET_LOST: state.needs_new_secret, UNFINISHED_ADOPTION: state.adopting}
    marked = {mark: True for mark, is_set in marks.items() if is_set}
    return Existing(state.id, {**state.to_props(), **marked}, state.inputs.to_props())


class Installation:
    """``olt:index:Installation``."""

    inputs = _declared(InstallationInputs.properties())
    computed = _computed(InstallationInputs.properties(), table_of(InstallationState))
    recorded = "installed_at"

    def check(self, context: ProviderContext, name: str, olds: Props, news: Props) -> Checked:
        """Validate, and fill in the tenant."""
        return installation_declaration.check(context, olds, news)

    def diff(self, context: ProviderContext, id_: str, outputs: Props, inputs: Props) -> Difference:
        """Compare. Every change replaces."""
        changed = installation_declaration.compare(context, outputs, inputs)
        return Difference(changed, changed)

    def preview_create(self, inputs: Props) -> dict[str, Any]:
        """Return the inputs. The other outputs are not known."""
        return {**inputs, **dict.fromkeys(self.computed, UNKNOWN)}

    def preview_update(
        self, context: ProviderContext, outputs: Props, inputs: Props
    ) -> dict[str, Any]:
        """Return the outputs unchanged."""
        return {**inputs, **{key: outputs[key] for key in self.computed if key in outputs}}

    def create(self, context: ProviderContext, inputs: Props) -> Existing:
        """Install the application."""
        return _installation(
            installation_operations.create(context, InstallationInputs.from_props(inputs))
        )

    def read(self, context: ProviderContext, id_: str, outputs: Props) -> Existing | None:
        """Read the installation. ``id_`` is ``{tenant}/{application}``."""
        if self.recorded not in outputs:
            return _installation(installation_operations.get(context, _inputs_of(id_)))
        state = InstallationState.from_props(outputs)
        found = installation_operations.read(context, state)
        return None if found is None else _installation(found)

    def update(self, context: ProviderContext, id_: str, outputs: Props, inputs: Props) -> Existing:
        """Write the state in this form. Nothing on the platform changes in place."""
        return _installation(InstallationState.from_props({**outputs, **inputs}))

    def delete(self, context: ProviderContext, id_: str, outputs: Props) -> None:
        """Uninstall the application."""
        installation_operations.delete(context, InstallationState.from_props(outputs))


def _inputs_of(id_: str) -> InstallationInputs:
    tenant_id, application_id = ids_of(id_, what="an installation", forms=(OWNED_FORM,))
    return InstallationInputs(application_id, tenant_id)


def _installation(state: InstallationState) -> Existing:
    return Existing(state.id, state.to_props(), state.inputs.to_props())


RESOURCES: Final[Mapping[str, NativeResource]] = {
    APPLICATION: Application(),
    INSTALLATION: Installation(),
}

PROPERTIES: Final = frozenset(
    name for resource in RESOURCES.values() for name in (*resource.inputs, *resource.computed)
)
"""All property names, in snake_case."""


def secrets(resource: NativeResource) -> frozenset[str]:
    """The outputs that are always secret."""
    return frozenset(name for name, each in resource.computed.items() if each.secret)


def require_identity(resource: NativeResource, outputs: Props) -> None:
    """Raise ``OltError`` if a state lacks a property whose change replaces the resource."""
    identity = {name: each for name, each in resource.inputs.items() if each.replaces}
    for name in identity:
        if outputs.get(name) is None:
            raise OltError(DAMAGED.format(problem=f"{camel(name)} is missing"))
    damaged = _damage(identity, outputs)
    if damaged is not None:
        raise OltError(damaged)


def damage(resource: NativeResource, outputs: Props) -> str | None:
    """Return the error for outputs that a user has edited, after an operation on them failed."""
    return _damage(resource.inputs, outputs)


def _damage(table: Table, outputs: Props) -> str | None:
    for name, each in table.items():
        if each.rule is None or outputs.get(name) is None:
            continue
        try:
            each.rule(outputs[name])
        except InvalidError as error:
            return DAMAGED.format(problem=f"{camel(name)}: {error}")
    return None


DAMAGED: Final = (
    "the state of this resource is damaged: {problem}. Correct it with `pulumi stack export` and "
    "`pulumi stack import`, or restore a backup"
)


def unknown_properties(resource: NativeResource, news: Props) -> tuple[Failure, ...]:
    """Return a failure for each unknown property, those of ``adopt`` included."""
    found = [*_unknown("", news, resource.inputs)]
    if isinstance(news.get("adopt"), Mapping):
        found += _unknown("adopt.", news["adopt"], ADOPTION)
    return tuple(found)


def _unknown(path: str, declared: Props, known: Iterable[str]) -> Iterator[Failure]:
    import difflib

    for name in sorted(declared.keys() - set(known)):
        close = difflib.get_close_matches(name, known, n=1)
        hint = (
            f"use {camel(close[0])}"
            if close
            else f"the properties are {', '.join(sorted(map(camel, known)))}"
        )
        yield Failure("", f"{path}{camel(name)} is not a property: {hint}")
