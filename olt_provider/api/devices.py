"""``/devices``: the proof that an application can access a tenant's data."""

from __future__ import annotations

from collections.abc import Iterator

from olt_provider.api.model import Model, OpaqueId, Text, TextList
from olt_provider.api.tenant_transport import TenantTransport

PATH = "/devices"


class DeviceInfo(Model):
    """What is known of a device."""

    name: Text = ""
    description: Text = ""
    device_type_id: Text = ""
    tags: TextList = ()
    location: Text = ""


class Device(Model):
    """A device that is registered to the tenant."""

    id: OpaqueId
    info: DeviceInfo


class DevicesClient:
    """For any token of the tenant, an application's own included."""

    def __init__(self, transport: TenantTransport) -> None:
        self._transport = transport

    def list(self) -> Iterator[Device]:
        """``GET``, all pages: the tenant's devices.

        Raises ``ApiError`` for a refusal and ``RequestError`` for an unusable response.
        """
        return self._transport.items(Device, PATH)
