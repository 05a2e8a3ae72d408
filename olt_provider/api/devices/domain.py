"""Devices of a tenant."""

from __future__ import annotations

from olt_provider.api.model import Model, OpaqueId, Text, TextList


class DeviceInfo(Model):
    """What is known of a device."""

    name: Text = ""
    description: Text = ""
    device_type_id: Text = ""
    tags: TextList = ()
    location: Text = ""


class Device(Model):
    """A device that is registered to the acting tenant."""

    id: OpaqueId
    info: DeviceInfo
