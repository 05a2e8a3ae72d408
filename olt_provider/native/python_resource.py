"""The base class of the Python resources of the native form: property names, version, aliases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pulumi

from olt_provider._version import __version__
from olt_provider.dynamic.plain_text import warn_of_plain_text
from olt_provider.native.names import ALIASES, camel, snake


class NativeResource(pulumi.CustomResource):
    """A resource with snake_case names in Python and camelCase names on the wire.

    The annotations of its class are its outputs.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in cls.__annotations__:
            setattr(cls, name, _output(name))

    def __init__(
        self,
        token: str,
        resource_name: str,
        declared: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None,
        *,
        secrets: tuple[str, ...] = (),
    ) -> None:
        warn_of_plain_text()
        props = dict.fromkeys(_outputs(type(self))) | dict(declared)
        super().__init__(
            token,
            resource_name,
            _typed(props),
            options(token, opts, secrets),
        )

    def translate_input_property(self, prop: str) -> str:
        """The wire name of a property."""
        return camel(prop)

    def translate_output_property(self, prop: str) -> str:
        """The Python name of a property."""
        return snake(prop)


def options(
    token: str, opts: pulumi.ResourceOptions | None, secrets: tuple[str, ...] = ()
) -> pulumi.ResourceOptions:
    """Return the user's options with the plugin's version and the type token of the dynamic form.

    Paths such as ``allowed_tenants["ID"]`` get the wire's names. The SDK translates only plain
    names.
    """
    ours = pulumi.ResourceOptions(
        version=__version__,
        aliases=[pulumi.Alias(type_=ALIASES[token])],
        additional_secret_outputs=list(secrets),
    )
    merged = pulumi.ResourceOptions.merge(ours, opts)
    merged.ignore_changes = _wire_paths(merged.ignore_changes)
    merged.replace_on_changes = _wire_paths(merged.replace_on_changes)
    return merged


def _wire_paths(paths: list[str] | None) -> list[str] | None:
    if paths is None:
        return None
    return [re.sub(r"^\w+", lambda found: camel(found[0]), path) for path in paths]


def _output(name: str) -> property:
    """An output, which the SDK finds by its wire name."""

    def read(self: Any) -> Any:
        return pulumi.get(self, name)

    read.__name__ = name
    return property(pulumi.getter(name=camel(name))(read))


def _outputs(cls: type) -> list[str]:
    """The annotated outputs of a resource class."""
    return list(cls.__annotations__)


def _typed(props: Mapping[str, Any]) -> Any:
    """Return properties as an SDK input type, which keeps the keys of the user's mappings."""
    sdk: Any = pulumi
    types: dict[str, Any] = {
        name: Mapping[str, Any] if isinstance(value, Mapping) else Any
        for name, value in props.items()
    }
    wire_names = {name: sdk.property(camel(name)) for name in props}
    body = {"__annotations__": types, "__module__": __name__, **wire_names}
    kind: Any = pulumi.input_type(type("_Args", (), body))
    typed = kind.__new__(kind)
    typed.__dict__.update(props)
    return typed
