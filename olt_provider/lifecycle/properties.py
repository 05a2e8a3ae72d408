"""The properties of a resource: one entry each, from which everything else derives.

The table of a resource is a frozen dataclass whose fields are annotated with ``Property``. Name,
default and type of a property are those of its field. Checks, defaults, diff, state conversion, the
bodies of registration and PATCH and the tables in the documentation derive from the table.
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
    """The bodies in which a property is sent to the platform."""

    NEVER = 0
    REGISTRATION = enum.auto()
    PATCH = enum.auto()


def plain(value: Any) -> Any:
    """A value as a state keeps it: mappings and lists, no tuples."""
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
        doc: its documentation, in the words of the constructor's docstring.
        rule: validates a declared value and returns it as it is kept; ``None``: an output only.
        sent: the bodies in which it is sent.
        replaces: whether a change replaces the resource.
        secret: whether it is always a Pulumi secret.
        creation_only: whether it is read on creation only: never compared, and not kept.
        partly_unknown: whether ``rule`` accepts a value of which parts are not known yet.
        choices: the values that it can have, if they are enumerated.
        parse: converts a kept value to that of the field.
        dump: converts the value of the field to the kept one.
        read: takes the value from what the platform returned. Default: the attribute of that name,
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
        """The name in camelCase, as the native plugin's schema has it."""
        return to_camel(self.name)

    @property
    def required(self) -> bool:
        """Whether every checked declaration holds it."""
        return self.default is REQUIRED

    @property
    def nullable(self) -> bool:
        """Whether it can be unset."""
        return type(None) in typing.get_args(self.type)

    @property
    def has_default(self) -> bool:
        """Whether leaving it out means a value, not that it is unset or unmanaged."""
        return not self.required and self.default is not None

    @property
    def on_platform(self) -> bool:
        """Whether the platform returns it."""
        return bool(self.sent) or self.read is not None

    def found_in(self, returned: Any) -> Any:
        """The value in what the platform returned."""
        return (self.read or attrgetter(self.name))(returned)


Table = Mapping[str, Property]


_tables: dict[type, Table] = {}


def table_of(values: type[Any]) -> Table:
    """The properties of a dataclass whose fields are annotated with ``Property``, in order."""
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
    """The values of the fields from kept ones. What is missing is the default, or empty.

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
    """The values of the fields in the form in which a state keeps them; ``None`` for unset."""
    kept = {name: each for name, each in table.items() if not each.creation_only}
    values = {name: getattr(of, name) for name in kept}
    return {
        name: None if value is None else kept[name].dump(value) for name, value in values.items()
    }


class Inputs:
    """The typed inputs of a table, and their form in a state."""

    @classmethod
    def properties(cls) -> Table:
        """The table."""
        return table_of(cls)

    @classmethod
    def from_props(cls: type[InputsT], props: Props) -> InputsT:
        """From checked inputs, or from outputs; what they lack is the default."""
        return cls(**parsed(cls.properties(), props))

    def to_props(self) -> dict[str, Any]:
        """As outputs hold them: every value, and nothing that is unset or unmanaged."""
        kept = dumped(self.properties(), self)
        return {name: value for name, value in kept.items() if value is not None}


def compared(table: Table) -> tuple[str, ...]:
    """The names of the inputs that a diff compares."""
    return tuple(name for name, each in table.items() if each.rule and not each.creation_only)


def defaults(table: Table) -> dict[str, Any]:
    """The defaults, in the form in which a state keeps them."""
    return {name: each.dump(each.default) for name, each in table.items() if each.has_default}


def as_declared(table: Table, inputs: Props, olds: Props) -> dict[str, Any]:
    """Checked inputs as a state keeps them: what differs from the defaults.

    A default is kept, or filled in, only where the old inputs hold that property, so that a
    deviation from it reads ``"inactive" => "active"``, and the preview of a creation shows only
    what is declared.
    """
    by_default = defaults(table)
    return {
        name: inputs.get(name, by_default.get(name))
        for name in table
        if (name in inputs and inputs[name] != by_default.get(name, REQUIRED))
        or (name in olds and name in by_default)
    }


def complete(table: Table, props: Props) -> dict[str, Any]:
    """Inputs or outputs with the defaults of what they lack."""
    return {**defaults(table), **props}


def differing(table: Table, outputs: Props, inputs: Props) -> tuple[str, ...]:
    """The inputs that differ from the last outputs; an unknown value may."""
    old, new = complete(table, outputs), complete(table, inputs)
    return tuple(
        name
        for name in compared(table)
        if has_unknown(new.get(name)) or new.get(name) != old.get(name)
    )
