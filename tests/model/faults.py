"""Faults of the catalogue, aimed at the calls of an engine pass."""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from hypothesis import strategies as st

from olt_provider.emulator import Fault
from tests.faults.calls import CALLS
from tests.faults.kinds import CATALOGUE

REGISTRATION: Final = ("POST", "/application-developer/applications")
SECRET: Final = "/application-developer/applications/{applicationId}/secret"
INSTALLATION: Final = "/applications/{applicationId}/installation"
ALLOWED: Final = "/application-developer/applications/{applicationId}/allowed-tenants/{tenantId}"
ANY_OF: Final = 5
"""The number of first calls, one of which meets a fault without a target."""
NO_SECRET: Final = re.compile(r"(?!.*/secret$).*")

KINDS: Final = {name: kind for name, kind in CATALOGUE.items() if kind.random}
"""The kinds by the name under which they are counted."""

HOLDS: Final = frozenset({"hold", "hold before"})
TEMPORARY: Final = frozenset(
    {
        *HOLDS,
        *("latency", "wrong content type", "429 seconds", "503", "503 after"),
        *("reset before", "reset after", "closed before", "closed after", "truncated"),
    }
)
"""Faults after which one more try succeeds."""
FOUND_AGAIN: Final = frozenset(
    {
        *("latency", "wrong content type", "429 seconds", "hold"),
        *("500 after", "503 after", "reset after", "closed after", "truncated", "html after"),
        *("missing field", "wrong type", "over the limit"),
    }
)
"""What a registration gets over, because the application is there and can be looked up."""

FIELDS: Final = {
    (call.method, call.path): call.field
    for call in map(
        CALLS.__getitem__,
        (
            "applications.register",
            "applications.new_secret",
            "identity.client_credentials",
            "installations.install",
        ),
    )
}
"""The most important field of a response; the default is all of ``data``."""


class PlannedFault(NamedTuple):
    """A fault at one of the calls that a pass will make."""

    label: str
    position: int
    """The index of the expected call, modulo their number."""
    times: int
    aimed: bool
    """Whether it is meant for calls of that kind alone, or for any from that one on."""

    def fault(self, expected: Sequence[tuple[str, str]]) -> Fault:
        """Return the fault to inject, given method and path template of each expected call."""
        how = dict(KINDS[self.label].fault)
        method, path, after = "*", "**", self.position % ANY_OF
        if self.aimed and expected:
            index = self.position % len(expected)
            method, path = expected[index]
            after = list(expected[:index]).count(expected[index])
        if KINDS[self.label].changes_a_body and method in ("*", "DELETE"):
            method, path, after = "GET", "**", 0  # a response to DELETE has no body
        if KINDS[self.label].changes_a_field:
            how["field"] = FIELDS.get((method, path), "data")
        if self.label == "hold before" and path in ("**", SECRET):
            # A rotation that is carried out after its repetition cannot be noticed.
            return Fault(method="*", path=NO_SECRET, after=after, times=1, seconds=20, **how)
        if self.label in HOLDS:
            return Fault(method=method, path=path, after=after, times=1, seconds=20, **how)
        return Fault(method=method, path=path, after=after, times=self.times, **how)


class Aim(NamedTuple):
    """Where a fault strikes; what it is comes from the deck of the example."""

    position: int
    times: int
    aimed: bool


def aims() -> st.SearchStrategy[tuple[Aim, ...]]:
    """One thing that goes wrong at a call of the pass, perhaps more at any calls after it."""
    times, calls = st.sampled_from([1, 1, 1, 2, 3, 9]), st.integers(0, 11)
    first = st.builds(Aim, calls, times, st.just(value=True))
    more = st.builds(Aim, calls, times, st.booleans())
    return st.tuples(first) | st.tuples(first, more) | st.tuples(first, more, more)


class Deck:
    """All kinds of faults in a drawn order, repeated; favoured ones more often."""

    def __init__(self, seed: int, favoured: Collection[str] = ()) -> None:
        self._order = sorted([*KINDS, *favoured, *favoured])
        random.Random(seed).shuffle(self._order)
        self._dealt = 0

    def deal(self, aims: tuple[Aim, ...]) -> tuple[PlannedFault, ...]:
        """Return the next faults."""
        labels = [self._order[(self._dealt + n) % len(self._order)] for n in range(len(aims))]
        self._dealt += len(aims)
        return tuple(PlannedFault(label, *aim) for label, aim in zip(labels, aims, strict=True))
