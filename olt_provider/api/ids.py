"""IDs as they are compared and stored."""

from __future__ import annotations

from uuid import UUID


def canonical_id(value: str) -> str:
    """An ID in lower case, because UUIDs ignore case."""
    return value.strip().lower()


def uuid_of(value: str) -> str:
    """A UUID in lower case and with hyphens. Raises ``ValueError`` for anything else."""
    try:
        return str(UUID(canonical_id(value)))
    except ValueError:
        raise ValueError("not a UUID") from None
