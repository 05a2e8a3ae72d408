"""Match the engine's calls that concern the same resource.

The engine sends neither ID nor URN with ``check``. For an existing resource it sends, one resource
after another: ``check`` with the old inputs, ``diff`` with the ID, and, if the resource is
replaced, a second ``check``, as for a creation. With ``--replace``, for tainted resources and for
dependents that are deleted before their replacement, it sends the second ``check`` only.
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
    """A ``check`` of an existing resource.

    Attributes:
        olds: its old inputs.
        news: the declared inputs, with old values for those that the engine ignores.
        inputs: the checked inputs.
        id: the resource's ID, known from its ``diff``.
        adopts: the ID of the application that ``adopt`` names, if it is declared and known.
        holds: the resource's keys in the run record.
    """

    olds: Props = field(repr=False)
    news: Props = field(repr=False)
    inputs: Props = field(repr=False)
    id: str | None = None
    adopts: str | None = None
    holds: list[str] = field(default_factory=list)


class Rechecks:
    """The checks of the existing resources of one type. Safe to share by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._awaiting_diff: list[Check] = []
        self._replaceable: list[Check] = []
        self._last: Check | None = None

    def checked(self, check: Check) -> None:
        """Record a check with old inputs."""
        with self._lock:
            self._awaiting_diff.append(check)
            self._replaceable.append(check)
            self._last = check

    def diffed(self, inputs: Props, *, changes: bool) -> Check | None:
        """Return the check that belongs to a ``diff``. Without changes no replacement follows.

        ``None``: the engine compares the resource because one that it depends on is deleted first.
        Whether the program still declares it is not known.
        """
        with self._lock:
            check = self._check_of(inputs)
            if check is None:
                return None
            self._awaiting_diff = [item for item in self._awaiting_diff if item is not check]
            if not changes:
                self._replaceable.remove(check)
                self._last = None
            return check

    def _check_of(self, inputs: Props) -> Check | None:
        """The check of the compared resource.

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
        """Record an update in place, so that no later check is that of a replacement."""
        with self._lock:
            self._replaceable = [item for item in self._replaceable if item.id != id_]
            if self._last is not None and self._last.id == id_:
                self._last = None

    def may_manage(self, name: str, tenant_id: str) -> bool:
        """Whether a resource that was not compared may manage an application.

        The engine's legacy diff omits unchanged resources.
        """
        with self._lock:
            return any(
                item.olds.get("name") == name and item.olds.get("tenant_id") == tenant_id
                for item in self._awaiting_diff
            )

    def rechecked(self, news: Props) -> Check | None:
        """Return the earlier check that a ``check`` without old inputs repeats for a replacement.

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
    """Whether ``news`` equals the earlier check but for old values of ignored properties."""
    if any(check.news.get(key) != news.get(key) for key in IDENTIFYING):
        return False
    return all(
        check.news.get(key) == news.get(key) or check.news.get(key) == check.olds.get(key)
        for key in {*check.news, *news}
    )
