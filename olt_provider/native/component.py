"""The component ``olt:index:BackgroundApplication``, which registers resources in the engine."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import grpc
from google.protobuf.struct_pb2 import Struct, Value

from olt_provider._version import __version__
from olt_provider.api.errors import ConfigurationError, OltError
from olt_provider.lifecycle.values import UNKNOWN, InvalidError, allowed_tenants
from olt_provider.native import wire
from olt_provider.native.names import (
    ALIASES,
    APPLICATION,
    BACKGROUND_APPLICATION,
    INSTALLATION,
    PACKAGE,
    camel,
)
from olt_provider.native.protocol import (
    alias_pb2,
    provider_pb2,
    resource_pb2,
    resource_pb2_grpc,
)
from olt_provider.native.resources import RESOURCES

TENANTS: Final = "tenants"
INPUTS: Final = frozenset({*map(camel, RESOURCES[APPLICATION].inputs), TENANTS}) - {
    "allowedTenants"
}
APPLICATION_OUTPUTS: Final = (
    "name",
    "tenantId",
    "clientId",
    "clientSecret",
    "clientType",
    "publicClientId",
    "createdAt",
    "apiUrl",
    "secretRotatedAt",
    "secretDueAt",
)
"""The application's outputs that the component repeats."""
CANCEL_SECONDS: Final = 1.0
STOPPED: Final = "{name}: the engine stopped before this resource of the component was registered"


@dataclass(frozen=True)
class Registered:
    """A resource that the engine has registered: its URN, and its ID (unknown in some previews)."""

    urn: str
    id: Value
    outputs: Mapping[str, Value]


class Components:
    """Constructs components. Safe to share by threads."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._monitors: dict[str, resource_pb2_grpc.ResourceMonitorStub] = {}
        self._cancelled = False
        self._waiting: set[Any] = set()

    def cancel(self) -> None:
        """End all calls of ``construct``, and wait for their end.

        After a child failed the engine does not respond to its registration any more. It would wait
        for the plugin's end, and report another plugin as crashed.
        """
        with self._lock:
            self._cancelled = True
            for call in self._waiting:
                call.cancel()
            self._lock.wait_for(lambda: not self._waiting, CANCEL_SECONDS)

    def register(self, monitor: Any, request: Any) -> Any:
        """Register a resource with the engine. Raises ``OltError`` if the engine refuses it."""
        with self._lock:
            if self._cancelled:
                raise OltError(STOPPED.format(name=request.name))
            call = monitor.RegisterResource.future(request)
            self._waiting.add(call)
        try:
            return call.result()
        except grpc.FutureCancelledError:
            raise OltError(STOPPED.format(name=request.name)) from None
        except grpc.RpcError as error:
            raise OltError(f"{request.name}: the engine refused it: {call.details()}") from error
        finally:
            with self._lock:
                self._waiting.discard(call)
                self._lock.notify_all()

    def construct(self, request: Any) -> Any:
        """Register the component, its application and an installation in each tenant."""
        if request.type != BACKGROUND_APPLICATION:
            raise ConfigurationError(
                f"the olt plugin {__version__} has no component {request.type}"
            )
        tenants = _tenants(request)
        family = _ComponentTree(self, self._monitor(request.monitorEndpoint), request)
        application = family.register(
            APPLICATION,
            request.name,
            {
                **{key: each for key, each in request.inputs.fields.items() if key != TENANTS},
                "allowedTenants": tenants,
            },
            request.inputDependencies,
        )
        installations = {
            tenant: family.register(
                INSTALLATION,
                f"{request.name}-{tenant}",
                {"applicationId": application.id, "tenantId": Value(string_value=tenant)},
                {"applicationId": [application.urn]},
            )
            for tenant in _ids(tenants)
        }
        outputs = _outputs(application, installations)
        family.finish(outputs)
        everything = [application.urn, *(each.urn for each in installations.values())]
        dependencies = {
            key: provider_pb2.ConstructResponse.PropertyDependencies(
                urns=everything if key == "installedAt" else [application.urn]
            )
            for key in outputs.fields
        }
        return provider_pb2.ConstructResponse(
            urn=family.urn, state=outputs, stateDependencies=dependencies
        )

    def _monitor(self, address: str) -> resource_pb2_grpc.ResourceMonitorStub:
        with self._lock:
            if address not in self._monitors:
                self._monitors[address] = resource_pb2_grpc.ResourceMonitorStub(
                    grpc.insecure_channel(address, options=wire.MESSAGE_OPTIONS)
                )
            return self._monitors[address]


class _ComponentTree:
    """The component and its children."""

    def __init__(
        self,
        components: Components,
        monitor: resource_pb2_grpc.ResourceMonitorStub,
        request: Any,
    ) -> None:
        self._components = components
        self._monitor = monitor
        self._request = request
        self.urn = components.register(
            monitor,
            resource_pb2.RegisterResourceRequest(
                type=BACKGROUND_APPLICATION,
                name=request.name,
                parent=request.parent,
                protect=request.protect,
                dependencies=request.dependencies,
                providers=request.providers,
                aliases=[*request.aliases, _alias(BACKGROUND_APPLICATION)],
                acceptSecrets=True,
                acceptResources=True,
                aliasSpecs=True,
            ),
        ).urn

    def register(
        self,
        token: str,
        name: str,
        properties: Mapping[str, Value],
        dependencies: Mapping[str, Any],
    ) -> Registered:
        """Register a child with the engine, and wait until it exists or is previewed."""
        kinds = resource_pb2.RegisterResourceRequest
        response = self._components.register(
            self._monitor,
            kinds(
                type=token,
                name=name,
                custom=True,
                parent=self.urn,
                object=Struct(fields=properties),
                protect=self._request.protect,
                provider=self._request.providers.get(PACKAGE, ""),
                version=__version__,
                propertyDependencies={
                    key: kinds.PropertyDependencies(urns=getattr(each, "urns", each))
                    for key, each in dependencies.items()
                    if key in properties
                },
                aliases=[_alias(token)],
                additionalSecretOutputs=["clientSecret"] if token == APPLICATION else [],
                acceptSecrets=True,
                acceptResources=True,
                aliasSpecs=True,
                supportsPartialValues=True,
                retainOnDelete=self._request.retainOnDelete,
            ),
        )
        known = Value(string_value=response.id) if response.id else wire.message(UNKNOWN)
        return Registered(response.urn, known, dict(response.object.fields.items()))

    def finish(self, outputs: Struct) -> None:
        """Store the component's outputs."""
        self._monitor.RegisterResourceOutputs(
            resource_pb2.RegisterResourceOutputsRequest(urn=self.urn, outputs=outputs)
        )


