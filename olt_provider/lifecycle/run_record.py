"""The run record: which resources manage which applications and installations in an engine run.

An application or installation that a resource of the program still manages is not deleted because
another resource that managed it is removed.
"""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from olt_provider.api.ids import canonical_id


@dataclass(frozen=True)
class Holder:
    """A resource of the program, and the application or installation that it manages.

    Attributes:
        held: its ``application_key`` or ``installation_key``.
        api_url: the API base URL of its platform; ``""`` if the settings are invalid.
        name: the resource's name in messages.
        adopts: whether the resource is created, or replaced, by adopting it.
        claims: whether the resource exists and still declares ``adopt``, or its adoption is not
            finished. Such a resource shares the application with no other.
        application_name: the name that the program declares for an application; ``""``: unknown.
    """

    held: str
    api_url: str
    name: str
    adopts: bool = False
    application_name: str = ""
    claims: bool = False


def application_key(application_id: str) -> str:
    """Identify an application within its platform."""
    return f"application {canonical_id(application_id)}"


def installation_key(tenant_id: str, application_id: str) -> str:
    """Identify an installation within its platform."""
    return f"installation {canonical_id(tenant_id)}/{canonical_id(application_id)}"


class Journal(Protocol):
    """Events that all provider processes of one run share. Never raises."""

    def append(self, event: Mapping[str, Any]) -> None:
        """Add an event for the other processes."""

    def read(self) -> list[dict[str, Any]]:
        """Return the events since the last call, in the order in which they were added."""


class RunRecord:
    """The holders of this process and of the others of the same run. Safe to share by threads.

    Without a ``journal`` it covers this process only. It contains IDs and names, no secrets.
    """

    def __init__(self, journal: Journal | None = None) -> None:
        self._journal = journal
        self._lock = threading.Lock()
        self._process = uuid.uuid4().hex
        self._numbers = itertools.count()
        self._holders: dict[str, Holder] = {}
        self._released: dict[str, Holder] = {}

    def hold(self, holder: Holder) -> str:
        """Record a holder. Returns a key to release it with."""
        with self._lock:
            key = f"{self._process}-{next(self._numbers)}"
            self._holders[key] = holder
            self._append({"event": "hold", "key": key, **asdict(holder)})
        return key

    def release(self, key: str) -> None:
        """Record that a resource releases what it held, because it is replaced."""
        with self._lock:
            released = self._holders.pop(key, None)
            if released is not None:
                self._released[released.held] = released
                self._append({"event": "release", "key": key})

    def retake(self, held: str) -> Holder | None:
        """Hold again what was released, because the resource is updated, not replaced.

        Returns another resource that adopts it, if there is one.
        """
        with self._lock:
            released = self._released.pop(held, None)
        if released is None:
            return None
        others = self.holders(held, released.api_url)
        self.hold(released)
        return next((other for other in others if other.adopts), None)

    def holders(self, held: str, api_url: str) -> list[Holder]:
        """Return the holders of an application or installation.

        A holder or caller without an ``api_url`` may be on any platform.
        """
        with self._lock:
            self._take_in()
            return [
                holder
                for holder in self._holders.values()
                if holder.held == held
                and (holder.api_url == api_url or "" in (holder.api_url, api_url))
            ]

    def _append(self, event: Mapping[str, Any]) -> None:
        if self._journal is not None:
            self._journal.append(event)

    def _take_in(self) -> None:
        for event in self._journal.read() if self._journal is not None else ():
            key = str(event.get("key"))
            if key.startswith(self._process):
                continue
            if event.get("event") == "release":
                self._holders.pop(key, None)
            elif event.get("event") == "hold":
                self._holders[key] = Holder(
                    held=str(event.get("held")),
                    api_url=str(event.get("api_url")),
                    name=str(event.get("name")),
                    adopts=event.get("adopts") is True,
                    application_name=str(event.get("application_name") or ""),
                    claims=event.get("claims") is True,
                )
