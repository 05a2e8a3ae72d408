"""How settings and credentials are called, in a stack's configuration and in the environment."""

from __future__ import annotations

from typing import Final

NAMESPACE: Final = "olt"
EXPLICIT: Final = "explicit"
"""The key that only an explicit ``Provider`` sets in its own configuration."""


def configured(key: str) -> str:
    """The configuration key: ``apiUrl`` is ``olt:apiUrl``."""
    return f"{NAMESPACE}:{key}"


def variable(key: str) -> str:
    """The environment variable: ``apiUrl`` is ``OLT_API_URL``."""
    words = "".join(f"_{letter}" if letter.isupper() else letter for letter in key)
    return f"{NAMESPACE}_{words}".upper()
