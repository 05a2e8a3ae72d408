"""A tenant's applications, as recorded by a process that registers more of them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, NamedTuple

from olt_provider.api.applications import ApplicationRegistration, ListedApplication
from olt_provider.lifecycle.errors import LifecycleError

LOOKS: Final = 40
WAITING: Final = 3
"""Of the four threads of the dynamic host."""


class Attempt(NamedTuple):
    """A registration that may have left an application that no state holds."""

    since: datetime | None
    """What it made was not created before this time of the server."""
    application_id: str | None = None
    """What it made, where that is known."""


class KnownApplications:
    """The applications of one tenant: listed once, then kept up to date with what is done here.

    Safe to share by threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: dict[str, str] | None = None
        self._seen: set[str] = set()
        self._noted: set[str] = set()
        self._pending: Counter[str] = Counter()
        self._equal: dict[ApplicationRegistration, threading.Lock] = {}
        self._unfinished: dict[ApplicationRegistration, Attempt] = {}
        self._looks = LOOKS
        self._waiting = threading.BoundedSemaphore(WAITING)

    def list_once(self, fetch: Callable[[], Iterable[ListedApplication]]) -> None:
        """Before the first registration: the applications that exist."""
        with self._lock:
            if self._names is None:
                self._names = {item.id: item.name for item in fetch()}
                self._seen |= set(self._names)

    @contextmanager
    def claim(self, registration: ApplicationRegistration, *, unique_name: bool) -> Iterator[None]:
        """Hold the name while it is registered; equal registrations wait for one another.

        They wait because a lost response is found by what was sent, which is equal for both. Raises
        ``LifecycleError`` if ``unique_name`` and another registration holds the name.
        """
        name = registration.name
        with self._lock:
            if unique_name and self._pending[name]:
                raise LifecycleError(
                    f"another resource registers an application named {name!r} at this moment; "
                    "give one another name, or set prevent_duplicate_name=False on both"
                )
            self._pending[name] += 1
            one_at_a_time = self._equal.setdefault(registration, threading.Lock())
        try:
            with one_at_a_time:
                yield
        finally:
            with self._lock:
                self._pending[name] -= 1

    def named(self, name: str) -> list[str]:
        """The IDs of the applications that have a name."""
        with self._lock:
            return sorted(key for key, used in (self._names or {}).items() if used == name)

    def has_named(self, application_id: str) -> bool:
        """Whether this process has given an application its name."""
        with self._lock:
            return application_id in self._noted

    def looks(self) -> Generator[None, None, None]:
        """Turns to wait for what the engine has not sent yet; none once all are used.

        Fewer threads wait than the host has, because one has to serve what the engine sends.
        """
        if not self._waiting.acquire(blocking=False):
            return
        try:
            for _ in range(LOOKS):
                with self._lock:
                    if self._looks == 0:
                        return
                    self._looks -= 1
                yield
        finally:
            self._waiting.release()

    def includes(self, application_id: str) -> bool:
        """Whether an application was there before, or was registered by this process."""
        with self._lock:
            return application_id in self._seen

    def begin(self, registration: ApplicationRegistration, attempt: Attempt) -> None:
        """A registration is about to be sent: until it is finished, it may have been made."""
        with self._lock:
            self._unfinished[registration] = attempt
            if attempt.application_id is not None:
                self._seen.discard(attempt.application_id)

    def finish(self, registration: ApplicationRegistration) -> None:
        """A registration was refused, or what it made is known."""
        with self._lock:
            self._unfinished.pop(registration, None)

    def unfinished(self, registration: ApplicationRegistration) -> Attempt | None:
        """An equal registration of this process whose outcome is not known."""
        with self._lock:
            return self._unfinished.get(registration)

    def relist(self, listed: Iterable[ListedApplication]) -> None:
        """The tenant was listed again: new names are in use too."""
        with self._lock:
            self._names = {**(self._names or {}), **{item.id: item.name for item in listed}}

    def note(self, application_id: str, name: str) -> None:
        """An application is there under a name: registered, adopted or renamed."""
        with self._lock:
            self._seen.add(application_id)
            self._noted.add(application_id)
            if self._names is not None:
                self._names[application_id] = name

    def forget(self, application_id: str) -> None:
        """An application was deleted, so its name is free."""
        with self._lock:
            if self._names is not None:
                self._names.pop(application_id, None)
