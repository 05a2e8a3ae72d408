"""Which calls of the engine concern the same resource.

The engine sends ``check`` neither ID nor URN. For a resource that exists it sends, one resource
after another: ``check`` with the old inputs, ``diff`` with the ID, and, if the resource is
replaced, ``check`` once more, as for a creation. Only ``--replace``, taint and the dependents of
what is deleted before its replacement begin with the last of these.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Props = Mapping[str, Any]

IDENTIFYING: Final = ("name", "tenant_id", "application_id", "adopt")


@dataclass
class Check:
    """A ``check`` of a resource that exists.

    Attributes:
        olds: its old inputs.
        news: what the program declares, with old values where the engine ignores changes.
        inputs: the checked inputs.
        id: the resource's ID, known from its ``diff``.
        adopts: the ID of the application that ``adopt`` names, if it is declared and known.
        holds: keys of what the resource holds in the run record.
    """

    olds: Props = field(repr=False)
    news: Props = field(repr=False)
    inputs: Props = field(repr=False)
    id: str | None = None
    adopts: str | None = None
    holds: list[str] = field(default_factory=list)


class Rechecks:
    """The checks of the existing resources of one kind. Safe to share by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._awaiting_diff: list[Check] = []
        self._replaceable: list[Check] = []
        self._last: Check | None = None

    def checked(self, check: Check) -> None:
        """A resource was checked with old inputs."""
        with self._lock:
            self._awaiting_diff.append(check)
            self._replaceable.append(check)
            self._last = check

    def diffed(self, inputs: Props, *, changes: bool) -> Check | None:
        """The check that led to a ``diff``; one without changes is not followed by a replacement.

        ``None``: the engine checks whether a resource has to be replaced because one that it
        depends on is deleted first. Whether the program still declares that resource is open.
        """
        with self._lock:
            check = self._meant(inputs)
            if check is None:
                return None
            self._awaiting_diff = [item for item in self._awaiting_diff if item is not check]
            if not changes:
                self._replaceable.remove(check)
                self._last = None
            return check

    def _meant(self, inputs: Props) -> Check | None:
        """The check of the resource that is compared.

        A refresh compares each resource that it has read, with its old inputs, between the checks
        and comparisons of others, so a check of other inputs is another resource's. Policies may
        change inputs after the check, but hardly those that identify the resource.
        """
        for item in self._awaiting_diff:
            if item.inputs == inputs:
                return item
        alike = [
            item
            for item in self._awaiting_diff
            if all(item.inputs.get(key) == inputs.get(key) for key in IDENTIFYING)
        ]
        return alike[0] if len(alike) == 1 else None

    def updated(self, id_: str) -> None:
        """A resource is updated in place, so no later check is one of its replacement."""
        with self._lock:
            self._replaceable = [item for item in self._replaceable if item.id != id_]
            if self._last is not None and self._last.id == id_:
                self._last = None

    def may_manage(self, name: str, tenant_id: str) -> bool:
        """Whether an application may be that of a resource whose ID no ``diff`` has shown.

        The engine's legacy diff leaves out unchanged resources.
        """
        with self._lock:
            return any(
                item.olds.get("name") == name and item.olds.get("tenant_id") == tenant_id
                for item in self._awaiting_diff
            )

    def rechecked(self, news: Props) -> Check | None:
        """The check that a ``check`` without old inputs repeats, because the resource is replaced.

        ``None``: the resource is created, or replaced without an earlier check.
        """
        with self._lock:
            last, self._last = self._last, None
            same = [item for item in self._replaceable if item.news == news]
            if not same and last is not None and _ignoring_changes(last, news):
                same = [last]
            if not same:
                return None
            self._replaceable = [item for item in self._replaceable if item is not same[-1]]
            self._awaiting_diff = [item for item in self._awaiting_diff if item is not same[-1]]
            return same[-1]


def _ignoring_changes(check: Check, news: Props) -> bool:
    """Whether ``news`` differs only where the earlier check had old values in their place."""
    if any(check.news.get(key) != news.get(key) for key in IDENTIFYING):
        return False
    return all(
        check.news.get(key) == news.get(key) or check.news.get(key) == check.olds.get(key)
        for key in {*check.news, *news}
    )