def _alias(token: str) -> Any:
    return alias_pb2.Alias(spec=alias_pb2.Alias.Spec(type=ALIASES[token]))


def _tenants(request: Any) -> Value:
    """Return the tenants, in lower case. Raises ``ConfigurationError`` for unknown IDs."""
    unknown = sorted(request.inputs.fields.keys() - INPUTS)
    if unknown:
        raise ConfigurationError(
            f"{request.name}: {unknown[0]} is not a property: the properties are "
            f"{', '.join(sorted(INPUTS))}"
        )
    if TENANTS not in request.inputs.fields:
        raise ConfigurationError(f"{request.name}: tenants is missing: map tenant IDs to comments")
    declared = wire.plain(request.inputs.fields[TENANTS])
    if declared is UNKNOWN:
        raise ConfigurationError(
            f"{request.name}: tenants is not known yet, but each tenant ID names a resource: for "
            "IDs that are outputs declare Application and Installation yourself"
        )
    try:
        checked = allowed_tenants(declared)
    except InvalidError as error:
        raise ConfigurationError(f"{request.name}: tenants: {error}") from None
    alike = Struct(fields={TENANTS: request.inputs.fields[TENANTS]})
    return wire.sent({TENANTS: checked}, alike).fields[TENANTS]


def _ids(tenants: Value) -> Iterator[str]:
    struct = tenants.struct_value
    if wire.is_secret(tenants):
        struct = struct.fields["value"].struct_value
    yield from sorted(struct.fields)


def _outputs(application: Registered, installations: Mapping[str, Registered]) -> Struct:
    unknown = wire.message(UNKNOWN)
    fields = {
        key: application.outputs[key] for key in APPLICATION_OUTPUTS if key in application.outputs
    }
    fields["applicationId"] = application.id
    times = {
        tenant: each.outputs.get("installedAt", unknown) for tenant, each in installations.items()
    }
    fields["installedAt"] = Value(struct_value=Struct(fields=times))
    return Struct(fields=fields)
