"""Validate the parameters of a client."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import requests

from olt_provider.api.errors import ConfigurationError
from olt_provider.api.hosts import DEFAULT_ENVIRONMENT, ENVIRONMENTS, Hosts

DEFAULT_REQUEST_TIMEOUT: Final = 30.0
DEFAULT_MAX_RETRIES: Final = 5
MAX_REQUEST_TIMEOUT: Final = 600.0
MAX_RETRIES: Final = 20
DEFAULT_MAX_CONNECTIONS: Final = 4
"""The number of threads of the dynamic host."""
MAX_CONNECTIONS: Final = 256

Naming = Callable[[str], str]
"""Maps a parameter to its name in errors, such as that of the setting it comes from."""


def as_parameter(field: str) -> str:
    """Name a parameter by its own name: the default of a client that is constructed directly."""
    return field


def check_hosts(
    *,
    environment: str | None = None,
    api_url: str | None = None,
    identity_url: str | None = None,
    naming: Naming = as_parameter,
) -> Hosts:
    """Return the base URLs: both as given, or those of the environment (default: ``prod``).

    Raises ``ConfigurationError``, also if only one of them is given: the credentials would be sent
    to the hosts of two different platforms.
    """
    name = environment or DEFAULT_ENVIRONMENT
    if name not in ENVIRONMENTS:
        raise ConfigurationError(
            f"{naming('environment')} is {name!r}, but must be one of {', '.join(ENVIRONMENTS)}",
            field="environment",
        )
    hosts = Hosts(
        _base_url("api_url", api_url or ENVIRONMENTS[name].api_url, naming),
        _base_url("identity_url", identity_url or ENVIRONMENTS[name].identity_url, naming),
    )
    if bool(api_url) != bool(identity_url):
        given, missing = ("api_url", "identity_url") if api_url else ("identity_url", "api_url")
        beside = f" and beside {naming('environment')}" if environment else ""
        raise ConfigurationError(
            f"{naming(given)} is set without {naming(missing)}{beside}: set both base URLs, or "
            f"{naming('environment')} and neither of them, because the credentials of one platform "
            "must not reach another",
            field=missing,
        )
    return hosts


def _base_url(field: str, value: str, naming: Naming) -> str:
    name = naming(field)
    if "@" in value:  # checked first, because the other messages quote the value
        raise ConfigurationError(f"{name} must not hold a user name or a password", field=field)
    try:
        # parsed as requests does, so that a host it cannot call is refused here
        url = urlsplit(requests.Request("GET", value).prepare().url or "")
        host, _ = url.hostname or "", url.port
        host.encode("idna")
    except ValueError:
        raise ConfigurationError(f"{name} is not a URL: {value!r}", field=field) from None
    odd = url.query or url.fragment or not value.isprintable() or " " in value
    if url.scheme not in {"https", "http"} or not host or odd:
        raise ConfigurationError(
            f"{name} must look like https://host/v1, but is {value!r}", field=field
        )
    if url.scheme == "http" and not _is_loopback(host):
        raise ConfigurationError(
            f"{name} is {value!r}, but plain http:// is only allowed to this machine: use https://",
            field=field,
        )
    return value.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_request_timeout(value: float | str, naming: Naming = as_parameter) -> float:
    """Return the seconds that one try of a request may take. Raises ``ConfigurationError``."""
    return _number("request_timeout", value, 1, MAX_REQUEST_TIMEOUT, naming)


def check_max_retries(value: float | str, naming: Naming = as_parameter) -> int:
    """Return how often a request is repeated. Raises ``ConfigurationError``."""
    return _whole_number("max_retries", value, 0, MAX_RETRIES, naming)


def check_max_connections(value: float | str, naming: Naming = as_parameter) -> int:
    """Return how many requests may run at once. Raises ``ConfigurationError``."""
    return _whole_number("max_connections", value, 1, MAX_CONNECTIONS, naming)


def _whole_number(field: str, value: float | str, least: int, most: int, naming: Naming) -> int:
    number = _number(field, value, least, most, naming)
    if not number.is_integer():
        raise ConfigurationError(
            f"{naming(field)} must be a whole number, but is {value!r}", field=field
        )
    return int(number)


def _number(field: str, value: float | str, least: float, most: float, naming: Naming) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not least <= number <= most:
        raise ConfigurationError(
            f"{naming(field)} must be a number from {least:g} to {most:g}, but is {value!r}",
            field=field,
        )
    return number
