"""IDs as path segments."""

from __future__ import annotations

from olt_provider.api.errors import ConfigurationError
from olt_provider.api.ids import uuid_of


def segment(value: str, *, what: str) -> str:
    """``value`` as a path segment. Raises ``ConfigurationError`` if it is not a UUID.

    Anything else (``..``, a slash, an empty string) would name another endpoint.
    """
    try:
        return uuid_of(value)
    except ValueError:
        raise ConfigurationError(f"{what} {value!r} is not a UUID") from None
