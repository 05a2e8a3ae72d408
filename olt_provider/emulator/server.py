"""``Emulator``: an HTTP server in a thread of this process."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from olt_provider.emulator import contract
from olt_provider.emulator.emulated_platform import EmulatedPlatform
from olt_provider.emulator.faults import Fault
from olt_provider.emulator.http_server import STOP_SECONDS, Server, configured, listening
from olt_provider.emulator.journal import Call
from olt_provider.emulator.seed import DEFAULT, PORTAL_CLIENT, Seed
from olt_provider.emulator.state import State
from olt_provider.emulator.store.tenants import Session, Tenant
from olt_provider.emulator.variants import Variant

START_SECONDS: Final = 15


class Emulator:
    """A running emulator. ``Emulator.start()`` creates it."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        database: Path | None,
        seed: Seed,
        tls: tuple[str, str] | None,
    ) -> None:
        self._socket = listening(host, port)
        self.port: int = self._socket.getsockname()[1]
        name = f"[{host}]" if ":" in host else host
        with ExitStack() as on_error:
            on_error.callback(self._socket.close)
            base = f"{'https' if tls else 'http'}://{name}:{self.port}"
            self._state = State(base, seed, database)
            on_error.callback(self._state.close)
            self._server = Server(configured(self._state, tls))
            on_error.pop_all()
        self.platform = EmulatedPlatform(self._state)
        """The platform's data, to inspect and to change without HTTP."""
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="olt-emulator", daemon=True
        )

    @classmethod
    @contextmanager
    def start(
        cls,
        seed: Seed | Mapping[str, Any] | None = None,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        database: str | Path | None = None,
        tls: tuple[str | Path, str | Path] | None = None,
    ) -> Iterator[Emulator]:
        """Run an emulator while the block runs.

        :param seed: The initial data; a mapping is read like a seed file.
            Default: two tenants, ``TENANT_A`` and ``TENANT_B``, with some devices.
        :param port: Default: a free one.
        :param host: Where to listen. Default: loopback only.
        :param database: A file to keep everything in; one that holds tenants is not seeded
            again. Default: in memory.
        :param tls: Certificate and key files for ``https``.

        Raises ``OSError`` for a port that is in use and for unusable TLS files, ``ValueError`` for
        an unusable seed, and ``sqlite3.Error`` for an unusable database file.
        """
        if seed is None:
            seed = DEFAULT
        emulator = cls(
            host=host,
            port=port,
            database=Path(database) if database else None,
            seed=seed if isinstance(seed, Seed) else Seed.model_validate(seed),
            tls=(str(tls[0]), str(tls[1])) if tls else None,
        )
        try:
            emulator._run()
            yield emulator
        finally:
            emulator._end()

    def _run(self) -> None:
        self._thread.start()
        if not self._server.up.wait(START_SECONDS):
            raise RuntimeError(f"the emulator did not start within {START_SECONDS} s")

    def _end(self) -> None:
        self.clear_faults()
        self._server.stop()
        if self._thread.ident is not None:
            self._thread.join(STOP_SECONDS)
        if self._thread.is_alive():
            raise RuntimeError(f"the emulator did not stop within {STOP_SECONDS} s")
        self._socket.close()
        self._state.close()

    @property
    def api_url(self) -> str:
        """The API base URL."""
        return self._state.url

    @property
    def identity_url(self) -> str:
        """The identity base URL, which equals the API's."""
        return self._state.url

    @property
    def tenants(self) -> list[Tenant]:
        """The tenants of the platform."""
        return self._state.tenants.all()

    def token(
        self,
        tenant_id: str,
        role: str | None = "owner",
        lifetime: int = contract.ACCESS_LIFETIME,
        issued_at: int | None = None,
        subject: str | None = None,
        **claims: Any,
    ) -> str:
        """Issue an API token, as the portal does, for a new user.

        :param tenant_id: The tenant of the token; one that is not known is added.
        :param role: ``owner``, ``writer``, ``reader``, ``none``, or permissions separated by
            spaces. It is kept by ``sub``: None leaves that of ``subject`` as it is.
        :param lifetime: Seconds; negative for one that has expired.
        :param issued_at: Seconds since 1970. Default: now.
        :param subject: The user. Default: a new one.
        :param claims: Claims to add or replace, for unusual tokens; None removes one.

        Raises ``ValueError`` for an unknown role.
        """
        sub = subject or str(uuid.uuid4())
        state = self._state
        state.tenants.add_tenant(tenant_id)
        if role is not None:
            state.tenants.set_role(sub, role)
        return state.tokens.access(
            sub=sub,
            client_id=PORTAL_CLIENT,
            tenant_id=tenant_id.lower(),
            lifetime=lifetime,
            issued_at=issued_at,
            others=claims,
        )

    def refresh_token(
        self,
        tenant_ids: Sequence[str],
        client_id: str = PORTAL_CLIENT,
        *,
        role: str = "owner",
        subject: str | None = None,
        lifetime: int = contract.REFRESH_LIFETIME,
        issued_at: int | None = None,
    ) -> str:
        """Issue a refresh token of a user of these tenants, whose first tenant is used first.

        :param client_id: Default: the portal's public client. That of an application, public or
            confidential, is possible too.

        The rest is as for ``token``.
        """
        sub, session_id = subject or str(uuid.uuid4()), str(uuid.uuid4())
        state = self._state
        for tenant_id in tenant_ids:
            state.tenants.add_tenant(tenant_id)
        state.tenants.set_role(sub, role)
        state.tenants.permit(sub, tenant_ids)
        first = tenant_ids[0].lower()
        state.tenants.open_session(Session(session_id, sub, client_id.lower(), first))
        return state.tokens.refresh(
            sub=sub,
            client_id=client_id.lower(),
            session_id=session_id,
            lifetime=lifetime,
            issued_at=issued_at,
        )

    @property
    def calls(self) -> list[Call]:
        """The requests since they were last cleared, in the order they ended."""
        return self._state.journal.calls

    def clear_calls(self) -> None:
        """Remove the calls, and count connections from 0."""
        self._state.journal.clear()

    @property
    def connections(self) -> int:
        """The number of TCP connections accepted since the calls were last cleared."""
        return self._state.journal.connections

    @property
    def requests_in_flight(self) -> int:
        """The number of requests in flight, including held ones."""
        return self._state.journal.in_flight

    def wait_until_idle(self, timeout: float = 10) -> None:
        """Wait until no request is in flight.

        Raises ``TimeoutError`` after ``timeout`` seconds.
        """
        if not self._state.journal.wait_until_idle(timeout):
            raise TimeoutError(f"requests are still in flight after {timeout} s")

    def drop_connections(self) -> None:
        """Close all TCP connections, as a restarting gateway does."""
        self._server.drop_connections()

    def set_variants(self, *variants: Variant) -> None:
        """Activate these variants of the responses, and no others."""
        self._state.variants = frozenset(variants)

    def add_fault(self, fault: Fault) -> Fault:
        """Inject a fault."""
        return self._state.faults.add(fault)

    def clear_faults(self) -> None:
        """Remove all faults, and release the calls that they hold."""
        self._state.faults.clear()

    def reset(self) -> None:
        """Restore the seed; remove faults and calls. Tokens of users stay valid."""
        self.clear_faults()
        self.wait_until_idle()  # otherwise held calls would be carried out after the reset
        self._state.reset()
