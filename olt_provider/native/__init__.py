"""The native form: a plugin for every Pulumi language, over the same lifecycle.

Python programs import its classes from here. They have the names and arguments of those of
``olt_provider``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from olt_provider.application import (
        AdoptArgs,
        AdoptArgsDict,
        AllowedTenantArgs,
        AllowedTenantArgsDict,
    )
    from olt_provider.native.application import OltApplication
    from olt_provider.native.background_application import (
        OltBackgroundApplication,
        OltBackgroundApplicationPair,
    )
    from olt_provider.native.installation import OltInstallation
    from olt_provider.native.provider import Provider

__all__ = [
    "AdoptArgs",
    "AdoptArgsDict",
    "AllowedTenantArgs",
    "AllowedTenantArgsDict",
    "OltApplication",
    "OltBackgroundApplication",
    "OltBackgroundApplicationPair",
    "OltInstallation",
    "Provider",
]

_HOMES = {
    "AdoptArgs": "olt_provider.application",
    "AdoptArgsDict": "olt_provider.application",
    "AllowedTenantArgs": "olt_provider.application",
    "AllowedTenantArgsDict": "olt_provider.application",
    "OltApplication": "olt_provider.native.application",
    "OltBackgroundApplication": "olt_provider.native.background_application",
    "OltBackgroundApplicationPair": "olt_provider.native.background_application",
    "OltInstallation": "olt_provider.native.installation",
    "Provider": "olt_provider.native.provider",
}


def __getattr__(name: str) -> Any:
    """Import on first use, because the plugin itself needs none of them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
