"""Devices: ``/devices``. Reading them proves that an application can access a tenant's data."""

from __future__ import annotations

from collections.abc import Iterator

from olt_provider.api.model import Model, OpaqueId, Text, TextList
from olt_provider.api.tenant_transport import TenantTransport

PATH = "/devices"


class DeviceInfo(Model):
    """The description of a device."""

    name: Text = ""
    description: Text = ""
    device_type_id: Text = ""
    tags: TextList = ()
    location: Text = ""


class Device(Model):
    """A device that is registered in the tenant."""

    id: OpaqueId
    info: DeviceInfo


class DevicesClient:
    """Lists devices. Accepts every token of the tenant, including an application's own."""

    def __init__(self, transport: TenantTransport) -> None:
        self._transport = transport

    def list(self) -> Iterator[Device]:
        """List the tenant's devices: ``GET``, all pages.

        Raises ``ApiError`` if the platform refuses the request and ``RequestError`` if no usable
        response arrives.
        """
        return self._transport.items(Device, PATH)
