"""The environment of the model test: an emulator, tenants with tokens, and new processes."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import SecretStr
from requests.auth import AuthBase

from olt_provider.api.applications import Application, ApplicationRegistration, ApplicationsClient
from olt_provider.api.request import Request
from olt_provider.api.transport import Transport
from olt_provider.emulator import Emulator
from olt_provider.emulator.store import applications as emulated_applications
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.run_record import RunRecord
from olt_provider.settings import Settings
from tests.faults.hosts import Host
from tests.model.engine import Hosts
from tests.model.programs import TENANTS
from tests.model.state import Props

PATIENCE = 30.0
"""Seconds that a response may take, also on a busy machine."""
IMPATIENCE = 0.25
"""Seconds that a held response may take."""
HOLDS = frozenset({"hold", "hold_before"})


class SharedEvents:
    """What one process of a run has read of the events that all of them append: a ``Journal``."""

    def __init__(self, events: list[Mapping[str, Any]]) -> None:
        self._events = events
        self._taken = 0

    def append(self, event: Mapping[str, Any]) -> None:
        self._events.append(event)

    def read(self) -> list[dict[str, Any]]:
        unread = [dict(event) for event in self._events[self._taken :]]
        self._taken = len(self._events)
        return unread


class Stage:
    """One emulator for all examples; ``begin`` empties it, with tenants in a known order."""

    def __init__(self, emulator: Emulator, host: Host) -> None:
        self.emulator = emulator
        self.host = host
        self.tenants = [f"{n + 1}0000000-0000-4000-8000-000000000000" for n in range(TENANTS)]
        self.warnings: list[str] = []
        self.secrets: set[str] = set()
        """All secrets that the platform returned, and the tokens: none may be in a message."""
        self.rivals: dict[str, str] | None = None
        """While it is a mapping, one registration is preceded by a manual one: ID -> secret."""
        self._tokens: dict[str, str] = {}

    def begin(self) -> None:
        self.emulator.reset()
        self.warnings.clear()
        self.secrets.clear()
        self._tokens = {tenant: self.emulator.token(tenant) for tenant in self.tenants}
        self.secrets.update(self._tokens.values())

    def connect(self) -> Hosts:
        """The host processes of a new run: one for each provider, started when it is called."""
        events: list[Mapping[str, Any]] = []
        return functools.cache(lambda _: self._start(RunRecord(SharedEvents(events))))

    def _start(self, run: RunRecord) -> ProviderContext:
        """Start a new process with empty caches. Retries do not wait."""
        settings = Settings(
            self.emulator.api_url,
            self.emulator.identity_url,
            tenant_id=self.tenants[0],
            request_timeout=PATIENCE,
            max_retries=2,
            credentials=(("tenantTokens", SecretStr(json.dumps(self._tokens))),),
        )
        return ProviderContext(settings, warn=self.warnings.append, sleep=lambda _: None, run=run)

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Undo all changes on the platform after the block."""
        database = self.emulator._state.db
        warnings = list(self.warnings)
        database.change("BEGIN")
        try:
            yield
        finally:
            self.emulator.wait_until_idle()
            database.change("ROLLBACK")
            self.warnings[:] = warnings

    def patience(self, request: Request) -> float:
        """Return the seconds to wait for the response to the next request."""
        path = request.path.removeprefix("/v1")
        held = any(
            fault.kind in HOLDS and not fault.fired and fault.matches(request.method, path)
            for fault in self.emulator._state.faults.all
            if fault._seen == fault.after
        )
        return IMPATIENCE if held else PATIENCE

    def before_registration(self, tenant_id: str, registration: ApplicationRegistration) -> None:
        if self.rivals is None or self.rivals:
            return
        made = self.emulator.platform.register(
            tenant_id,
            name=registration.name,
            teaser_description=registration.teaser_description or None,
            url=registration.url,
            with_public_oauth2_client=registration.with_public_oauth2_client,
            redirect_uris=registration.redirect_uris,
            allowed_tenants={each.tenant_id: each.comment for each in registration.allowed_tenants},
        )
        self.rivals[made["id"]] = made["oauth2Client"]["secret"]


@contextmanager
def staged(emulator: Emulator, host: Host) -> Iterator[Stage]:
    """A stage that records every secret of the platform, and can let a rival register."""
    stage = Stage(emulator, host)
    new_secret = emulated_applications._new_secret
    register, send_once = ApplicationsClient.register, Transport._attempt

    def recorded() -> str:
        secret = new_secret()
        stage.secrets.add(secret)
        return secret

    def rivalled(self: ApplicationsClient, registration: ApplicationRegistration) -> Application:
        stage.before_registration(self._transport.tenant_id or "", registration)
        return register(self, registration)

    def attempt(self: Transport, request: Request, authorize: Callable[[], AuthBase]) -> Any:
        self._timeout = (PATIENCE, stage.patience(request))
        return send_once(self, request, authorize)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(emulated_applications, "_new_secret", recorded)
        patch.setattr(ApplicationsClient, "register", rivalled)
        patch.setattr(Transport, "_attempt", attempt)
        yield stage


def without_clock(application: Props | None) -> Props | None:
    """What the platform holds but the time of the last change."""
    if application is None:
        return None
    return {key: value for key, value in application.items() if key != "updatedAt"}
