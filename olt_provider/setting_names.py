"""Names of settings and credentials in a stack's configuration and in the environment."""

from __future__ import annotations

from typing import Final

NAMESPACE: Final = "olt"
EXPLICIT: Final = "explicit"
"""The key that marks the configuration of an explicit ``Provider``."""


def configured(key: str) -> str:
    """The configuration key: ``apiUrl`` is ``olt:apiUrl``."""
    return f"{NAMESPACE}:{key}"


def variable(key: str) -> str:
    """The environment variable: ``apiUrl`` is ``OLT_API_URL``."""
    words = "".join(f"_{letter}" if letter.isupper() else letter for letter in key)
    return f"{NAMESPACE}_{words}".upper()


def parameter(key: str) -> str:
    """The parameter of the client: ``apiUrl`` is ``api_url``."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)


def key_of(parameter: str) -> str:
    """The key without its namespace: ``api_url`` is ``apiUrl``."""
    first, *rest = parameter.split("_")
    return first + "".join(map(str.capitalize, rest))


def setting(parameter: str) -> str:
    """The name of a setting in errors: ``api_url`` is ``olt:apiUrl (or OLT_API_URL)``."""
    key = key_of(parameter)
    return f"{configured(key)} (or {variable(key)})"
