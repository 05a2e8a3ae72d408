"""IDs as path segments."""

from __future__ import annotations

from uuid import UUID

from olt_provider.api.errors import ConfigurationError
from olt_provider.api.ids import canonical_id


def segment(value: str, *, what: str) -> str:
    """``value`` as a path segment. Raises ``ConfigurationError`` if it is not a UUID.

    Anything else (``..``, a slash, an empty string) would name another endpoint.
    """
    try:
        return str(UUID(canonical_id(value)))
    except ValueError:
        raise ConfigurationError(f"{what} {value!r} is not a UUID") from None
