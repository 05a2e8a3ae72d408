"""The property table: one entry per property of a resource, from which everything else derives.

The table of a resource is a frozen dataclass whose fields are annotated with ``Property``. A
property has the name, default and type of its field. Checks, defaults, diff, state conversion, the
bodies of registration and PATCH, and the tables in the documentation derive from the table.
"""

from __future__ import annotations

import enum
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from operator import attrgetter
from typing import Any, Final, TypeVar

from pydantic.alias_generators import to_camel

from olt_provider.lifecycle.values import UNKNOWN, Rule, has_unknown

Props = Mapping[str, Any]
InputsT = TypeVar("InputsT", bound="Inputs")


REQUIRED: Final = object()


class Sent(enum.Flag):
    """The request bodies that contain a property."""

    NEVER = 0
    REGISTRATION = enum.auto()
    PATCH = enum.auto()


def plain(value: Any) -> Any:
    """Convert a value to the form of a state: mappings and lists, no tuples."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _unchanged(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Property:
    """One property of a resource.

    Attributes:
        doc: its documentation, as in the constructor's docstring.
        rule: validates a declared value and returns the form that the state holds; ``None``: the
            property is an output only.
        sent: the request bodies that contain it.
        replaces: whether a change replaces the resource.
        secret: whether it is always a Pulumi secret.
        creation_only: whether it is read on creation only: never compared, and not kept.
        partly_unknown: whether ``rule`` accepts a value with unknown parts.
        choices: the allowed values, if they are enumerated.
        parse: converts the value of a state to that of the field.
        dump: converts the value of the field to that of a state.
        read: takes the value from a response of the platform. Default: the attribute of that name,
            for a property that is sent.
        write: converts the value of the field for the body of a registration.
        name, default, type: of the field. ``REQUIRED``: the property has no default.
    """

    doc: str
    rule: Rule | None = None
    sent: Sent = Sent.NEVER
    replaces: bool = False
    secret: bool = False
    creation_only: bool = False
    partly_unknown: bool = False
    choices: tuple[str, ...] = ()
    parse: Callable[[Any], Any] = _frozen
    dump: Callable[[Any], Any] = plain
    read: Callable[[Any], Any] | None = None
    write: Callable[[Any], Any] = _unchanged
    name: str = ""
    default: Any = REQUIRED
    type: Any = None

    @property
    def camel_name(self) -> str:
        """The name in camelCase, as in the native plugin's schema."""
        return to_camel(self.name)

    @property
    def required(self) -> bool:
        """Whether every checked declaration contains it."""
        return self.default is REQUIRED

    @property
    def nullable(self) -> bool:
        """Whether it can be unset."""
        return type(None) in typing.get_args(self.type)

    @property
    def has_default(self) -> bool:
        """Whether it has a default value, instead of being unset or unmanaged."""
        return not self.required and self.default is not None

    @property
    def on_platform(self) -> bool:
        """Whether the platform returns it."""
        return bool(self.sent) or self.read is not None

    def found_in(self, returned: Any) -> Any:
        """Return the value in a response of the platform."""
        return (self.read or attrgetter(self.name))(returned)


Table = Mapping[str, Property]


_tables: dict[type, Table] = {}


def table_of(values: type[Any]) -> Table:
    """Return the properties of a dataclass whose fields are annotated with ``Property``."""
    if values not in _tables:
        _tables[values] = _table(values)
    return _tables[values]


def _table(values: type[Any]) -> Table:
    hints = typing.get_type_hints(values, include_extras=True)
    table = {}
    for field in fields(values):
        annotated = hints[field.name]
        for entry in getattr(annotated, "__metadata__", ()):
            if isinstance(entry, Property):
                default = REQUIRED if field.default is MISSING else field.default
                table[field.name] = replace(
                    entry, name=field.name, default=default, type=annotated.__origin__
                )
    return table


def parsed(table: Table, props: Props) -> dict[str, Any]:
    """Convert values of a state to those of the fields. A missing value is the default, or empty.

    In a preview a value may be ``UNKNOWN``, and so is the field then.
    """
    values = {}
    for name, each in table.items():
        value = props.get(name)
        if value is not None:
            values[name] = value if value is UNKNOWN else each.parse(value)
        elif each.required:
            values[name] = None if each.nullable else ""
    return values


def dumped(table: Table, of: object) -> dict[str, Any]:
    """Convert the values of the fields to those of a state; ``None`` for unset."""
    kept = {name: each for name, each in table.items() if not each.creation_only}
    values = {name: getattr(of, name) for name in kept}
    return {
        name: None if value is None else kept[name].dump(value) for name, value in values.items()
    }


class Inputs:
    """The typed inputs of a table, and their conversion from and to a state."""

    @classmethod
    def properties(cls) -> Table:
        """The property table."""
        return table_of(cls)

    @classmethod
    def from_props(cls: type[InputsT], props: Props) -> InputsT:
        """Convert checked inputs, or outputs. A missing value is the default."""
        return cls(**parsed(cls.properties(), props))

    def to_props(self) -> dict[str, Any]:
        """Return the form of outputs: every value, without those that are unset or unmanaged."""
        kept = dumped(self.properties(), self)
        return {name: value for name, value in kept.items() if value is not None}


def compared(table: Table) -> tuple[str, ...]:
    """The names of the inputs that a diff compares."""
    return tuple(name for name, each in table.items() if each.rule and not each.creation_only)


def defaults(table: Table) -> dict[str, Any]:
    """The defaults, in the form of a state."""
    return {name: each.dump(each.default) for name, each in table.items() if each.has_default}


def as_declared(table: Table, inputs: Props, olds: Props) -> dict[str, Any]:
    """Return the checked inputs that the state holds: those that differ from the defaults.

    A default is kept, or filled in, only if the old inputs hold that property, so that a deviation
    from it is shown as ``"inactive" => "active"``, and the preview of a creation shows only
    declared values.
    """
    by_default = defaults(table)
    return {
        name: inputs.get(name, by_default.get(name))
        for name in table
        if (name in inputs and inputs[name] != by_default.get(name, REQUIRED))
        or (name in olds and name in by_default)
    }


def complete(table: Table, props: Props) -> dict[str, Any]:
    """Return inputs or outputs with the defaults of missing values."""
    return {**defaults(table), **props}


def differing(table: Table, outputs: Props, inputs: Props) -> tuple[str, ...]:
    """The names of the inputs that differ from the last outputs. An unknown value may differ."""
    old, new = complete(table, outputs), complete(table, inputs)
    return tuple(
        name
        for name in compared(table)
        if has_unknown(new.get(name)) or new.get(name) != old.get(name)
    )
