"""The base class of the Python resources of the native form: property names, version, aliases."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, TypeVar

import pulumi

from olt_provider._version import __version__
from olt_provider.dynamic.plain_text import warn_of_plain_text
from olt_provider.native.names import ALIASES, camel, snake


class NativeResource(pulumi.CustomResource):
    """A resource with snake_case names in Python and camelCase names on the wire."""

    outputs: ClassVar[Mapping[str, Any]]
    """Each output's type. ``with_outputs`` sets it."""

    def _register(
        self,
        token: str,
        resource_name: str,
        declared: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None,
        *,
        secrets: tuple[str, ...] = (),
    ) -> None:
        """Register the resource; called by the constructor of each class.

        The SDK takes what calls the third constructor for the program's line, so this is not one.
        """
        warn_of_plain_text()
        props = dict.fromkeys(self.outputs) | dict(declared)
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


R = TypeVar("R", bound=NativeResource)


def with_outputs(cls: type[R]) -> type[R]:
    """Decorate a resource class: its annotations are its outputs."""
    cls.outputs = inspect.get_annotations(cls, eval_str=True)
    # The SDK evaluates the annotations of a class for each resource, those of properties once.
    cls.__annotations__ = {}
    for name, kind in cls.outputs.items():
        setattr(cls, name, _output(name, kind))
    return cls


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


def _output(name: str, kind: Any) -> property:
    """An output, which the SDK finds by its wire name."""

    def read(self: Any) -> Any:
        return pulumi.get(self, name)

    read.__name__ = name
    read.__annotations__["return"] = kind
    return property(pulumi.getter(name=camel(name))(read))


def _typed(props: Mapping[str, Any]) -> Any:
    """Return properties as an SDK input type, which keeps the keys of the user's mappings."""
    kind = _input_type(tuple((name, isinstance(value, Mapping)) for name, value in props.items()))
    typed = kind.__new__(kind)
    typed.__dict__.update(props)
    return typed


@cache
def _input_type(properties: tuple[tuple[str, bool], ...]) -> Any:
    """Return the type of resources with these properties: the name, and whether it is a mapping."""
    sdk: Any = pulumi
    types: dict[str, Any] = {
        name: Mapping[str, Any] if mapping else Any for name, mapping in properties
    }
    wire_names = {name: sdk.property(camel(name)) for name in types}
    body = {"__annotations__": types, "__module__": __name__, **wire_names}
    return sdk.input_type(type("_Args", (), body))
