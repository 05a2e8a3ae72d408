"""The run-time client of a background application: tokens, a session and typed calls.

It does not import Pulumi. The extra ``pulumi-olt[background]`` is kept, and adds nothing.
"""

from __future__ import annotations

from olt_provider.api.application_info import InstalledTenant
from olt_provider.api.devices import Device, DeviceInfo
from olt_provider.api.errors import (
    ApiError,
    ConfigurationError,
    OltError,
    RequestError,
    TokenError,
)
from olt_provider.background.background_client import BackgroundClient

__all__ = [
    "ApiError",
    "BackgroundClient",
    "ConfigurationError",
    "Device",
    "DeviceInfo",
    "InstalledTenant",
    "OltError",
    "RequestError",
    "TokenError",
]
