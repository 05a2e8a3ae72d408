"""The OLT platform as a local HTTP server, for tests, demos and previews without the platform.

Needs the extra ``pulumi-olt[emulator]``.
"""

from __future__ import annotations

from olt_provider.emulator.emulated_platform import EmulatedPlatform
from olt_provider.emulator.faults import Fault
from olt_provider.emulator.journal import Call
from olt_provider.emulator.seed import PORTAL_CLIENT, TENANT_A, TENANT_B, Seed
from olt_provider.emulator.server import Emulator
from olt_provider.emulator.store.tenants import Tenant

Platform = EmulatedPlatform
"""The name of the class up to 0.1.0."""

__all__ = [
    "PORTAL_CLIENT",
    "TENANT_A",
    "TENANT_B",
    "Call",
    "EmulatedPlatform",
    "Emulator",
    "Fault",
    "Platform",
    "Seed",
    "Tenant",
]
