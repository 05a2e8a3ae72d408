"""What goes wrong during a pass: the emulator's faults, aimed at the calls of the pass."""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from olt_provider.emulator import Fault
from olt_provider.emulator.contract import TOKEN_PATH

REGISTRATION: Final = ("POST", "/application-developer/applications")
SECRET: Final = "/application-developer/applications/{applicationId}/secret"
INSTALLATION: Final = "/applications/{applicationId}/installation"
ALLOWED: Final = "/application-developer/applications/{applicationId}/allowed-tenants/{tenantId}"
ANY_OF: Final = 5
"""A fault that is not aimed strikes one of the first calls."""
NO_SECRET: Final = re.compile(r"(?!.*/secret$).*")

KINDS: Final[dict[str, dict[str, Any]]] = {
    "latency": {"kind": "latency", "seconds": 0},
    "401": {"kind": "status", "status": 401},
    "403": {"kind": "status", "status": 403},
    "404 hidden": {"kind": "not_found"},
    "404 html": {"kind": "html", "status": 404},
    "429": {"kind": "status", "status": 429, "retry_after": 1},
    "500": {"kind": "status", "status": 500},
    "500 after": {"kind": "status", "status": 500, "when": "after"},
    "503": {"kind": "status", "status": 503},
    "503 after": {"kind": "status", "status": 503, "when": "after"},
    "reset before": {"kind": "reset_before"},
    "reset after": {"kind": "reset_after"},
    "close before": {"kind": "close_before"},
    "close after": {"kind": "close_after"},
    "truncate": {"kind": "truncate"},
    "html": {"kind": "html"},
    "html after": {"kind": "html", "when": "after"},
    "wrong content type": {"kind": "wrong_content_type"},
    "missing field": {"kind": "missing_field"},
    "wrong type": {"kind": "wrong_type"},
    "oversize": {"kind": "oversize"},
    "redirect": {"kind": "redirect", "location": "http://127.0.0.1:9/elsewhere"},
    "hold": {"kind": "hold"},
    "hold before": {"kind": "hold_before"},
}
"""By the name under which they are counted."""

HOLDS: Final = frozenset({"hold", "hold before"})
CHANGES_A_BODY: Final = frozenset({"wrong content type", "missing field", "wrong type"})
TEMPORARY: Final = frozenset(
    {
        *HOLDS,
        *("latency", "wrong content type", "429", "503", "503 after"),
        *("reset before", "reset after", "close before", "close after", "truncate"),
    }
)
"""What one more try gets over."""
FOUND_AGAIN: Final = frozenset(
    {
        *("latency", "wrong content type", "429", "hold"),
        *("500 after", "503 after", "reset after", "close after", "truncate", "html after"),
        *("missing field", "wrong type", "oversize"),
    }
)
"""What a registration gets over, because the application is there and can be looked up."""

FIELDS: Final[dict[tuple[str, str], str]] = {
    REGISTRATION: "data.oauth2Client.secret",
    ("POST", SECRET): "data.oauth2Client.secret",
    ("POST", TOKEN_PATH): "access_token",
    ("PUT", INSTALLATION): "data.tenantId",
}


class PlannedFault(NamedTuple):
    """One thing that goes wrong, at one of the calls that a pass will make."""

    label: str
    position: int
    """Which of the expected calls; beyond their number it starts anew."""
    times: int
    aimed: bool
    """Whether it is meant for calls of that kind alone, or for any from that one on."""

    def fault(self, expected: Sequence[tuple[str, str]]) -> Fault:
        """The fault to order, given method and path template of each expected call."""
        how = dict(KINDS[self.label])
        method, path, after = "*", "**", self.position % ANY_OF
        if self.aimed and expected:
            index = self.position % len(expected)
            method, path = expected[index]
            after = list(expected[:index]).count(expected[index])
        if self.label in CHANGES_A_BODY and method in ("*", "DELETE"):
            method, path, after = "GET", "**", 0  # an answer to DELETE has no body to spoil
        if how["kind"] in ("missing_field", "wrong_type"):
            how["field"] = FIELDS.get((method, path), "data")
        if self.label == "hold before" and path in ("**", SECRET):
            # A rotation that is carried out after its repetition cannot be told by anybody.
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
    """All kinds of faults in a drawn order, over and over; those that are favoured, more often."""

    def __init__(self, seed: int, favoured: Collection[str] = ()) -> None:
        self._order = sorted([*KINDS, *favoured, *favoured])
        random.Random(seed).shuffle(self._order)
        self._dealt = 0

    def deal(self, aims: tuple[Aim, ...]) -> tuple[PlannedFault, ...]:
        """Say what goes wrong."""
        labels = [self._order[(self._dealt + n) % len(self._order)] for n in range(len(aims))]
        self._dealt += len(aims)
        return tuple(PlannedFault(label, *aim) for label, aim in zip(labels, aims, strict=True))
