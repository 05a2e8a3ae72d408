"""Typed client of the OLT platform's REST API and token endpoint. It does not depend on Pulumi.

- ``client``: ``OltClient``, with the retry policy in its docstring.
- ``applications``, ``allowed_tenants``, ``installations``, ``application_info``, ``devices``,
  ``identity``: one module per group of endpoints, with its models.
- ``transport`` sends requests, ``tenant_transport`` with the token of a tenant; ``retry``,
  ``shared_backoff``, ``deadline`` and ``error_mapping`` are its parts.
- ``credentials``, ``tokens``, ``fetched_tokens``: the sources of tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from olt_provider.api.allowed_tenants import AllowedTenant
    from olt_provider.api.application_info import InstalledTenant
    from olt_provider.api.applications import (
        AllowedTenantRegistration,
        Application,
        ApplicationPatch,
        ApplicationRegistration,
    )
    from olt_provider.api.client import OltClient, TenantClient
    from olt_provider.api.devices import Device, DeviceInfo
    from olt_provider.api.errors import (
        ApiError,
        ConfigurationError,
        OltError,
        RequestError,
        TokenError,
    )
    from olt_provider.api.installations import AvailableApplication, Installation

_HOMES = {
    "AllowedTenant": "allowed_tenants",
    "AllowedTenantRegistration": "applications",
    "ApiError": "errors",
    "Application": "applications",
    "ApplicationPatch": "applications",
    "ApplicationRegistration": "applications",
    "AvailableApplication": "installations",
    "ConfigurationError": "errors",
    "Device": "devices",
    "DeviceInfo": "devices",
    "InstalledTenant": "application_info",
    "Installation": "installations",
    "OltClient": "client",
    "OltError": "errors",
    "RequestError": "errors",
    "TenantClient": "client",
    "TokenError": "errors",
}

__all__ = [
    "AllowedTenant",
    "AllowedTenantRegistration",
    "ApiError",
    "Application",
    "ApplicationPatch",
    "ApplicationRegistration",
    "AvailableApplication",
    "ConfigurationError",
    "Device",
    "DeviceInfo",
    "Installation",
    "InstalledTenant",
    "OltClient",
    "OltError",
    "RequestError",
    "TenantClient",
    "TokenError",
]


def __getattr__(name: str) -> Any:
    """Import a name on first use, because Pulumi programs need only the errors."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
