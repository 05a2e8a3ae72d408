"""UUIDs in the form in which they are compared, stored and put into paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from olt_provider.api.errors import ConfigurationError

MOST_SHOWN: Final = 80
"""The largest number of characters of an invalid ID in a message."""


def canonical_id(value: str) -> str:
    """Return an ID in lower case, because UUIDs are case-insensitive."""
    return value.strip().lower()


def uuid_of(value: str) -> str:
    """Return a UUID in lower case with hyphens. Raises ``ValueError`` for any other text."""
    try:
        return str(UUID(canonical_id(value)))
    except ValueError:
        raise ValueError("not a UUID") from None


def ids_of(value: str, *, what: str, forms: Sequence[str]) -> list[str]:
    """Return the UUIDs of an ID such as ``{tenantId}/{applicationId}``.

    ``forms`` are the allowed forms. Raises ``ConfigurationError``, which lists them.
    """
    parts = value.strip().split("/")
    try:
        if len(parts) in {form.count("/") + 1 for form in forms}:
            return [uuid_of(part) for part in parts]
    except ValueError:
        pass
    shown = value if len(value) <= MOST_SHOWN else f"{value[:MOST_SHOWN]}..."
    raise ConfigurationError(f"{shown!r} is not the ID of {what}: write {' or '.join(forms)}")


def segment(value: str, *, what: str) -> str:
    """Return a UUID as a path segment. Raises ``ConfigurationError`` for any other text.

    Other texts (``..``, a slash, an empty string) would address another endpoint.
    """
    try:
        return uuid_of(value)
    except ValueError:
        raise ConfigurationError(f"{what} {value!r} is not a UUID") from None
