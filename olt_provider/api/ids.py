"""IDs as they are compared and stored."""

from __future__ import annotations


def canonical_id(value: str) -> str:
    """An ID in lower case, because UUIDs ignore case."""
    return value.strip().lower()
