"""Responses that are changed by faults before they are sent."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, Final

from fastapi.responses import Response

from olt_provider.emulator import contract, problems
from olt_provider.emulator.connection import Connection, Message, Send
from olt_provider.emulator.faults import Fault

WITHOUT_RESPONSE: Final = frozenset(
    {"reset_before", "reset_after", "close_before", "close_after", "truncate"}
)
JSON: Final = b"application/json"


class UnsentResponse:
    """A response that has not been sent yet."""

    def __init__(self, status: int = 200, content_type: bytes = JSON, body: bytes = b"") -> None:
        self.status = status
        self.headers = [(b"content-type", content_type)] if body else []
        self.body = body

    async def take(self, message: Message) -> None:
        """Store what an application sends."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            left_out = b"content-length"
            self.headers = [pair for pair in message.get("headers", ()) if pair[0] != left_out]
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    async def send(self, send: Send) -> None:
        """Send the response."""
        headers = list(self.headers)
        if self.status not in (204, 304):
            headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})

    def cut(self) -> bytes:
        """Return the bytes of a response that is cut off."""
        body, status = self.body or b'{"data": {}}', _with_body(self.status)
        lines = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode(),
            b"date: " + formatdate(usegmt=True).encode(),
            *(name + b": " + value for name, value in self.headers),
            b"content-length: " + str(len(body)).encode(),
        ]
        return b"\r\n".join(lines) + b"\r\n\r\n" + body[: len(body) // 2]


def end(fault: Fault, connection: Connection, response: UnsentResponse) -> None:
    """End the connection, with at most a part of the response."""
    if fault.kind.startswith("reset"):
        connection.reset()
    else:
        connection.close(response.cut() if fault.kind == "truncate" else b"")


def faulty(fault: Fault, response: UnsentResponse) -> UnsentResponse:
    """Return the response that the fault produces."""
    makers: dict[str, Callable[[Fault, UnsentResponse], UnsentResponse]] = {
        "status": _status,
        "not_found": lambda _fault, _response: _of(problems.hidden()),
        "html": _html,
        "redirect": _redirect,
        "wrong_content_type": _wrong_content_type,
        "oversize": _oversize,
        "missing_field": _change_field,
        "wrong_type": _change_field,
    }
    return makers[fault.kind](fault, response)


def _of(response: Response) -> UnsentResponse:
    content_type = response.headers.get("content-type", "").encode()
    return UnsentResponse(response.status_code, content_type, bytes(response.body))


def _status(fault: Fault, _response: UnsentResponse) -> UnsentResponse:
    status = fault.status or 500
    code, message = contract.fault_envelope(status)
    made = (
        _of(problems.envelope(status, code, message)) if fault.envelope else UnsentResponse(status)
    )
    if fault.retry_after is not None:
        value = str(fault.retry_after)
        if fault.retry_after_as == "date":
            # The date has whole seconds: round up, so that it is never too early.
            value = formatdate(int(time.time()) + fault.retry_after + 1, usegmt=True)
        made.headers.append((b"retry-after", value.encode()))
    return made


def _html(fault: Fault, _response: UnsentResponse) -> UnsentResponse:
    return _of(problems.gateway_page(fault.status or 200, "Maintenance"))


def _redirect(fault: Fault, _response: UnsentResponse) -> UnsentResponse:
    made = UnsentResponse(fault.status or 307)
    made.headers.append((b"location", (fault.location or "").encode()))
    return made


def _wrong_content_type(_fault: Fault, response: UnsentResponse) -> UnsentResponse:
    return UnsentResponse(response.status, b"text/plain; charset=utf-8", response.body or b"{}")


def _oversize(fault: Fault, response: UnsentResponse) -> UnsentResponse:
    body = _decoded(response)
    if not isinstance(body, dict):
        body = {}
    body["padding"] = ""
    body["padding"] = "x" * max(0, fault.size - len(json.dumps(body)))
    return UnsentResponse(_with_body(response.status), JSON, json.dumps(body).encode())


def _change_field(fault: Fault, response: UnsentResponse) -> UnsentResponse:
    body = _decoded(response)
    *parents, last = (fault.field or "").split(".")
    place = body
    for name in parents:
        place = _child(place, name)
    if isinstance(place, dict) and last in place:
        if fault.kind == "missing_field":
            del place[last]
        else:
            place[last] = _other_type(place[last])
    elif isinstance(place, list) and last.isdecimal() and int(last) < len(place):
        place[int(last)] = _other_type(place[int(last)])
    return UnsentResponse(response.status, JSON, json.dumps(body).encode())


def _child(place: Any, name: str) -> Any:
    if isinstance(place, dict):
        return place.get(name)
    if isinstance(place, list) and name.isdecimal() and int(name) < len(place):
        return place[int(name)]
    return None


def _other_type(value: Any) -> Any:
    return [value] if isinstance(value, (str, int, float, bool)) or value is None else 4711


def _decoded(response: UnsentResponse) -> Any:
    try:
        return json.loads(response.body)
    except ValueError:
        return None


def _with_body(status: int) -> int:
    return 200 if status == 204 else status
