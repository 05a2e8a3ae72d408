"""States that the native plugin has written: going back to the dynamic form replaces nothing.

Their property names are in camelCase, and they lack the pickled provider, which an update adds.
"""

from __future__ import annotations

from typing import Any, Final

from olt_provider.dynamic.host import PROVIDER_KEY
from olt_provider.lifecycle.properties import Props, Table

SECRET_LOST: Final = "__needsNewSecret"  # noqa: S105 (the name of a property)
"""Marks outputs whose client secret may be dead, because every response to a rotation was lost."""


def in_snake_case(props: Props, *tables: Table) -> dict[str, Any]:
    """Properties of either form under the names of the tables."""
    names = {each.camel_name: name for table in tables for name, each in table.items()}
    return {names.get(key, key): value for key, value in props.items()}


def is_native(outputs: Props) -> bool:
    """Whether the native plugin has written the outputs."""
    return PROVIDER_KEY not in outputs
