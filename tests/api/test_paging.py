from __future__ import annotations

from itertools import count, islice
from typing import Any

import pytest

from olt_provider.api.client import TenantClient
from olt_provider.api.errors import RequestError, TooLargeError
from olt_provider.api.paging import MAX_PAGES, all_pages
from tests.api.samples import device
from tests.api.scripted_server import (
    ScriptedResponse,
    ScriptedServer,
    error_response,
    json_response,
)


def page(number: int, size: int, meta: object = None) -> ScriptedResponse:
    """A page of devices, each of another name."""
    info = [{"name": f"{number}-{index}"} for index in range(size)]
    body: dict[str, Any] = {"data": [device(info=entry) for entry in info]}
    return json_response(body if meta is None else {**body, "meta": meta})


METAS: dict[str, Any] = {
    "absent": None,
    "empty": {},
    "null": {"pageSize": None},
    "no totals": {"page": 0, "pageSize": 100},
    "documented": {"page": 0, "pageSize": 100, "itemsTotal": 103, "pagesTotal": 2},
    "totalSize": {"page": 0, "pageSize": 100, "totalSize": 103},
    "totals too small": {"page": 0, "pageSize": 100, "itemsTotal": 1, "pagesTotal": 1},
    "totals too large": {"page": 0, "pageSize": 100, "itemsTotal": 9999, "pagesTotal": 99},
    "a list": [],
    "text": "x",
    "text as size": {"pageSize": "10"},
    "true as size": {"pageSize": True},
    "zero as size": {"pageSize": 0},
    "negative size": {"pageSize": -1},
    "size over what was asked for": {"pageSize": 1000},
}


@pytest.mark.parametrize("meta", METAS.values(), ids=list(METAS))
def test_all_pages_are_read_with_any_meta(
    server: ScriptedServer, tenant: TenantClient, meta: object
) -> None:
    server.enqueue(page(0, 100, meta), page(1, 3, meta))
    assert len(list(tenant.devices.list())) == 103


def test_items_come_in_order(server: ScriptedServer, tenant: TenantClient) -> None:
    server.enqueue(page(0, 100), page(1, 2))
    names = [item.info.name for item in tenant.devices.list()]
    assert (names[0], names[99], names[100:]) == ("0-0", "0-99", ["1-0", "1-1"])


def test_pages_are_counted_from_0(server: ScriptedServer, tenant: TenantClient) -> None:
    server.enqueue(page(0, 100), page(1, 100), page(2, 0))
    list(tenant.devices.list())
    assert [sent.query["page"] for sent in server.received] == ["0", "1", "2"]


def test_a_short_page_is_the_last(server: ScriptedServer, tenant: TenantClient) -> None:
    server.enqueue(page(0, 99, {"pageSize": 100}))
    list(tenant.devices.list())
    assert len(server.received) == 1


CAPPED: dict[str, Any] = {
    "absent": None,
    "empty": {},
    "null": {"pageSize": None},
    "page alone": {"page": 0},
    "total": {"itemsTotal": 25},
    "total by another name": {"totalSize": 25},
    "total too large": {"itemsTotal": 9999},
}


@pytest.mark.parametrize("meta", CAPPED.values(), ids=list(CAPPED))
def test_all_pages_are_read_where_the_server_returns_fewer_items_and_no_page_size(
    server: ScriptedServer, tenant: TenantClient, meta: object
) -> None:
    server.enqueue(page(0, 10, meta), page(1, 10, meta), page(2, 5, meta))
    server.always = page(3, 0, meta)
    assert len(list(tenant.devices.list())) == 25


@pytest.mark.parametrize("meta", CAPPED.values(), ids=list(CAPPED))
def test_a_list_that_fills_its_last_page_ends_with_an_empty_one(
    server: ScriptedServer, tenant: TenantClient, meta: object
) -> None:
    server.enqueue(page(0, 10, meta), page(1, 10, meta))
    server.always = page(2, 0, meta)
    assert len(list(tenant.devices.list())) == 20


