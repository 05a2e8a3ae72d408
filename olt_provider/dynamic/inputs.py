"""The inputs of a resource whose ``read`` receives its outputs only.

``read`` returns inputs, so that drift shows in the next preview. They have to be the old ones where
nothing has changed. So the outputs record which inputs hold their default.
"""

from __future__ import annotations

from typing import Any, Final

from olt_provider.lifecycle.properties import Props, Table, complete, defaults

DEFAULTS_KEY: Final = "__defaults"
"""In the outputs: the names of the inputs that hold their default.

It is missing in states of 0.1.0, whose inputs hold every default.
"""


def with_defaults(table: Table, outputs: Props, inputs: Props) -> dict[str, Any]:
    """Outputs with the record of which of the inputs hold their default."""
    return {**outputs, DEFAULTS_KEY: _at_default(table, inputs)}


def _at_default(table: Table, inputs: Props) -> list[str]:
    by_default = defaults(table)
    return sorted(name for name in by_default if inputs.get(name) == by_default[name])


def as_read(table: Table, kept: Props, found: Props) -> tuple[dict[str, Any], dict[str, Any]]:
    """The outputs and inputs after a read: the inputs before, with what was found.

    ``kept`` are the outputs before, ``found`` those of now. A default that was found in place of
    another value is in the inputs too, so that the deviation has a value to show.
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
