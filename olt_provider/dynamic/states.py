"""Inputs and outputs as states of the dynamic form hold them.

``read`` receives the outputs only, but also returns inputs, so that the next preview shows drift.
Where nothing has changed they have to equal the old inputs, so the outputs record which inputs hold
their default.

States that the native plugin has written have property names in camelCase and lack the pickled
provider. They are converted, and an update adds the provider, so that nothing is replaced.
"""

from __future__ import annotations

from typing import Any, Final

from olt_provider.dynamic.host import PROVIDER_KEY
from olt_provider.lifecycle.properties import Props, Table, complete, defaults

DEFAULTS_KEY: Final = "__defaults"
"""The output with the names of the inputs that hold their default.

It is missing in states of 0.1.0, whose inputs hold every default.
"""
SECRET_LOST: Final = "__needsNewSecret"  # noqa: S105 (the name of a property)
"""Marks outputs whose client secret may be dead, because every response to a rotation was lost."""


def with_defaults(table: Table, outputs: Props, inputs: Props) -> dict[str, Any]:
    """Return outputs with the names of the inputs that hold their default."""
    return {**outputs, DEFAULTS_KEY: _at_default(table, inputs)}


def _at_default(table: Table, inputs: Props) -> list[str]:
    by_default = defaults(table)
    return sorted(name for name in by_default if inputs.get(name) == by_default[name])


def as_read(table: Table, kept: Props, found: Props) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the outputs and inputs after a read: the old inputs, with the values that were found.

    ``kept`` are the outputs before, ``found`` those of now. A default that was found in place of
    another value is in the inputs too, so that the preview can show the deviation.
    """
    by_default, before = defaults(table), complete(table, kept)
    recorded = DEFAULTS_KEY in kept
    held = kept[DEFAULTS_KEY] if recorded else by_default
    left_out = {
        name
        for name, value in by_default.items()
        if name not in held and found[name] == before[name] == value
    }
    inputs = {name: found[name] for name in table if name in found and name not in left_out}
    outputs = {**found, **({DEFAULTS_KEY: _at_default(table, inputs)} if recorded else {})}
    return outputs, inputs


def in_snake_case(props: Props, *tables: Table) -> dict[str, Any]:
    """Return properties of either form under the names of the tables."""
    names = {each.camel_name: name for table in tables for name, each in table.items()}
    return {names.get(key, key): value for key, value in props.items()}


def is_native(outputs: Props) -> bool:
    """Whether the native plugin has written the outputs."""
    return PROVIDER_KEY not in outputs
