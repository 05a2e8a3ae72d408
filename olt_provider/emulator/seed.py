"""The initial data of the emulated platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import Field

from olt_provider.emulator.models import (
    Body,
    Change,
    DeviceInfo,
    IdIn,
    Name,
    Registration,
    Status,
)
from olt_provider.emulator.store.applications import Identity

if TYPE_CHECKING:
    from olt_provider.emulator.state import State

TENANT_A: Final = "a0000000-0000-4000-8000-00000000000a"
TENANT_B: Final = "b0000000-0000-4000-8000-00000000000b"
PORTAL_CLIENT: Final = "0f0f0f0f-0000-4000-8000-000000000000"
"""The public client to which the portal's tokens are issued."""
DEVICE_TYPE: Final = "04f14462-b44f-493c-aa2c-dd6d1c439ec3"


class DeviceSeed(Body):
    """A device."""

    id: IdIn | None = None
    name: str
    description: str = ""
    device_type_id: IdIn = DEVICE_TYPE
    tags: list[str] = Field(default=[])
    location: str = ""


class ApplicationSeed(Body):
    """An application. Missing values are generated, the secret too."""

    id: IdIn | None = None
    client_id: IdIn | None = None
    client_secret: str | None = Field(default=None, min_length=1, repr=False)
    public_client_id: IdIn | None = None
    registration: Registration
    status: Status = "active"
    installed_in: list[IdIn] = Field(default=[])


class TenantSeed(Body):
    """A tenant with the applications and devices that it owns."""

    id: IdIn
    name: Name
    devices: list[DeviceSeed] = Field(default=[])
    applications: list[ApplicationSeed] = Field(default=[])


class Seed(Body):
    """The data of a whole platform."""

    tenants: list[TenantSeed] = Field(min_length=1)


def _devices(*names: str) -> list[DeviceSeed]:
    return [DeviceSeed(name=name) for name in names]


DEFAULT: Final = Seed(
    tenants=[
        TenantSeed(
            id=TENANT_A,
            name="Tenant A",
            devices=_devices("RGB LED", "Temperature sensor", "Door contact"),
        ),
        TenantSeed(id=TENANT_B, name="Tenant B", devices=_devices("Street light", "Gateway")),
    ]
)


def load_seed(state: State, seed: Seed) -> None:
    """Load a seed into the database, completely or not at all.

    Raises ``ValueError`` if an application is installed in a tenant that is not allowed, or has the
    ID of a public client and no such client.
    """
    with state.db.transaction():
        for tenant in seed.tenants:
            state.tenants.add_tenant(tenant.id, tenant.name)
            for device in tenant.devices:
                info = DeviceInfo.model_validate(device.model_dump(exclude={"id"}))
                state.tenants.add_device(tenant.id, device.id, info)
        for tenant in seed.tenants:
            for application in tenant.applications:
                _load_application(state, tenant.id, application)


def _load_application(state: State, tenant_id: str, seed: ApplicationSeed) -> None:
    if seed.public_client_id and not seed.registration.with_public_oauth2_client:
        raise ValueError(
            f"application {seed.registration.name!r} has a publicClientId, but no "
            "withPublicOauth2Client"
        )
    identity = Identity(seed.id, seed.client_id, seed.client_secret, seed.public_client_id)
    registered = state.applications.register(tenant_id, seed.registration, identity)
    allowed = {tenant.tenant_id for tenant in registered.allowed_tenants}
    for installed_in in seed.installed_in:
        if installed_in not in allowed:
            raise ValueError(
                f"application {seed.registration.name!r} is installed in {installed_in}, "
                "which is not among its allowedTenants"
            )
        state.access.install(registered.id, installed_in)
    if seed.status != "active":
        state.applications.change(registered.id, Change(status=seed.status))
