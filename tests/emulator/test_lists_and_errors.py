"""Common behaviour of all endpoints: pages, the error envelope, the gateway."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from olt_provider.emulator import TENANT_A, Emulator
from tests.emulator.support import OWNED, TIMEOUT, Api, is_error

LISTS = [OWNED, "/applications", "/devices"]
# The response to `GET /devices` in the platform's document on background applications.
DEVICES: dict[str, Any] = {
    "meta": {"page": 0, "pageSize": 50, "itemsTotal": 6, "pagesTotal": 1},
    "data": [
        {
            "id": "383b8c61-a9c7-487f-b4e1-66fad753e546",
            "info": {
                "name": "RGB LED",
                "description": "",
                "deviceTypeId": "04f14462-b44f-493c-aa2c-dd6d1c439ec3",
                "tags": [],
                "location": "",
            },
        }
    ],
}


@pytest.fixture
def many(emulator: Emulator) -> Emulator:
    """25 applications, allowed in the owner's tenant, and 25 devices."""
    for number in range(25):
        emulator.platform.register(TENANT_A, name=f"{number:02}", allowed_tenants=[TENANT_A])
        if number > 2:
            emulator.platform.add_device(TENANT_A, name=f"{number:02}")
    return emulator


@pytest.mark.parametrize("path", LISTS)
def test_page_has_10_items_by_default(many: Emulator, owner: Api, path: str) -> None:
    response = owner("GET", path).json()
    assert len(response["data"]) == 10
    assert (response["meta"]["page"], response["meta"]["pageSize"]) == (0, 10)


@pytest.mark.parametrize("path", LISTS)
def test_the_pages_together_are_everything_once(many: Emulator, owner: Api, path: str) -> None:
    pages = [owner.data("GET", path, params={"page": page, "pageSize": 7}) for page in range(5)]
    assert [len(page) for page in pages] == [7, 7, 7, 4, 0]
    assert len({each["id"] for page in pages for each in page}) == 25
    whole = owner.data("GET", path, params={"pageSize": 100})
    assert [each for page in pages for each in page] == whole


def test_the_meta_block_varies_by_endpoint(many: Emulator, owner: Api) -> None:
    metas = [owner("GET", path, params={"pageSize": 7}).json()["meta"] for path in LISTS]
    assert metas == [
        {"page": 0, "pageSize": 7, "itemsTotal": 25, "pagesTotal": 4},
        {"page": 0, "pageSize": 7, "totalSize": 25},
        {"page": 0, "pageSize": 7, "itemsTotal": 25, "pagesTotal": 4},
    ]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "params",
    [
        {"page": -1},
        {"page": "x"},
        {"page": "1.0"},
        {"page": 10**30},
        {"pageSize": 0},
        {"pageSize": 101},
        {"pageSize": "ten"},
    ],
)
def test_other_pages_are_a_bad_request(owner: Api, path: str, params: dict[str, Any]) -> None:
    assert is_error(owner("GET", path, params=params), 400)


@pytest.mark.parametrize("path", LISTS)
def test_a_page_behind_the_end_is_empty(owner: Api, path: str) -> None:
    assert owner.data("GET", path, params={"page": 2**31 - 1, "pageSize": 100}) == []


def test_devices_are_of_the_documents_shape(emulator: Emulator, owner: Api) -> None:
    response = owner("GET", "/devices", params={"pageSize": 50}).json()
    assert _shape(response) == _shape(DEVICES)
    assert response["meta"]["pageSize"] == 50


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_shape(each) for each in value[:1]]
    return type(value)


@pytest.mark.parametrize("path", ["/", "/v1", "/v2/devices", "/devices"])
def test_a_wrong_base_url_returns_the_page_of_the_gateway(emulator: Emulator, path: str) -> None:
    headers = {"Authorization": f"Bearer {emulator.token(TENANT_A)}"}
    url = f"http://127.0.0.1:{emulator.port}{path}"
    assert _is_a_page(requests.get(url, headers=headers, timeout=TIMEOUT), 404)


@pytest.mark.parametrize("path", ["/nothing", "/application-developer", "/devices/", "/devices/1"])
def test_an_unknown_path_returns_the_page_of_the_gateway(owner: Api, path: str) -> None:
    assert _is_a_page(owner("GET", path), 404)


def test_a_method_that_the_contract_lacks_returns_the_page_of_the_gateway(owner: Api) -> None:
    response = owner("DELETE", OWNED)
    assert _is_a_page(response, 405)
    assert set(response.headers["Allow"].split(", ")) == {"GET", "POST"}


def _is_a_page(response: Any, status: int) -> bool:
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")
    assert "errorCode" not in response.text
    return True


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", OWNED, 200), ("GET", f"{OWNED}/x", 400), ("GET", "/nothing", 404)],
)
def test_every_response_has_a_date(owner: Api, method: str, path: str, status: int) -> None:
    response = owner(method, path)
    assert response.status_code == status
    assert parsedate_to_datetime(response.headers["Date"]).tzinfo is not None


def test_a_breakdown_is_an_envelope_too(
    emulator: Emulator, owner: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("s3cr3t")

    monkeypatch.setattr(emulator._state.tenants, "count_devices", broken)
    response = owner("GET", "/devices")
    assert is_error(response, 500)
    assert "s3cr3t" not in response.text
