"""Check a declaration against a state that the other form of the provider has written.

The engine applies ``ignore_changes`` by the names of properties, which differ between the forms: it
removes an ignored property from the declaration, because the state has none of that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from olt_provider.lifecycle.properties import Props, Table, defaults
from olt_provider.lifecycle.values import has_unknown

KEPT: Final = (
    "{names}: not declared, or in ignore_changes, so the value of the state is kept in this run, "
    "which migrates the resource between the two forms of the provider: run `pulumi up` once more"
)


def with_kept_values(table: Table, olds: Props, news: Props) -> tuple[dict[str, Any], list[str]]:
    """Return the declaration with the values of the state that it lacks, and their names.

    What was removed from the program is applied by the next run, in which the names are equal.
    """
    by_default = defaults(table)
    result, kept = dict(news), []
    for name, each in table.items():
        differs = each.camel_name != name and each.rule and name != "tenant_id"
        if not differs or olds.get(name) in (None, by_default.get(name)):
            continue
        value = _kept(olds[name], news.get(name), replace_all=name != "allowed_tenants")
        if value != news.get(name):
            result[name] = value
            kept.append(name)
    return result, kept


def _kept(old: Any, new: Any, *, replace_all: bool) -> Any:
    """Return the old value, if the new one may lack ignored parts of it."""
    if new is None:
        return old
    if not isinstance(old, Mapping) or not isinstance(new, Mapping) or has_unknown(new):
        return new
    declared = {key.lower() for key in new}
    missing = {key: value for key, value in old.items() if key.lower() not in declared}
    if replace_all and any(key not in old or old[key] != value for key, value in new.items()):
        return new  # a change rotates the client secret, and another one would rotate it again
    return {**missing, **new}
