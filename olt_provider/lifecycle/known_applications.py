"""The known applications of a tenant, for the duplicate-name guard and lost responses."""

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
"""The number of waiting threads, out of the four of the dynamic host."""


class Attempt(NamedTuple):
    """A registration whose application may be in no state."""

    since: datetime | None
    """A time of the server's clock before the request was sent."""
    application_id: str | None = None
    """The ID of the registered application, if it is known."""


class KnownApplications:
    """The applications of one tenant: listed once, then updated with every change of this process.

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
        """List the existing applications before the first registration."""
        with self._lock:
            if self._names is None:
                self._names = {item.id: item.name for item in fetch()}
                self._seen |= set(self._names)

    @contextmanager
    def claim(self, registration: ApplicationRegistration, *, unique_name: bool) -> Iterator[None]:
        """Claim a name while it is registered. Equal registrations wait for one another.

        They wait because after a lost response an application is looked up by the values that were
        sent, which are equal for both. Raises ``LifecycleError`` if ``unique_name`` is set and
        another registration has claimed the name.
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
        """The IDs of the applications with a name."""
        with self._lock:
            return sorted(key for key, used in (self._names or {}).items() if used == name)

    def has_named(self, application_id: str) -> bool:
        """Whether this process has given an application its name."""
        with self._lock:
            return application_id in self._noted

    def waits(self) -> Generator[None, None, None]:
        """Yield turns in which a thread may wait for requests that the engine has not sent yet.

        Fewer threads wait than the host has, because one has to serve the engine's requests.
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
        """Whether an application existed before, or was registered by this process."""
        with self._lock:
            return application_id in self._seen

    def begin(self, registration: ApplicationRegistration, attempt: Attempt) -> None:
        """Record that a registration is about to be sent."""
        with self._lock:
            self._unfinished[registration] = attempt
            if attempt.application_id is not None:
                self._seen.discard(attempt.application_id)

    def finish(self, registration: ApplicationRegistration) -> None:
        """Record that a registration was refused, or that its application is known."""
        with self._lock:
            self._unfinished.pop(registration, None)

    def unfinished(self, registration: ApplicationRegistration) -> Attempt | None:
        """Return an equal registration of this process whose outcome is not known."""
        with self._lock:
            return self._unfinished.get(registration)

    def relist(self, listed: Iterable[ListedApplication]) -> None:
        """Record the names of a newer list."""
        with self._lock:
            self._names = {**(self._names or {}), **{item.id: item.name for item in listed}}

    def note(self, application_id: str, name: str) -> None:
        """Record that an application with a name exists: registered, adopted or renamed."""
        with self._lock:
            self._seen.add(application_id)
            self._noted.add(application_id)
            if self._names is not None:
                self._names[application_id] = name

    def forget(self, application_id: str) -> None:
        """Record that an application was deleted, so that its name is free."""
        with self._lock:
            if self._names is not None:
                self._names.pop(application_id, None)
