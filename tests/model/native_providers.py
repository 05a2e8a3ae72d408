"""The native plugin's service with plain values, called in this process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NoReturn

from google.protobuf.any_pb2 import Any as Packed
from pulumi.runtime.proto import provider_pb2, status_pb2

from olt_provider.api.errors import OltError
from olt_provider.lifecycle.checking import Checked, Failure
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.native import wire
from olt_provider.native.engine import Engine
from olt_provider.native.names import APPLICATION, INSTALLATION
from olt_provider.native.servicer import Servicer
from tests.model.providers import Difference, Kept, Provider
from tests.model.state import Props, Resource


class Aborted(Exception):  # noqa: N818 - what gRPC does, not an error of its own
    """The end of a call, as gRPC hands it to the engine."""

    def __init__(self, text: str, partial: Any = None) -> None:
        super().__init__(text)
        self.partial = partial


class Call:
    """A ``grpc.ServicerContext``."""

    def abort(self, _: object, text: str) -> NoReturn:
        raise Aborted(text)

    def abort_with_status(self, status: Any) -> NoReturn:
        ((_, serialized),) = status.trailing_metadata
        partial = provider_pb2.ErrorResourceInitFailed()
        packed: Packed = status_pb2.Status.FromString(serialized).details[0]
        assert packed.Unpack(partial)
        raise Aborted(status.details, partial)


class Listener(Engine):
    """An engine whose warnings are those of a context."""

    def __init__(self, context: ProviderContext) -> None:
        super().__init__()
        self._context = context

    def _show(self, scope: str, text: str) -> None:
        self._context.warn(text)


class Native:
    """A resource type of the plugin. Properties are in snake_case and without marks of secrets."""

    def __init__(self, token: str) -> None:
        self._urn = f"urn:pulumi:dev::test::{token}::app"

    def check(self, context: ProviderContext, olds: Props, news: Props) -> Checked:
        response = self._call(context, "Check", olds=olds, news=news)
        failures = tuple(Failure("", each.reason) for each in response.failures)
        return Checked(wire.received(response.inputs), failures)

    def diff(self, context: ProviderContext, held: Resource, inputs: Props) -> Difference:
        response = self._call(context, "Diff", id=held.id, olds=held.outputs, news=inputs)
        changed = response.changes == provider_pb2.DiffResponse.DIFF_SOME
        return Difference(changed or held.unfinished, bool(response.replaces))

    def create(self, context: ProviderContext, inputs: Props) -> tuple[str, Props]:
        try:
            created = self._call(context, "Create", properties=inputs)
        except Aborted as error:
            raise _kept(error, lambda kept: (kept.id, wire.received(kept.properties))) from None
        return created.id, wire.received(created.properties)

    def read(self, context: ProviderContext, held: Resource) -> Resource | None:
        found = self._call(context, "Read", id=held.id, properties=held.outputs, inputs=held.inputs)
        if not found.id:
            return None
        return Resource(found.id, wire.received(found.inputs), wire.received(found.properties))

    def update(self, context: ProviderContext, held: Resource, inputs: Props) -> Props:
        try:
            updated = self._call(context, "Update", id=held.id, olds=held.outputs, news=inputs)
        except Aborted as error:
            raise _kept(error, lambda kept: wire.received(kept.properties)) from None
        return wire.received(updated.properties)

    def delete(self, context: ProviderContext, held: Resource) -> None:
        self._call(context, "Delete", id=held.id, properties=held.outputs)

    def kept(self, state: Any, inputs: Props) -> Props:
        return wire.received(wire.sent(state.to_props()))

    def _call(self, context: ProviderContext, method: str, **fields: Any) -> Any:
        """Call a method of a service that has just been configured."""
        request = getattr(provider_pb2, f"{method}Request")(
            urn=self._urn,
            **{key: _struct(value) for key, value in fields.items()},
        )
        try:
            return getattr(Servicer(Listener(context), context), method)(request, Call())
        except Aborted as error:
            if error.partial is None:
                raise OltError(str(error)) from None
            raise


def _struct(value: Any) -> Any:
    return wire.sent(value) if isinstance(value, Mapping) else value


def _kept(error: Aborted, result: Any) -> Kept:
    return Kept(str(error), result(error.partial))


NATIVE: Final[Mapping[str, Provider]] = {
    "application": Native(APPLICATION),
    "installation": Native(INSTALLATION),
}
