"""UUIDs in the form in which they are compared, stored and put into paths."""

from __future__ import annotations

from uuid import UUID

from olt_provider.api.errors import ConfigurationError


def canonical_id(value: str) -> str:
    """Return an ID in lower case, because UUIDs are case-insensitive."""
    return value.strip().lower()


def uuid_of(value: str) -> str:
    """Return a UUID in lower case with hyphens. Raises ``ValueError`` for any other text."""
    try:
        return str(UUID(canonical_id(value)))
    except ValueError:
        raise ValueError("not a UUID") from None


def segment(value: str, *, what: str) -> str:
    """Return a UUID as a path segment. Raises ``ConfigurationError`` for any other text.

    Other texts (``..``, a slash, an empty string) would address another endpoint.
    """
    try:
        return uuid_of(value)
    except ValueError:
        raise ConfigurationError(f"{what} {value!r} is not a UUID") from None
