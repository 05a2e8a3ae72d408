"""Normalise inputs in the constructors, before the SDK serialises them.

The SDK drops ``None`` at any depth, and ``ignore_changes`` compares what the constructor passed. So
a ``None`` comment becomes ``""``, sequences of tenants become a mapping, and sets become sorted
lists, only in this module.
"""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
from pulumi.output import Unknown

from olt_provider.api.ids import canonical_id
from olt_provider.dynamic import arguments


def allowed_tenants(value: Any) -> Any:
    """Return a mapping of tenant IDs to comments, from a mapping or a sequence.

    Raises ``TypeError`` for an ``Output`` as a key, which Pulumi cannot serialise.
    """
    if value is None:
        return None
    arguments.require_tenants("allowed_tenants", value)
    if isinstance(value, Mapping):
        return {_key(key): _comment(comment) for key, comment in value.items()}
    return pulumi.Output.from_input(_resolvable(value)).apply(_as_mapping)


def _resolvable(value: Any) -> Any:
    if isinstance(value, pulumi.Output):
        return value
    return [_entry(item) for item in value]


def _entry(item: Any) -> Any:
    """Return an ``AllowedTenantArgs`` as a plain mapping; an ID or an ``Output`` unchanged."""
    if isinstance(item, str | pulumi.Output):
        return item
    return arguments.fields("allowed_tenants", item, "tenant_id", "comment")


def _key(key: Any) -> str:
    if isinstance(key, pulumi.Output):
        raise TypeError(
            "allowed_tenants: a tenant ID that is an Output cannot be a key; write a sequence "
            "instead: allowed_tenants=[AllowedTenantArgs(tenant_id=..., comment=...)]"
        )
    return canonical_id(key) if isinstance(key, str) else key


def _comment(comment: Any) -> Any:
    if isinstance(comment, pulumi.Output):
        return comment.apply(lambda text: "" if text is None else text)
    return "" if comment is None else comment


def _as_mapping(value: Any) -> Any:
    """Return a resolved value as a mapping. ``check`` refuses a sequence with a repeated tenant."""
    if isinstance(value, Mapping):
        return {_key(key): _comment(comment) for key, comment in value.items()}
    if not isinstance(value, list | tuple):
        return value
    entries = [item if isinstance(item, Mapping) else _attributes(item) for item in value]
    mapping = {_key(item.get("tenant_id")): _comment(item.get("comment")) for item in entries}
    return mapping if len(mapping) == len(entries) else [dict(item) for item in entries]


def _attributes(item: Any) -> Mapping[str, Any]:
    if isinstance(item, str):
        return {"tenant_id": item}
    return {"tenant_id": item.tenant_id, "comment": item.comment}


def redirect_uris(value: Any) -> Any:
    """Return a sorted list without repetitions. Raises ``TypeError`` for a single URI."""
    if value is None:
        return None
    arguments.require_many("redirect_uris", value, 'redirect_uris=["https://...", ...]')
    if isinstance(value, set | frozenset):
        value = list(value)
    return pulumi.Output.from_input(value).apply(_sorted_set)


def _sorted_set(value: Any) -> Any:
    if not isinstance(value, list | tuple | set | frozenset):
        return value
    if any(isinstance(item, Unknown) or not isinstance(item, str) for item in value):
        return list(value)
    return sorted(set(value))


@contextlib.contextmanager
def pickled_alike() -> Iterator[None]:
    """Pickle the provider with the same protocol on all Python versions.

    The state of every resource contains it: another protocol would show as a change of each.
    """
    default = pickle.DEFAULT_PROTOCOL
    pickle.DEFAULT_PROTOCOL = 4  # type: ignore[misc]
    try:
        yield
    finally:
        pickle.DEFAULT_PROTOCOL = default  # type: ignore[misc]
