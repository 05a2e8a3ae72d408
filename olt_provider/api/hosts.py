"""The environments of the platform, each with an API host and an identity host."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import urlsplit


class Hosts(NamedTuple):
    """The base URLs of one environment."""

    api_url: str
    identity_url: str


DEFAULT_ENVIRONMENT: Final = "prod"

ENVIRONMENTS: Final = MappingProxyType(
    {
        name: Hosts(f"https://api.{domain}/v1", f"https://id.{domain}/v1")
        for name, domain in {
            "prod": "lightelligence.io",
            "preview": "olt-preview.io",
            "int": "int.olt-dev.io",
            "dev": "dev.olt-dev.io",
        }.items()
    }
)
"""The environments by name. ``prod`` is the default."""

PORTS: Final = MappingProxyType({"https": 443, "http": 80})


def same_base_url(one: str, other: str) -> bool:
    """Whether two base URLs have the same scheme, host, port and path.

    False if one of them is not a URL with a host.
    """
    first = _parts(one)
    return first is not None and first == _parts(other)


def _parts(base_url: str) -> tuple[str, str, int | None, str] | None:
    try:
        url = urlsplit(base_url.strip())
        port = url.port or PORTS.get(url.scheme)
    except ValueError:
        return None
    if not url.hostname or "@" in url.netloc or url.query or url.fragment:
        return None
    return url.scheme, url.hostname, port, url.path.rstrip("/")
