"""Everything that goes wrong with a call."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from tests.faults.calls import Call

Wire = Literal["refused", "connect_timeout", "read_timeout", "tunnel_refused"]
Source = Literal["tenantTokens", "clientCredentials", "refreshToken"]


class Kind(NamedTuple):
    """One fault: what the emulator is told, or what happens before a request reaches it."""

    fault: Mapping[str, Any]
    wire: Wire | None = None
    source: Source = "tenantTokens"
    """The credentials that it is tried with."""
    spoils_a_field: bool = False
    spoils_a_body: bool = False
    proxied: bool = False
    """Whether the platform is reached by TLS through a proxy that opens a tunnel."""

    def not_run(self, call: Call) -> str | None:
        """Why this fault cannot befall a call; None if it can."""
        if self.spoils_a_body and call.field is None:
            return "the answer is a 204, which has no body to spoil"
        if self.source != "tenantTokens" and call.path.endswith("/token"):
            return "the token endpoint is called without a token"
        return None


def _status(status: int, **more: Any) -> Kind:
    return Kind({"kind": "status", "status": status, **more})


LIMIT: Final = 64 * 1024
"""The most that an answer may hold in these tests: the real limit only costs time."""
ELSEWHERE: Final = "http://127.0.0.1:9/elsewhere"
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({"kind": "close_before"})
"""Only counts the calls that it is meant for: they never arrive."""

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "connection refused": Kind(NOTHING, "refused"),
        "reset before": Kind({"kind": "reset_before"}),
        "reset after": Kind({"kind": "reset_after"}),
        "closed after": Kind({"kind": "close_after"}),
        "connect time-out": Kind(NOTHING, "connect_timeout"),
        "read time-out after": Kind({"kind": "hold"}, "read_timeout"),
        "408": _status(408),
        "408 after": _status(408, when="after"),
        "429": _status(429),
        "429 seconds": _status(429, retry_after=2),
        "429 date": _status(429, retry_after=2, retry_after_as="date"),
        "429 an hour": _status(429, retry_after=3600),
        "500": _status(500),
        "500 after": _status(500, when="after"),
        "502": _status(502, envelope=False),
        "502 after": _status(502, envelope=False, when="after"),
        "503": _status(503),
        "503 after": _status(503, when="after"),
        "504": _status(504, envelope=False),
        "504 after": _status(504, envelope=False, when="after"),
        "401": _status(401),
        "401 renewable": _status(401)._replace(source="clientCredentials"),
        "403": _status(403),
        "404 hidden": Kind({"kind": "not_found"}),
        "404 html": Kind({"kind": "html", "status": 404}),
        "truncated": Kind({"kind": "truncate"}),
        "html": Kind({"kind": "html"}),
        "html after": Kind({"kind": "html", "when": "after"}),
        "wrong content type": Kind({"kind": "wrong_content_type"}, spoils_a_body=True),
        "missing field": Kind({"kind": "missing_field"}, spoils_a_body=True, spoils_a_field=True),
        "wrong type": Kind({"kind": "wrong_type"}, spoils_a_body=True, spoils_a_field=True),
        "over the limit": Kind({"kind": "oversize", "size": LIMIT + 1}),
        "redirect": Kind({"kind": "redirect", "location": ELSEWHERE}),
        "proxy: no tunnel": Kind(NOTHING, "tunnel_refused", proxied=True),
        "proxy: closed before": Kind({"kind": "close_before"}, proxied=True),
        "proxy: closed after": Kind({"kind": "close_after"}, proxied=True),
        "proxy: reset after": Kind({"kind": "reset_after"}, proxied=True),
    }
)
"""By the name in the table. "after": the change is made, and the response is another one, or none.

"401 renewable": with client credentials, which can fetch another token."""
