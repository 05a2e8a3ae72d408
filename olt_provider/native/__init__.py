"""The native form: a Pulumi plugin for every language, over the same lifecycle.

Python programs import its resource classes from here. They have the names and arguments of those of
``olt_provider``. The look-ups and the error are those of ``olt_provider``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from olt_provider import (
        AdoptArgs,
        AdoptArgsDict,
        AllowedTenantArgs,
        AllowedTenantArgsDict,
        ApplicationOutput,
        ApplicationResult,
        InstallationOutput,
        InstallationResult,
        OltError,
        find_applications,
        find_applications_output,
        get_application,
        get_application_output,
        get_installation,
        get_installation_output,
        list_applications,
        list_applications_output,
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
    "ApplicationOutput",
    "ApplicationResult",
    "InstallationOutput",
    "InstallationResult",
    "OltApplication",
    "OltBackgroundApplication",
    "OltBackgroundApplicationPair",
    "OltError",
    "OltInstallation",
    "Provider",
    "find_applications",
    "find_applications_output",
    "get_application",
    "get_application_output",
    "get_installation",
    "get_installation_output",
    "list_applications",
    "list_applications_output",
]

_HOMES = {
    "OltApplication": "olt_provider.native.application",
    "OltBackgroundApplication": "olt_provider.native.background_application",
    "OltBackgroundApplicationPair": "olt_provider.native.background_application",
    "OltInstallation": "olt_provider.native.installation",
    "Provider": "olt_provider.native.provider",
}


def __getattr__(name: str) -> Any:
    """Import a name on first use, because the plugin itself needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES.get(name, "olt_provider")), name)
