"""A request with its response, and its entry in the journal."""

from __future__ import annotations

import functools
import logging
import time
from typing import Final
from urllib.parse import quote

import jwt
from starlette.datastructures import Headers

from olt_provider.emulator import contract
from olt_provider.emulator.connection import SCOPE_KEY, Connection, Message, Receive, Scope, Send
from olt_provider.emulator.journal import Call, Journal

access_log: Final = logging.getLogger("olt_provider.emulator.access")


class RecordedRequest:
    """A request in progress that is recorded in the journal."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, journal: Journal) -> None:
        self.scope = scope
        self._receive = receive
        self._body_read = False
        self.method: str = scope["method"]
        self.path = _contract_path(scope["path"])
        self.connection: Connection = scope[SCOPE_KEY]
        self.fault: str | None = None
        self.template: str | None = None
        self._send = send
        self._journal = journal
        self._status: int | None = None
        self._started = time.monotonic()
        self._noted = False
        journal.begin()

    async def receive(self) -> Message:
        """Receive a part of the request."""
        message = await self._receive()
        self._body_read = not message.get("more_body", False)
        return message

    async def read_body(self) -> None:
        """Receive the rest of the request."""
        while not self._body_read:
            await self.receive()

    async def send(self, message: Message) -> None:
        """Send a part of the response."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
        elif not message.get("more_body", False):
            # Before the response is sent, so that a client that has the response finds the call.
            self.note()
        await self._send(message)

    def note(self) -> None:
        """Add it to the journal and the access log, once."""
        if self._noted:
            return
        self._noted = True
        headers = Headers(scope=self.scope)
        seconds = time.monotonic() - self._started
        self._journal.end(
            Call(
                method=self.method,
                path=self.path,
                query=self.scope["query_string"].decode("latin-1"),
                template=self.template,
                status=self._status,
                tenant=_claimed_tenant(headers),
                connection=self.connection.number,
                client_port=self.scope["client"][1],
                user_agent=headers.get("user-agent", ""),
                fault=self.fault,
                started=self._started,
                seconds=seconds,
            )
        )
        # The query is left out, because it may contain a secret by mistake.
        what = [self.method, quote(self.path), str(self._status or "-"), f"{seconds * 1000:.0f} ms"]
        access_log.info(" ".join([*what, f"fault={self.fault}"] if self.fault else what))


def _contract_path(path: str) -> str:
    base = contract.BASE_PATH
    return path[len(base) :] if path.startswith(f"{base}/") else path


def _claimed_tenant(headers: Headers) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return headers.get("tenant")
    return _tenant_of(token)


@functools.lru_cache(maxsize=1024)
def _tenant_of(token: str) -> str | None:
    try:
        tenant = jwt.decode(token, options={"verify_signature": False}).get("tenant")
    except (jwt.PyJWTError, ValueError):
        return None
    return tenant if isinstance(tenant, str) else None
