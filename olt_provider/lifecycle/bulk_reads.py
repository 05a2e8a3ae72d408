"""Bulk reads: a tenant's list serves many reads and deletion checks."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Generic, Protocol, TypeVar

from olt_provider.api.applications import Application, ListedApplication
from olt_provider.api.errors import OltError
from olt_provider.api.installations import AvailableApplication

log = logging.getLogger("olt_provider")

FETCHES: Final = 3
"""How often a list is fetched at most, if writes occur while it is read."""

T = TypeVar("T", bound=Application | AvailableApplication)


class Writes(Protocol):
    """Counters of the writes of this process, after which a list may be outdated."""

    @property
    def writes(self) -> int:
        """The number of writes begun and ended."""

    @property
    def additions(self) -> int:
        """``writes`` without deletions, which add nothing to a list."""


class BulkReader(Generic[T]):
    """Serves many reads of one tenant from its list, and few by a GET each. Shared by threads.

    Neither the number of reads nor the length of the list is known in advance. So a page is fetched
    only for a read that follows more GETs than pages: the total number of requests is at most twice
    that of the cheaper way. That an application is not listed proves nothing: a GET of it decides.

    ``version`` is a counter that changes when a list may be outdated, such as the number of writes
    of this process. A list is dropped when it changes, or after ``max_age`` seconds.
    """

    def __init__(
        self,
        pages: Callable[[], Iterator[Sequence[T]]],
        version: Callable[[], int],
        *,
        max_age: float = math.inf,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open = pages
        self._version = version
        self._max_age = max_age
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._alone = 0
        self._begin()

    def _begin(self) -> None:
        self._seen = self._version()
        self._began = self._monotonic()
        self._pages = self._open()
        self._fetched = 0
        self._ended = False
        self._items: dict[str, T] = {}

    def find(self, application_id: str) -> T | None:
        """Return the list item with an ID, once; ``None`` if it has to be read by a GET."""
        with self._lock:
            if self._is_stale():
                self._begin()
            if application_id not in self._items and self._fetched < self._alone:
                self._fetch()
            # Each is read once, so a returned item is dropped.
            item = self._items.pop(application_id, None)
            if item is None:
                self._alone += 1
            return item

    def _is_stale(self) -> bool:
        too_old = self._monotonic() - self._began > self._max_age
        return too_old or self._version() != self._seen

    def _fetch(self) -> None:
        if self._ended:
            return
        try:
            page = next(self._pages, None)
        except OltError as error:
            log.debug("reading one by one, as the list fails: %s", error)
            page = None
        if self._is_stale():  # it may be outdated
            self._begin()
            return
        self._fetched += 1
        self._ended = page is None
        self._items.update((item.id, item) for item in page or ())


class ListedIds:
    """The IDs of a complete list, kept while they are valid. Shared by threads.

    An ID that the list lacks stays missing until something is added, so one list serves many
    deletions. An ID in the list may have been deleted since, so it is looked up again.
    """

    def __init__(self, fetch: Callable[[], Iterable[ListedApplication]], writes: Writes) -> None:
        self._fetch = fetch
        self._writes = writes
        self._lock = threading.Lock()
        self._known: tuple[int, frozenset[str]] | None = None

    def lacks(self, application_id: str) -> bool:
        """Whether an ID is missing in the list. The list is fetched if that is not known."""
        with self._lock:
            added, known = self._writes.additions, self._known
            if known is not None and known[0] == added and application_id not in known[1]:
                return True
            self._known = known = added, self._whole()
            return application_id not in known[1]

    def _whole(self) -> frozenset[str]:
        """All IDs. A deletion in the meantime may move others to pages that were fetched before."""
        ids: frozenset[str] = frozenset()
        for _ in range(FETCHES):
            written = self._writes.writes
            ids |= frozenset(item.id for item in self._fetch())
            if self._writes.writes == written:
                break
        return ids
