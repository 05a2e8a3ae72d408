from __future__ import annotations

import pytest

from olt_provider.api.client import TenantClient
from olt_provider.api.errors import RequestError
from tests.api.samples import device
from tests.api.scripted_server import ScriptedServer, json_response, list_response

META = {"page": 0, "pageSize": 50, "itemsTotal": 6, "pagesTotal": 1}


def test_the_devices_are_asked_for_by_page(server: ScriptedServer, tenant: TenantClient) -> None:
    server.enqueue(json_response({"meta": META, "data": []}))
    list(tenant.devices.list())
    assert (server.only.method, server.only.path) == ("GET", "/v1/devices")
    assert server.only.query == {"page": "0", "pageSize": "100"}


def test_a_device_holds_all_that_is_documented(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(json_response({"meta": META, "data": [device()]}))
    (found,) = tenant.devices.list()
    assert found.model_dump() == {
        "id": "383b8c61-a9c7-487f-b4e1-66fad753e546",
        "info": {
            "name": "RGB LED",
            "description": "",
            "device_type_id": "04f14462-b44f-493c-aa2c-dd6d1c439ec3",
            "tags": (),
            "location": "",
        },
    }


def test_what_a_device_lacks_is_empty(server: ScriptedServer, tenant: TenantClient) -> None:
    server.enqueue(list_response(device(info={"tags": None, "location": None})))
    (found,) = tenant.devices.list()
    assert (found.info.name, found.info.tags, found.info.location) == ("", (), "")


def test_a_device_without_an_id_is_an_unusable_response(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(list_response({"info": {}}))
    with pytest.raises(RequestError, match="id: Field required"):
        list(tenant.devices.list())
