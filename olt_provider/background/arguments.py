"""The provider's settings as arguments: the same rules, other names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from olt_provider.api.errors import ConfigurationError, OltError
from olt_provider.setting_names import configured, variable
from olt_provider.settings import Settings

ARGUMENTS: Final = {
    "environment": "environment",
    "api_url": "apiUrl",
    "identity_url": "identityUrl",
    "tenant_id": "tenantId",
    "ca_bundle": "caBundle",
    "request_timeout": "requestTimeout",
    "max_retries": "maxRetries",
}
"""Argument -> key of the provider's settings."""


def read_settings(**arguments: object) -> Settings:
    """The settings that ``arguments`` make, by the rules of the provider's.

    Raises ``ConfigurationError`` naming the argument that is wrong.
    """
    given = {configured(ARGUMENTS[name]): value for name, value in arguments.items()}
    with naming_arguments():
        return Settings.load(given.get, {})


def required(argument: str, value: str | None) -> str:
    """A text that is not empty, or ``ConfigurationError``: where it comes from may be unset."""
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise ConfigurationError(f"{argument} is empty: it is an output of the application's stack")
    return text


@contextmanager
def naming_arguments() -> Iterator[None]:
    """In errors, call a setting what it is called here: ``olt:apiUrl`` is ``api_url``."""
    try:
        yield
    except OltError as error:
        message = str(error)
        for argument, key in ARGUMENTS.items():
            message = message.replace(f" (or {variable(key)})", "")
            message = message.replace(configured(key), argument)
        error.args = (message,)
        raise
