"""The catalogue of faults: every way in which a call can fail, for matrix and model test."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from tests.faults.calls import Call

Wire = Literal["refused", "connect_timeout", "read_timeout", "tunnel_refused"]
Source = Literal["tenantTokens", "clientCredentials", "refreshToken"]
Family = Literal[
    "not sent",
    "cut off before",
    "lost",
    "lost behind a status",
    "busy",
    "server error",
    "refused",
    "not found",
    "not the API",
    "unusable",
    "late",
]
"""Faults of a family look alike to the code that handles them."""


class Kind(NamedTuple):
    """A fault: the emulator's behaviour, or an event before a request reaches it."""

    family: Family
    fault: Mapping[str, Any]
    wire: Wire | None = None
    source: Source = "tenantTokens"
    """The credentials that it is tried with."""
    changes_a_field: bool = False
    changes_a_body: bool = False
    proxied: bool = False
    """Whether the platform is reached by TLS through a proxy that opens a tunnel."""
    random: bool = False
    """Whether the model test draws it."""
    tabled: bool = True
    """Whether the matrix has a row for it."""

    def not_run(self, call: Call) -> str | None:
        """Return why this fault cannot affect a call; None if it can."""
        if self.changes_a_body and call.field is None:
            return "the response is a 204, which has no body to change"
        if self.source != "tenantTokens" and call.path.endswith("/token"):
            return "the token endpoint is called without a token"
        return None

    def drawn(self) -> Kind:
        """Mark it as drawn by the model test."""
        return self._replace(random=True)

    def untabled(self) -> Kind:
        """Mark it as drawn by the model test alone."""
        return self._replace(random=True, tabled=False)


def _status(family: Family, status: int, **more: Any) -> Kind:
    return Kind(family, {"kind": "status", "status": status, **more})


def _lost(status: int, **more: Any) -> Kind:
    return _status("lost behind a status", status, when="after", **more)


LIMIT: Final = 64 * 1024
"""The limit of a response in these tests. The real limit would only cost time."""
ELSEWHERE: Final = "http://127.0.0.1:9/elsewhere"
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({"kind": "close_before"})
"""Only counts the calls that it is meant for: they never arrive."""

CATALOGUE: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "connection refused": Kind("not sent", NOTHING, "refused"),
        "reset before": Kind("cut off before", {"kind": "reset_before"}).drawn(),
        "reset after": Kind("lost", {"kind": "reset_after"}).drawn(),
        "closed before": Kind("cut off before", {"kind": "close_before"}).untabled(),
        "closed after": Kind("lost", {"kind": "close_after"}).drawn(),
        "connect time-out": Kind("not sent", NOTHING, "connect_timeout"),
        "read time-out after": Kind("lost", {"kind": "hold"}, "read_timeout"),
        "408": _status("busy", 408),
        "408 after": _lost(408),
        "429": _status("busy", 429),
        "429 seconds": _status("busy", 429, retry_after=20).drawn(),
        "429 date": _status("busy", 429, retry_after=20, retry_after_as="date"),
        "429 an hour": _status("busy", 429, retry_after=3600),
        "500": _status("server error", 500).drawn(),
        "500 after": _lost(500).drawn(),
        "502": _status("server error", 502, envelope=False),
        "502 after": _lost(502, envelope=False),
        "503": _status("server error", 503).drawn(),
        "503 after": _lost(503).drawn(),
        "504": _status("server error", 504, envelope=False),
        "504 after": _lost(504, envelope=False),
        "401": _status("refused", 401).drawn(),
        "401 renewable": _status("refused", 401)._replace(source="clientCredentials"),
        "403": _status("refused", 403).drawn(),
        "404 hidden": Kind("not found", {"kind": "not_found"}).drawn(),
        "404 html": Kind("not found", {"kind": "html", "status": 404}).drawn(),
        "truncated": Kind("lost", {"kind": "truncate"}).drawn(),
        "html": Kind("not the API", {"kind": "html"}).drawn(),
        "html after": Kind("unusable", {"kind": "html", "when": "after"}).drawn(),
        "wrong content type": Kind(
            "unusable", {"kind": "wrong_content_type"}, changes_a_body=True
        ).drawn(),
        "missing field": Kind(
            "unusable", {"kind": "missing_field"}, changes_a_body=True, changes_a_field=True
        ).drawn(),
        "wrong type": Kind(
            "unusable", {"kind": "wrong_type"}, changes_a_body=True, changes_a_field=True
        ).drawn(),
        "over the limit": Kind("unusable", {"kind": "oversize", "size": LIMIT + 1}).drawn(),
        "redirect": Kind("not the API", {"kind": "redirect", "location": ELSEWHERE}).drawn(),
        "proxy: no tunnel": Kind("not sent", NOTHING, "tunnel_refused", proxied=True),
        "proxy: closed before": Kind("cut off before", {"kind": "close_before"}, proxied=True),
        "proxy: closed after": Kind("lost", {"kind": "close_after"}, proxied=True),
        "proxy: reset after": Kind("lost", {"kind": "reset_after"}, proxied=True),
        "latency": Kind("late", {"kind": "latency", "seconds": 0}).untabled(),
        "hold": Kind("late", {"kind": "hold"}).untabled(),
        "hold before": Kind("late", {"kind": "hold_before"}).untabled(),
    }
)
"""By name. "after": the change is made, and the response is another one, or none.

"401 renewable": with client credentials, which can fetch another token."""

KINDS: Final = {name: kind for name, kind in CATALOGUE.items() if kind.tabled}
"""The rows of the matrix."""
