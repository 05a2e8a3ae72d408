"""Where the platform lives: one API host and one identity host per environment."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple


class Hosts(NamedTuple):
    """The base URLs of one environment of the platform."""

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
