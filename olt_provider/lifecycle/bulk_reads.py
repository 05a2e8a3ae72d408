"""Reads and deletion checks that a tenant's lists serve, fetched as seldom as possible."""

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
"""How often a list is fetched at most, where writes keep falling into it."""

T = TypeVar("T", bound=Application | AvailableApplication)


class Writes(Protocol):
    """Counters of the writes of this process, after which a list may be wrong."""

    @property
    def writes(self) -> int:
        """How many writes began or ended."""

    @property
    def additions(self) -> int:
        """``writes`` without deletions, which add nothing to a list."""


class BulkReader(Generic[T]):
    """Many reads of one tenant are served by its list, few by a GET each. Shared by threads.

    The number of reads is not known in advance, nor the length of the list. So a page is fetched
    only for a read that follows more reads by a GET than pages: all calls together are at most
    twice those of the cheaper way. That something is not listed proves nothing: its
    own GET decides.

    ``version`` is a count that changes when a list may have become wrong, such as that of the
    writes of this process: no list outlives a change of it, nor ``max_age`` seconds.
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
        """What the list shows under an ID, once; ``None``: read it by its own GET."""
        with self._lock:
            if self._is_stale():
                self._begin()
            if application_id not in self._items and self._fetched < self._alone:
                self._fetch()
            # Each is read once, so what was returned need not be kept.
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
        if self._is_stale():  # it may show what was before
            self._begin()
            return
        self._fetched += 1
        self._ended = page is None
        self._items.update((item.id, item) for item in page or ())


class ListedIds:
    """The IDs of a whole list, kept for as long as they prove something. Shared by threads.

    What the list lacked it lacks until something is added, so one list serves many deletions. What
    it showed may have been deleted since, so that is looked up again.
    """

    def __init__(self, fetch: Callable[[], Iterable[ListedApplication]], writes: Writes) -> None:
        self._fetch = fetch
        self._writes = writes
        self._lock = threading.Lock()
        self._known: tuple[int, frozenset[str]] | None = None

    def lacks(self, application_id: str) -> bool:
        """Whether the list does not show an ID. It is fetched where that is not known."""
        with self._lock:
            added, known = self._writes.additions, self._known
            if known is not None and known[0] == added and application_id not in known[1]:
                return True
            self._known = known = added, self._whole()
            return application_id not in known[1]

    def _whole(self) -> frozenset[str]:
        """All IDs, although a deletion meanwhile moves others to pages that were fetched before."""
        ids: frozenset[str] = frozenset()
        for _ in range(FETCHES):
            written = self._writes.writes
            ids |= frozenset(item.id for item in self._fetch())
            if self._writes.writes == written:
                break
        return ids
