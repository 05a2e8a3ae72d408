"""IDs as they are compared, stored and put into paths."""

from __future__ import annotations

from uuid import UUID

from olt_provider.api.errors import ConfigurationError


def canonical_id(value: str) -> str:
    """An ID in lower case, because UUIDs ignore case."""
    return value.strip().lower()


def uuid_of(value: str) -> str:
    """A UUID in lower case and with hyphens. Raises ``ValueError`` for anything else."""
    try:
        return str(UUID(canonical_id(value)))
    except ValueError:
        raise ValueError("not a UUID") from None


def segment(value: str, *, what: str) -> str:
    """``value`` as a path segment. Raises ``ConfigurationError`` if it is not a UUID.

    Anything else (``..``, a slash, an empty string) would name another endpoint.
    """
    try:
        return uuid_of(value)
    except ValueError:
        raise ConfigurationError(f"{what} {value!r} is not a UUID") from None
