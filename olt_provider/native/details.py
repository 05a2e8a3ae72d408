"""The detailed diff of an update: the paths that differ, as the preview shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from olt_provider.lifecycle.values import UNKNOWN, has_unknown
from olt_provider.native.names import camel

Kind = Literal["add", "delete", "update"]
Props = Mapping[str, Any]

SETS: Final = frozenset({"redirect_uris"})


def details(changed: Sequence[str], outputs: Props, inputs: Props) -> Iterator[tuple[str, Kind]]:
    """Return a path for each difference between outputs and inputs, with its kind."""
    for key in changed:
        before, after = outputs.get(key), inputs.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping) and before and after:
            yield from _of_mapping(camel(key), before, after)
        elif key in SETS and isinstance(before, list) and isinstance(after, list):
            yield from _of_set(camel(key), before, after)
        else:
            yield camel(key), _kind(before is not None, after is not None)


def _of_mapping(path: str, before: Props, after: Props) -> Iterator[tuple[str, Kind]]:
    for name in sorted({*before, *after}):
        there, stays = name in before, name in after
        if there and stays and before[name] == after[name] and not has_unknown(after[name]):
            continue
        yield f"{path}{_index(name)}", _kind(there, stays)


def _index(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'["{escaped}"]'


def _of_set(path: str, before: list[Any], after: list[Any]) -> Iterator[tuple[str, Kind]]:
    """Added items have their new index, removed ones their old index."""
    if not before or not after:
        yield path, "update"
        return
    kinds: dict[int, Kind] = {i: "delete" for i, item in enumerate(before) if item not in after}
    for i, item in enumerate(after):
        if item is UNKNOWN or item not in before:
            kinds[i] = "update" if i in kinds else "add"
    for i, kind in sorted(kinds.items()):
        yield f"{path}[{i}]", kind


def _kind(there: bool, stays: bool) -> Kind:
    if there and stays:
        return "update"
    return "add" if stays else "delete"
