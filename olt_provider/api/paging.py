"""Read lists that the platform returns in pages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from olt_provider.api.errors import RequestError, TooLargeError
from olt_provider.api.model import ODD, data_of

PAGE_SIZE: Final = 100
"""The largest page size that the platform accepts."""
MAX_PAGES: Final = 10_000
MAX_SECONDS: Final = 900.0
"""The longest time, in seconds, that the requests of one list may take together. The time that a
caller spends between two pages is not counted."""


def all_pages(
    fetch: Callable[[int, int], Any],
    *,
    source: str,
    may_be_unpaged: bool = False,
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[list[Any]]:
    """Yield every page of a list, in order, each fetched when it is needed.

    ``fetch(page, page_size)`` returns one decoded response; pages count from 0. The last page is
    empty, or shorter than the page size that ``meta`` states. If ``meta`` states none, a short page
    is the last only if the totals in ``meta`` or an earlier page prove it, because the server may
    return fewer items than requested. A page that is too large to read is fetched in smaller pages.

    ``may_be_unpaged``: the server may ignore the page number, so a second page equal to the first
    ends the list. Raises ``RequestError`` if a response is not a list, and if the list does not
    end, or not within ``MAX_SECONDS``.
    """
    reader = _Reader(_timed(fetch, source, monotonic), source, may_be_unpaged=may_be_unpaged)
    while (items := reader.next_page()) is not None:
        yield items


def _timed(
    fetch: Callable[[int, int], Any], source: str, monotonic: Callable[[], float]
) -> Callable[[int, int], Any]:
    """Wrap ``fetch`` so that it raises once all calls together have taken too long."""
    taken = 0.0

    def within_time(page: int, size: int) -> Any:
        nonlocal taken
        if taken > MAX_SECONDS:
            raise RequestError(
                f"{source}: the list does not end within {MAX_SECONDS:g} s",
                sent=True,
                temporary=False,
                remedy=ODD,
            )
        began = monotonic()
        try:
            return fetch(page, size)
        finally:
            taken += monotonic() - began

    return within_time


class _Reader:
    """The position in a list, and the page sizes that its responses have shown."""

    def __init__(
        self, fetch: Callable[[int, int], Any], source: str, *, may_be_unpaged: bool
    ) -> None:
        self._fetch = fetch
        self._source = source
        self._may_be_unpaged = may_be_unpaged
        self._size = PAGE_SIZE
        self._page = 0
        self._seen = 0
        self._largest = 0
        self._previous: list[Any] | None = None
        self._requests = 0
        self._ended = False

    def next_page(self) -> list[Any] | None:
        """Return the next page; ``None`` after the last one."""
        if self._ended:
            return None
        body = self._read()
        items = data_of(body, source=self._source)
        if not isinstance(items, list):
            raise self._broken("a list was expected")
        meta = body.get("meta")
        meta = meta if isinstance(meta, dict) else {}
        if items and items == self._previous:
            self._require_unpaged(items, meta)
            return None
        self._seen += len(items)
        self._ended = self._is_last(items, meta)
        self._largest = max(self._largest, len(items))
        self._previous = items
        self._page += 1
        return items

    def _read(self) -> Any:
        """Fetch the page at this position, in smaller pages where it is too large."""
        while self._requests < MAX_PAGES:
            self._requests += 1
            try:
                return self._fetch(self._page, self._size)
            except TooLargeError:
                if self._size == 1:
                    raise
                self._shrink()
        raise self._broken(f"the list does not end after {MAX_PAGES} pages")

    def _shrink(self) -> None:
        """Choose a smaller page size that has a page boundary at this position."""
        used = self._largest or self._size  # the server may return fewer items than requested
        fitting = (size for size in range(used // 2, 1, -1) if self._seen % size == 0)
        self._size = next(fitting, 1)
        self._page = self._seen // self._size
        self._largest = 0

    def _is_last(self, items: list[Any], meta: dict[str, Any]) -> bool:
        size = _positive(meta, "pageSize")
        if not items:
            return True
        if size is not None and size <= self._size:
            return len(items) < size
        if len(items) == self._size:
            return False
        total = _total(meta)
        if total is not None:
            return self._seen >= total
        return len(items) < self._largest

    def _require_unpaged(self, items: list[Any], meta: dict[str, Any]) -> None:
        """Raise unless a repeated page shows that the server does not page this list."""
        total = _total(meta)
        short = total is not None and total > self._seen
        size = _positive(meta, "pageSize")
        full = len(items) in (size, self._size)
        if short or (full and not self._may_be_unpaged):
            raise self._broken(f"page {self._page} repeats page {self._page - 1}")
        self._ended = True

    def _broken(self, problem: str) -> RequestError:
        return RequestError(f"{self._source}: {problem}", sent=True, temporary=False, remedy=ODD)


def _positive(meta: dict[str, Any], key: str) -> int | None:
    value = meta.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _total(meta: dict[str, Any]) -> int | None:
    """The total number of items in ``meta``, under either of its names."""
    return _positive(meta, "itemsTotal") or _positive(meta, "totalSize")
