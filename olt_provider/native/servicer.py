"""The plugin's gRPC service: translates each call and passes it to the lifecycle."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf.empty_pb2 import Empty

from olt_provider._version import __version__
from olt_provider.api.errors import ConfigurationError, OltError
from olt_provider.lifecycle.migration import KEPT, with_kept_values
from olt_provider.lifecycle.properties import Props, as_declared, complete
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.values import has_unknown
from olt_provider.native import configuration, plain_text, wire
from olt_provider.native.component import Components
from olt_provider.native.details import details
from olt_provider.native.engine import Engine
from olt_provider.native.functions import invoke
from olt_provider.native.names import (
    DYNAMIC_PROVIDER_PROPERTY,
    camel,
    resource_name,
    resource_type,
    snake,
)
from olt_provider.native.protocol import plugin_pb2, provider_pb2, provider_pb2_grpc
from olt_provider.native.reporting import InvalidRequestError, reported, wording
from olt_provider.native.resources import (
    RESOURCES,
    Difference,
    Existing,
    NativeResource,
    PartialStateError,
    require_identity,
    secrets,
    unknown_properties,
)
from olt_provider.printable import one_line
from olt_provider.provider_process import run_record, with_stored_configuration

DIFF_NONE: Final = provider_pb2.DiffResponse.DIFF_NONE
DIFF_SOME: Final = provider_pb2.DiffResponse.DIFF_SOME
KINDS: Final = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}

log = logging.getLogger("olt_provider")


@dataclass(frozen=True)
class Configured:
    """The engine run and the provider that a process serves."""

    address: str | None = None
    urn: str = ""
    arguments: Props = field(default_factory=dict, repr=False)

    def followed_by(self, other: Configured) -> Configured:
        """Return the next one. Raises ``ConfigurationError`` for two providers of one run.

        Requests do not name their provider, so those of the first one would use the credentials of
        the second.
        """
        same_run = self.address is not None and self.address == other.address
        if same_run and self.urn != other.urn and self.arguments != other.arguments:
            raise ConfigurationError(
                f"this process serves the provider {resource_name(self.urn)!r} already, and cannot "
                f"serve {resource_name(other.urn)!r} too: a stack with several providers cannot be "
                "debugged with PULUMI_DEBUG_PROVIDERS"
            )
        return other


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Serves one provider of one engine run. Safe to share by threads."""

    def __init__(self, engine: Engine, context: ProviderContext | None = None) -> None:
        """Serve an engine. ``context`` replaces the one that ``Configure`` creates."""
        self._engine = engine
        self._context = context
        self._components = Components()
        self._unfinished: dict[str, Existing] = {}
        self._configured = Configured()

    # The plugin itself.

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Negotiate features. The request contains the engine's address."""
        if request.engine_address:
            self._engine.attach(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=False, accept_outputs=False
        )

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Serve an engine that did not start this process (``PULUMI_DEBUG_PROVIDERS``)."""
        self._engine.attach(request.address)
        return Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Return the version of the plugin."""
        return plugin_pb2.PluginInfo(version=__version__)

    def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Return the schema of the package."""
        from olt_provider.native import schema

        return provider_pb2.GetSchemaResponse(schema=schema.stored(schema.released_from()))

    def GetMapping(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Return nothing: no resource is converted from another tool's program."""
        return provider_pb2.GetMappingResponse()

    def GetMappings(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Return nothing: no resource is converted from another tool's program."""
        return provider_pb2.GetMappingsResponse()

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Start nothing more. Running calls are finished and recorded."""
        self._engine.cancel()
        return Empty()

    # Its configuration.

    @reported
    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Check the arguments of a provider that the program declares.

        The arguments of the engine's own provider are checked where a resource needs them, because
        an unchanged stack needs none.
        """
        declared = configuration.arguments(request.news)
        failures = []
        if configuration.is_explicit(request.urn) and not has_unknown(declared):
            try:
                configuration.settings_of(declared, explicit_provider=True)
            except ConfigurationError as error:
                failures.append(
                    provider_pb2.CheckFailure(property="", reason=wording.of(str(error)))
                )
        return provider_pb2.CheckResponse(
            inputs=configuration.with_secrets(request.news), failures=failures
        )

    @reported
    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Compare the arguments of a provider. No change replaces a resource."""
        old, new = (configuration.arguments(each) for each in (request.old_inputs, request.news))
        return provider_pb2.DiffResponse(changes=DIFF_NONE if old == new else DIFF_SOME)

    @reported
    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Store the configuration."""
        warning = configuration.version_warning(request.args)
        if warning is not None:
            self._engine.warn(one_line(warning))
        declared = configuration.arguments(request.args)
        self._configured = self._configured.followed_by(
            Configured(self._engine.address, request.urn, declared)
        )
        for text in plain_text.warnings(request.urn, declared):
            self._engine.warn(one_line(text))
        self._components = Components()
        self._engine.on_cancel(self._components.cancel)
        self._context = configuration.context_of(
            declared,
            explicit_provider=configuration.is_explicit(request.urn),
            engine=self._engine,
            run=run_record(self._engine.address),
        )
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    @property
    def context(self) -> ProviderContext:
        """The context that all operations share. Before ``Configure`` it is an error."""
        if self._context is None:
            raise ConfigurationError("the provider is not configured")
        return self._context

    # Functions and components.

    @reported
    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Call a function."""
        found = invoke(self.context, request.tok, wire.received(request.args))
        return provider_pb2.InvokeResponse(**{"return": wire.sent(found)})

    @reported
    def Construct(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Construct a component."""
        return self._components.construct(request)

    # Resources.

    @reported
    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Validate a declaration and fill in its defaults.

        The engine prints the whole value of a property that a failure names, secrets included, so
        the property is named in the text of the failure instead.
        """
        resource = _resource(request)
        olds, news = wire.received(request.olds), wire.received(request.news)
        unknown, alike = unknown_properties(resource, news), [request.news]
        with self._engine.resource(request.urn):
            if DYNAMIC_PROVIDER_PROPERTY in request.olds.fields:
                news, kept = with_kept_values(resource.inputs, olds, news)
                alike += [request.olds] if kept else []
                self._warn_of_kept_values(kept)
            checked = resource.check(self.context, resource_name(request.urn), olds, news)
        failures = [
            provider_pb2.CheckFailure(
                property="",
                reason=wording.of(": ".join(filter(None, (camel(each.property), each.reason)))),
            )
            for each in (*unknown, *checked.failures)
        ]
        inputs = wire.sent(checked.inputs, *alike)
        return provider_pb2.CheckResponse(inputs=inputs, failures=failures)

    @reported
    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Compare. A state of the dynamic form is updated, which rewrites it without API calls."""
        resource = _resource(request)
        outputs, inputs = wire.received(request.olds), wire.received(request.news)
        require_identity(resource, outputs)
        with self._engine.resource(request.urn):
            found = resource.diff(self.context, request.id, outputs, inputs)
            for note in found.notes:
                self._engine.warn_of_resource(wording.of(note))
        dynamic = DYNAMIC_PROVIDER_PROPERTY in request.olds.fields
        before, after = (complete(resource.inputs, props) for props in (outputs, inputs))
        return provider_pb2.DiffResponse(
            changes=DIFF_SOME if found.properties or found.hidden or dynamic else DIFF_NONE,
            replaces=[camel(key) for key in found.replaces],
            diffs=[camel(key) for key in found.properties],
            stables=self._stables(resource, found, outputs, inputs),
            detailedDiff={
                path: provider_pb2.PropertyDiff(kind=KINDS[kind, _replaces(found, path)])
                for path, kind in details(found.properties, before, after)
            },
            hasDetailedDiff=True,
        )

    @reported
    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Create a resource, or return the outputs that are known in the preview."""
        resource = _resource(request)
        inputs = wire.received(request.properties)
        if request.preview:
            properties = resource.preview_create(inputs)
            return provider_pb2.CreateResponse(
                properties=wire.sent(properties, request.properties, secrets=secrets(resource))
            )
        with self._engine.resource(request.urn):
            created = self._create(resource, request.urn, inputs)
        return provider_pb2.CreateResponse(
            id=created.id, properties=_outputs(resource, created, request.properties)
        )

    @reported
    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Read a resource of the state, one to import, or one that is managed elsewhere."""
        resource = _resource(request)
        outputs = wire.received(request.properties)
        with self._engine.resource(request.urn):
            again = resource.recorded in outputs
            found = (self._read_again if again else self._read)(resource, request.id, outputs)
        if found is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=found.id,
            properties=_outputs(resource, found, request.properties),
            inputs=wire.sent(
                _read_inputs(resource, found.inputs, wire.received(request.inputs)),
                request.properties,
                request.inputs,
            ),
        )

    @reported
    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Change a resource in place, or return the outputs that are known in the preview."""
        resource = _resource(request)
        outputs, inputs = wire.received(request.olds), wire.received(request.news)
        if request.preview:
            properties = resource.preview_update(self.context, outputs, inputs)
            return provider_pb2.UpdateResponse(
                properties=wire.sent(properties, request.news, secrets=secrets(resource))
            )
        self._unfinished.pop(request.urn, None)  # the engine has it in its state
        with self._engine.resource(request.urn):
            updated = resource.update(self.context, request.id, outputs, inputs)
        return provider_pb2.UpdateResponse(properties=_outputs(resource, updated, request.news))

    @reported
    @with_stored_configuration
    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Delete a resource."""
        resource = _resource(request)
        self._unfinished.pop(request.urn, None)
        with self._engine.resource(request.urn):
            resource.delete(self.context, request.id, wire.received(request.properties))
        return Empty()

    def _warn_of_kept_values(self, names: Sequence[str]) -> None:
        if names:
            self._engine.warn_of_resource(wording.of(KEPT.format(names=", ".join(names))))

    def _read(self, resource: NativeResource, id_: str, outputs: Props) -> Existing | None:
        return resource.read(self.context, id_, outputs)

    @with_stored_configuration
    def _read_again(self, resource: NativeResource, id_: str, outputs: Props) -> Existing | None:
        return resource.read(self.context, id_, outputs)

    def _create(self, resource: NativeResource, urn: str, inputs: Props) -> Existing:
        """Create, or complete what an earlier call has created: ``on_error`` hooks repeat calls."""
        unfinished = self._unfinished.pop(urn, None)
        try:
            if unfinished is None:
                return resource.create(self.context, inputs)
            return resource.update(self.context, unfinished.id, unfinished.outputs, inputs)
        except OltError as error:
            kept = error.existing if isinstance(error, PartialStateError) else unfinished
            if kept is None:
                raise
            self._unfinished[urn] = kept
            raise PartialStateError(kept, str(error)) from None

    def _stables(
        self, resource: NativeResource, found: Difference, outputs: Props, inputs: Props
    ) -> list[str]:
        """The outputs that an update does not change, so that their dependents stay unchanged."""
        if found.replaces:
            return []
        after = resource.preview_update(self.context, outputs, inputs)
        return [
            camel(key)
            for key in resource.computed
            if key in outputs and after.get(key) == outputs[key]
        ]


def _resource(request: Any) -> NativeResource:
    token = resource_type(request.urn)
    if token not in RESOURCES:
        raise InvalidRequestError(f"the olt plugin {__version__} has no resource {token}")
    return RESOURCES[token]


def _read_inputs(resource: NativeResource, found: Props, before: Props) -> dict[str, Any]:
    """The inputs after a read: all on import, else without defaults that were left out before."""
    if not before:
        return dict(found)
    kept = {name: value for name, value in found.items() if name not in resource.inputs}
    kept |= as_declared(resource.inputs, dict(found), before)
    return {name: value for name, value in kept.items() if value is not None}


def _outputs(resource: NativeResource, existing: Existing, *alike: Any) -> Any:
    return wire.sent(existing.outputs, *alike, secrets=secrets(resource))


def _replaces(found: Difference, path: str) -> bool:
    return snake(re.split(r"[\[.]", path, maxsplit=1)[0]) in found.replaces
