"""The context that all operations of one process share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

from pydantic import SecretStr

from olt_provider.api.client import OltClient
from olt_provider.api.errors import ConfigurationError
from olt_provider.lifecycle.application.rotation import Pairs
from olt_provider.lifecycle.application.secret_age import utc_now
from olt_provider.lifecycle.default_tenants import DefaultTenants
from olt_provider.lifecycle.rechecks import Rechecks
from olt_provider.lifecycle.run_record import RunRecord
from olt_provider.lifecycle.tenant_session import TenantSession
from olt_provider.settings import Settings


class ProviderContext:
    """Settings, credentials, client and tenant sessions of one process and configuration.

    Safe to share by threads. ``settings`` may be the error of reading them; it is raised on first
    use, because an unchanged stack needs no settings. ``warn`` shows a warning to the user.
    ``check_cancelled`` raises if the engine's run is cancelled; it is called before each
    registration, before each step of an update, and after each wait. ``run`` is the run record;
    default: one of this context only. ``forced`` holds the IDs of the applications that this run
    may delete although they are installed. ``now`` is the clock by which client secrets age.
    """

    def __init__(
        self,
        settings: Settings | ConfigurationError,
        *,
        warn: Callable[[str], None],
        user_agent: str = "",
        sleep: Callable[[float], None] = time.sleep,
        check_cancelled: Callable[[], None] = lambda: None,
        run: RunRecord | None = None,
        forced: frozenset[str] = frozenset(),
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        self.check_cancelled = check_cancelled
        self._user_agent = user_agent
        self.warn = warn
        self.run = run or RunRecord()
        self.forced = forced
        self.now = now
        self.application_checks = Rechecks()
        self.installation_checks = Rechecks()
        self.default_tenants = DefaultTenants()
        self.pairs = Pairs()
        self.declared_secrets: dict[str, SecretStr] = {}
        """Application ID -> the client secret that the program declares in ``adopt``."""
        self.kept_secrets: dict[str, list[SecretStr]] = {}
        """Application ID -> the client secrets of resources that do not change in this run."""
        self._lock = threading.Lock()
        self._client_lock = threading.Lock()
        self._client: OltClient | None = None
        self._sessions: dict[str, TenantSession] = {}

    @property
    def settings(self) -> Settings:
        """The settings. Raises ``ConfigurationError`` if they are invalid."""
        if isinstance(self._settings, ConfigurationError):
            raise self._settings
        return self._settings

    @property
    def api_url(self) -> str:
        """The API base URL; ``""`` if the settings are invalid."""
        return self.settings.api_url if isinstance(self._settings, Settings) else ""

    @property
    def uses_environment(self) -> bool:
        """Whether the credentials come from the environment, so that they are current."""
        usable = isinstance(self._settings, Settings)
        return usable and self.settings.credentials_in_environment

    @property
    def is_explicit(self) -> bool:
        """Whether the settings are those of an explicit ``Provider``."""
        return isinstance(self._settings, Settings) and self._settings.explicit

    @property
    def client(self) -> OltClient:
        """The API client. Raises ``ConfigurationError`` if settings or credentials are invalid."""
        with self._client_lock:  # one client has one cache of tokens, and one refresh token
            if self._client is None:
                self._client = self.settings.client(
                    user_agent=self._user_agent, notify=self.warn, sleep=self._wait
                )
            return self._client

    def pause(self, seconds: float) -> None:
        """Wait for another thread."""
        self._sleep(seconds)

    def _wait(self, seconds: float) -> None:
        self._sleep(seconds)
        self.check_cancelled()

    def session(self, tenant_id: str) -> TenantSession:
        """Return the session of a tenant, which all operations of this context share.

        Raises ``ConfigurationError`` if settings or credentials are invalid.
        """
        with self._lock:
            if tenant_id not in self._sessions:
                self._sessions[tenant_id] = TenantSession(self, tenant_id)
            return self._sessions[tenant_id]

    def default_tenant(self) -> str:
        """Return the default tenant: ``olt:tenantId``, else the credentials'.

        Raises ``ConfigurationError`` if there is neither.
        """
        tenant_id = self.settings.tenant_id or self.client.tokens.tenant()
        if tenant_id is None:
            raise ConfigurationError(
                "no tenant: declare tenant_id, or run `pulumi config set olt:tenantId`, because "
                "these credentials are of several tenants"
            )
        return tenant_id