def test_totals_without_a_page_size_end_the_list_without_another_request(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(page(0, 3, {"itemsTotal": 3}))
    assert len(list(tenant.devices.list())) == 3
    assert len(server.received) == 1


def test_a_server_that_repeats_its_only_page_has_no_more(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.always = page(0, 3)
    assert len(list(tenant.devices.list())) == 3


def test_a_repeated_page_of_a_longer_list_is_an_error(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.always = page(0, 10, {"itemsTotal": 25})
    with pytest.raises(RequestError, match="page 1 repeats page 0"):
        list(tenant.devices.list())


def test_a_page_size_of_50_is_no_default_to_rely_on(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    meta = {"page": 0, "pageSize": 50, "itemsTotal": 75, "pagesTotal": 2}
    server.enqueue(page(0, 50, meta), page(1, 25, meta))
    assert len(list(tenant.devices.list())) == 75
    assert {sent.query["pageSize"] for sent in server.received} == {"100"}


class Limited:
    """A list whose responses may hold few items, by their sizes in all."""

    def __init__(self, sizes: list[int], limit: int, cap: int = 100) -> None:
        self.sizes, self.limit, self.cap = sizes, limit, cap
        self.requests: list[tuple[int, int]] = []

    def __call__(self, page: int, size: int) -> Any:
        self.requests.append((page, size))
        used = min(size, self.cap)
        items = list(enumerate(self.sizes))[page * used : (page + 1) * used]
        if sum(weight for _, weight in items) > self.limit:
            raise TooLargeError("GET /x: too large", sent=True, temporary=False)
        return {"data": items, "meta": {"pageSize": used} if self.cap == 100 else {}}


@pytest.mark.parametrize("cap", [100, 50, 30, 7])
@pytest.mark.parametrize(
    "sizes",
    [[1] * 230, [9] * 100, [1] * 120 + [20] * 110, [25] * 33, [1] * 99 + [25], [1] * 100 + [25]],
    ids=["light", "one heavy page", "heavy end", "one at a time", "last of page", "heavy last"],
)
def test_a_page_that_is_too_large_is_read_in_smaller_pages(sizes: list[int], cap: int) -> None:
    fetch = Limited(sizes, limit=100, cap=cap)
    items = [item for page in all_pages(fetch, source="GET /x") for item in page]
    assert items == list(enumerate(sizes))


def test_an_item_that_is_too_large_alone_is_an_error() -> None:
    fetch = Limited([1] * 10 + [200] + [1] * 10, limit=100)
    with pytest.raises(TooLargeError):
        list(all_pages(fetch, source="GET /x"))
    assert len(fetch.requests) < 20


def test_an_empty_list_is_empty(server: ScriptedServer, tenant: TenantClient) -> None:
    server.enqueue(page(0, 0))
    assert list(tenant.devices.list()) == []


def test_a_page_size_smaller_than_asked_for_does_not_end_the_list_early(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    meta = {"pageSize": 10}
    server.enqueue(page(0, 10, meta), page(1, 10, meta), page(2, 4, meta))
    assert len(list(tenant.devices.list())) == 24


def test_pages_are_fetched_only_as_needed(server: ScriptedServer, tenant: TenantClient) -> None:
    server.enqueue(page(0, 100))
    assert len(list(islice(tenant.devices.list(), 5))) == 5
    assert len(server.received) == 1


def test_a_server_that_does_not_turn_the_page_is_an_error(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.always = page(0, 100)
    with pytest.raises(RequestError, match="page 1 repeats page 0"):
        list(tenant.devices.list())


def test_a_list_that_does_not_end_is_an_error() -> None:
    numbers = count()
    pages = all_pages(lambda _, size: {"data": [next(numbers)] * size}, source="GET /x")
    with pytest.raises(RequestError, match=rf"GET /x: .*not end after {MAX_PAGES} pages"):
        for _ in pages:
            pass


@pytest.mark.parametrize("data", [None, {}, "text", 7])
def test_data_that_is_no_list_is_an_error(
    server: ScriptedServer, tenant: TenantClient, data: object
) -> None:
    server.enqueue(json_response({"data": data}))
    with pytest.raises(RequestError, match="GET /devices: a list was expected"):
        list(tenant.devices.list())


def test_a_refusal_of_a_later_page_is_an_error_and_not_the_end(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(page(0, 100), error_response(403))
    with pytest.raises(Exception, match="returned 403"):
        list(tenant.devices.list())


class Slow:
    """Pages that never end, each after some seconds."""

    def __init__(self, seconds: float) -> None:
        self.now = 0.0
        self.fetched = 0
        self._seconds = seconds

    def __call__(self, number: int, size: int) -> dict[str, Any]:
        self.now += self._seconds
        self.fetched += 1
        return {"data": [f"{number}-{index}" for index in range(size)]}


def test_a_list_that_takes_too_long_ends() -> None:
    slow = Slow(100)
    pages = all_pages(slow, source="GET /x", monotonic=lambda: slow.now)
    with pytest.raises(RequestError, match="GET /x: the list does not end within 900 s"):
        list(pages)
    assert slow.fetched == 10


def test_what_a_caller_does_between_two_pages_takes_no_time_of_the_list() -> None:
    slow = Slow(1)
    for number, _ in enumerate(all_pages(slow, source="GET /x", monotonic=lambda: slow.now)):
        slow.now += 1000
        if number == 20:
            break
    assert slow.fetched == 21
