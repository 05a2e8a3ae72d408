"""Lists that come in pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from olt_provider.api.errors import RequestError
from olt_provider.api.model import data_of

PAGE_SIZE: Final = 100
"""The most that the platform gives at once."""
MAX_PAGES: Final = 10_000


def all_pages(fetch: Callable[[int, int], Any], *, source: str) -> Iterator[list[Any]]:
    """Every page of a list, in order, each fetched when it is asked for.

    ``fetch(page, page_size)`` returns one decoded answer; pages count from 0. The totals in
    ``meta`` vary by endpoint and are not looked at: a page that is shorter than the page size
    the platform used is the last. Raises ``RequestError`` for an answer that is no list, and for
    a list that does not end.
    """
    previous: list[Any] | None = None
    for page in range(MAX_PAGES):
        body = fetch(page, PAGE_SIZE)
        items = data_of(body, source=source)
        if not isinstance(items, list):
            raise _broken(source, "a list was expected")
        yield items
        if len(items) < _page_size(body):
            return
        if items == previous:
            raise _broken(source, f"page {page} repeats page {page - 1}")
        previous = items
    raise _broken(source, f"the list does not end after {MAX_PAGES} pages")


def _page_size(body: Any) -> int:
    """The page size that the platform used: it may allow less than was asked for."""
    meta = body.get("meta")
    size = meta.get("pageSize") if isinstance(meta, dict) else None
    is_size = isinstance(size, int) and not isinstance(size, bool) and 0 < size < PAGE_SIZE
    return size if is_size and size is not None else PAGE_SIZE


def _broken(source: str, said: str) -> RequestError:
    return RequestError(f"{source}: {said}", sent=True, temporary=False)
