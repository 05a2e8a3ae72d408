"""The faults that can be injected. Every fault is real on the wire."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

Kind = Literal[
    "latency",
    "status",
    "not_found",
    "reset_before",
    "reset_after",
    "close_before",
    "close_after",
    "truncate",
    "html",
    "wrong_content_type",
    "missing_field",
    "wrong_type",
    "oversize",
    "redirect",
    "hold",
    "hold_before",
]
AFTER: Final = frozenset(
    {
        "reset_after",
        "close_after",
        "truncate",
        "wrong_content_type",
        "missing_field",
        "wrong_type",
        "oversize",
        "hold",
    }
)
"""Kinds that alter the response of a completed request. For the others ``when`` decides."""
FIELD_KINDS: Final = frozenset({"missing_field", "wrong_type"})
OVERSIZE: Final = 9 * 1024 * 1024


class Fault(BaseModel):
    """A fault for the calls that match it.

    Of several that match, all of kind ``latency`` apply, and the first of the others.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: Kind
    """
    ``latency``: wait ``seconds``. ``status``: return ``status``. ``not_found``: a 404 like that of
    a hidden resource. ``reset_*``: a TCP reset without a response. ``close_*``: an orderly end
    without a response. ``truncate``: half of the body, with the length of the whole.
    ``html``: a page with ``status``, default 200. ``wrong_content_type``: the right body as
    ``text/plain``. ``missing_field``, ``wrong_type``: the response without ``field``, or with
    another type there. ``oversize``: the response, ``size`` bytes long. ``redirect``: to
    ``location``. ``hold``: make the change and keep the response until ``release()``;
    ``hold_before``: keep the request until then. Either for at most ``seconds``.
    """
    method: str = "*"
    """Default: any."""
    path: str | re.Pattern[str] = "**"
    """The path as the contract writes it, without ``/v1``: a pattern in which ``*`` and
    ``{anything}`` stand for one segment and ``**`` for any number, or a regular expression for all
    of it. Default: any."""
    times: int | None = Field(default=1, ge=1)
    """How often it is injected; None: until it is cleared. Default: once."""
    after: int = Field(default=0, ge=0)
    """The number of matching calls before the first injection."""
    when: Literal["before", "after"] = "before"
    """Whether the request is carried out before the fault: for ``latency``, ``status``,
    ``not_found``, ``html`` and ``redirect``. Other kinds imply it."""
    seconds: float = Field(default=30, ge=0, le=3600)
    """Seconds of a ``latency``, and the longest time of a ``hold``."""
    status: int | None = Field(default=None, ge=200, le=599)
    envelope: bool = True
    """Whether ``status`` comes with the platform's error envelope, or with no body."""
    retry_after: int | None = Field(default=None, ge=0)
    """Seconds of ``Retry-After``, for ``status``. Default: no such header."""
    retry_after_as: Literal["seconds", "date"] = "seconds"
    """The form of ``Retry-After``."""
    field: str | None = None
    """The path of a field, such as ``data.oauth2Client.secret`` or ``data.0.id``."""
    size: int = Field(default=OVERSIZE, ge=1, le=1 << 30)
    location: str | None = None

    _seen: int = PrivateAttr(default=0)
    _fired: int = PrivateAttr(default=0)
    _released: bool = PrivateAttr(default=False)
    _changed: threading.Condition = PrivateAttr(default_factory=threading.Condition)
    _wake: list[Callable[[], None]] = PrivateAttr(default_factory=list)

    @model_validator(mode="after")
    def _complete(self) -> Fault:
        if self.kind == "status" and self.status is None:
            raise ValueError("kind 'status' needs status")
        if self.kind in FIELD_KINDS and not self.field:
            raise ValueError(f"kind {self.kind!r} needs field")
        if self.kind == "redirect" and not self.location:
            raise ValueError("kind 'redirect' needs location")
        return self

    @property
    def fired(self) -> int:
        """How often it has been injected."""
        with self._changed:
            return self._fired

    @property
    def makes_the_change(self) -> bool:
        """Whether the request is carried out, for any response."""
        if self.kind.endswith("_before"):
            return self.kind == "hold_before"
        return self.kind in AFTER or self.when == "after"

    def wait_until_fired(self, times: int = 1, timeout: float = 10) -> None:
        """Wait until it has been injected this often; for ``hold``, until the request is done.

        For ``latency`` and ``hold`` that is when their waiting begins. Raises ``TimeoutError``
        after ``timeout`` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._fired >= times, timeout):
                raise TimeoutError(f"the fault {self.kind} was not injected within {timeout} s")

    def release(self) -> None:
        """Release everything that is held or delayed, now and later."""
        with self._changed:
            self._released = True
            wake, self._wake = self._wake, []
        for call in wake:
            call()

    def on_release(self, call: Callable[[], None]) -> None:
        """Call back on release; at once if it is released already."""
        with self._changed:
            if not self._released:
                self._wake.append(call)
                return
        call()

    def matches(self, method: str, path: str) -> bool:
        """Whether a call matches."""
        if self.method not in ("*", method):
            return False
        pattern = self.path if isinstance(self.path, re.Pattern) else _pattern(self.path)
        return pattern.fullmatch(path) is not None

    def take(self) -> bool:
        """Count a matching call. Returns whether the fault applies to it."""
        with self._changed:
            self._seen += 1
            mine = self._seen - self.after
            return mine > 0 and (self.times is None or mine <= self.times)

    def injected(self) -> None:
        """Count an injection."""
        with self._changed:
            self._fired += 1
            self._changed.notify_all()


def _pattern(glob: str) -> re.Pattern[str]:
    pieces = re.split(r"(\*\*|\*|\{[^{}/]*\})", glob)
    wild = {"**": ".*", "*": "[^/]*"}
    return re.compile(
        "".join(
            "[^/]+" if piece.startswith("{") else wild.get(piece, re.escape(piece))
            for piece in pieces
        )
    )


class Faults:
    """The active faults."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: tuple[Fault, ...] = ()

    @property
    def all(self) -> tuple[Fault, ...]:
        """The active faults, used up or not."""
        return self._faults

    def add(self, fault: Fault) -> Fault:
        """Add a fault."""
        with self._lock:
            self._faults = (*self._faults, fault)
        return fault

    def clear(self) -> None:
        """Remove all faults and release the calls that they hold."""
        with self._lock:
            faults, self._faults = self._faults, ()
        for fault in faults:
            fault.release()

    def take(self, method: str, path: str) -> tuple[list[Fault], Fault | None]:
        """Return the latencies for a call, and its other fault."""
        latencies: list[Fault] = []
        other: Fault | None = None
        with self._lock:
            for fault in self._faults:
                if fault.kind == "latency" or other is None:
                    if not fault.matches(method, path) or not fault.take():
                        continue
                    if fault.kind == "latency":
                        latencies.append(fault)
                    else:
                        other = fault
        return latencies, other
