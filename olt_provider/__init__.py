"""A Pulumi provider for OAuth2 applications on the OLT platform.

- ``application``, ``installation``, ``background_application``, ``provider``, ``lookups``: the
  classes and functions for programs, in the dynamic form. ``dynamic`` holds their shared code.
- ``native``: the same classes in the native form, and the plugin.
- ``provider_process``: what the provider processes of both forms share.
- ``lifecycle``: property tables, checks, plans and operations, which both forms use.
- ``api``: the client of the REST API; ``api.transport`` sends each request.
- ``settings``, ``setting_places``, ``setting_names``: configuration and environment variables.
- ``cli``: the ``olt`` command; ``cli.preview`` reads previews and ``cli.review`` reviews them.
- ``emulator``, ``background``, ``policy``: the emulated platform, the run-time client of an
  application, and the policy pack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from olt_provider._version import __version__

if TYPE_CHECKING:
    from olt_provider.api.errors import OltError
    from olt_provider.application import (
        AdoptArgs,
        AdoptArgsDict,
        AllowedTenantArgs,
        AllowedTenantArgsDict,
        OltApplication,
    )
    from olt_provider.background_application import OltBackgroundApplication
    from olt_provider.background_application_pair import OltBackgroundApplicationPair
    from olt_provider.installation import OltInstallation
    from olt_provider.lifecycle.lookups import ApplicationResult, InstallationResult
    from olt_provider.lookups import (
        ApplicationOutput,
        InstallationOutput,
        find_applications,
        find_applications_output,
        get_application,
        get_application_output,
        get_installation,
        get_installation_output,
        list_applications,
        list_applications_output,
    )
    from olt_provider.provider import Provider

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
    "__version__",
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
    "AdoptArgs": "application",
    "AdoptArgsDict": "application",
    "AllowedTenantArgs": "application",
    "AllowedTenantArgsDict": "application",
    "OltApplication": "application",
    "OltBackgroundApplication": "background_application",
    "OltBackgroundApplicationPair": "background_application_pair",
    "OltError": "api.errors",
    "OltInstallation": "installation",
    "Provider": "provider",
}


def __getattr__(name: str) -> Any:
    """Import a name on first use, so that Pulumi is only imported where it is needed."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'lookups')}"), name)
