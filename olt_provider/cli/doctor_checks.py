"""The checks of ``olt doctor``, in the order in which they are printed."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Sequence
from importlib import metadata
from pathlib import Path
from typing import Final, NamedTuple

from olt_provider._version import __version__
from olt_provider.api.applications import Application
from olt_provider.api.client import OltClient
from olt_provider.api.clock import format_timestamp
from olt_provider.api.errors import ApiError, OltError, TokenError
from olt_provider.api.ids import canonical_id
from olt_provider.api.request import Request
from olt_provider.api.tokens import read_claims, refresh_expiry, utc
from olt_provider.api.transport import Transport
from olt_provider.cli import remedies
from olt_provider.cli.remedies import Remedies
from olt_provider.cli.settings import load_settings, tenants_of
from olt_provider.printable import one_line
from olt_provider.settings import Settings

LEAST_SDK: Final = (3, 216)
LEAST_ENGINE: Final = (3, 256)
LEAST_PYTHON: Final = (3, 10)
SECONDS: Final = 30
A_DAY: Final = 86400
API_TOKENS: Final = frozenset({"apiToken", "tenantTokens"})
"""Credentials that are access tokens themselves."""
ORPHANS: Final = "orphaned applications"


class Check(NamedTuple):
    """A line of the report. ``level`` is ok, warning, failure or not checked.

    ``tenant`` may be empty.
    """

    check: str
    level: str
    found: str
    fix: str = ""
    tenant: str = ""

    def row(self) -> tuple[str, str, str]:
        """Return the line as three cells for a terminal of 80 columns."""
        # the checks of a tenant follow the check of its token
        tenant = f"tenant {self.tenant}" if self.check == "token" else ""
        fix = f"-> {self.fix}" if self.fix else ""
        found = "\n".join(one_line(each) for each in (tenant, self.found, fix) if each)
        return self.check, self.level, found


def examine(
    stack: str | None,
    cwd: Path | None,
    states: Sequence[Path],
    known: frozenset[str] | None,
    notify: Callable[[str], None],
) -> list[Check]:
    """Run all checks.

    ``known`` holds the application IDs of all ``states``; it is ``None`` if no state was given.
    """
    checks = [_python(), _sdk(), _engine()]
    commands = Remedies(stack, cwd, states)
    try:
        # the report describes the present, so requests are not retried
        settings = dataclasses.replace(load_settings(stack, cwd), max_retries=0)
    except OltError as error:
        fix = commands.list_settings()
        return [*checks, Check("configuration", "failure", str(error), fix)]
    commands = dataclasses.replace(commands, environment=settings.credentials_in_environment)
    checks.append(Check("configuration", "ok", f"API {settings.api_url}"))
    notify("the hosts")
    checks += [_api(settings, commands, notify), _identity(settings, commands, notify)]
    notify("the credentials")
    return checks + _Credentials(settings, commands, notify).checks(known)


def _python() -> Check:
    found = f"{sys.version.split()[0]}, pulumi-olt {__version__}, in {sys.prefix}"
    if sys.version_info < LEAST_PYTHON:  # pragma: no cover (the package would not install)
        return Check("Python", "failure", found, remedies.INSTALL)
    if sys.prefix == sys.base_prefix:
        return Check("Python", "warning", found, remedies.INSTALL)
    return Check("Python", "ok", found)


def _sdk() -> Check:
    try:
        found = metadata.version("pulumi")
    except metadata.PackageNotFoundError:
        return Check("Pulumi SDK", "failure", "not installed", remedies.UPGRADE_SDK)
    return _versioned("Pulumi SDK", found, LEAST_SDK, remedies.UPGRADE_SDK)


def _engine() -> Check:
    path = shutil.which("pulumi")
    if path is None:
        return Check("Pulumi engine", "warning", "no pulumi on PATH", remedies.INSTALL_ENGINE)
    try:
        version = subprocess.run(  # noqa: S603 (arguments are a list, no shell)
            [path, "version"], capture_output=True, text=True, timeout=SECONDS, check=False
        ).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        found = f"{path} cannot be run"
        return Check("Pulumi engine", "failure", found, remedies.INSTALL_ENGINE)
    return _versioned("Pulumi engine", version, LEAST_ENGINE, remedies.INSTALL_ENGINE)


def _versioned(name: str, found: str, least: tuple[int, int], fix: str) -> Check:
    numbers = re.match(r"v?(\d+)\.(\d+)", found)
    if numbers is None:
        return Check(name, "warning", "it does not print its version", fix)
    if (int(numbers[1]), int(numbers[2])) >= least:
        return Check(name, "ok", found)
    return Check(name, "warning", f"{found}; {least[0]}.{least[1]} or newer is needed", fix)


def _transport(settings: Settings, base_url: str, notify: Callable[[str], None]) -> Transport:
    return Transport(
        base_url,
        request_timeout=settings.request_timeout,
        max_retries=0,
        ca_bundle=settings.ca_bundle,
        user_agent="cli",
        notify=notify,
        sleep=time.sleep,
        naming=settings.naming,
    )


def _api(settings: Settings, commands: Remedies, notify: Callable[[str], None]) -> Check:
    fix = commands.call(f"{settings.api_url}/applications", settings)
    try:
        _transport(settings, settings.api_url, notify).send(Request("GET", "/applications"))
    except ApiError as error:
        if error.status != 401 or not error.from_platform:
            found = f"{error}; this may not be the platform"
            return Check("API host", "warning", found, fix)
    except OltError as error:
        return Check("API host", "failure", str(error), fix)
    return Check("API host", "ok", settings.api_url)


def _identity(settings: Settings, commands: Remedies, notify: Callable[[str], None]) -> Check:
    from olt_provider.api.identity import IdentityClient

    try:
        IdentityClient(_transport(settings, settings.identity_url, notify)).realm()
    except OltError as error:
        fix = commands.call(f"{settings.identity_url}/id/auth/realms/olt", settings)
        return Check("identity host", "failure", str(error), fix)
    return Check("identity host", "ok", settings.identity_url)


class _Credentials:
    """The checks of the credentials, and of each of their tenants."""

    def __init__(
        self, settings: Settings, commands: Remedies, notify: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._commands = commands
        self._notify = notify
        self._values = {key: value.get_secret_value() for key, value in settings.credentials}

    def checks(self, known: frozenset[str] | None) -> list[Check]:
        rest = [Check("write", "not checked", "it would change something")]
        try:
            client = self._settings.client(user_agent="cli", notify=self._notify)
            tenants = tenants_of(self._settings, client)
        except OltError as error:
            missing = self._commands.set_secret("apiToken")
            fix = self._commands.list_settings() if self._values else missing
            return [Check("credentials", "failure", str(error), fix), *rest]
        place = "environment" if self._settings.credentials_in_environment else "configuration"
        source = f"{', '.join(self._values)} from the {place}"
        checks = [Check("credentials", "ok", source), *self._refresh_token()]
        if not tenants:
            found = "the credentials work for several; one has to be named"
            return [
                *checks,
                Check("tenant", "not checked", found, self._commands.set_tenant()),
                *rest,
            ]
        for tenant in tenants:
            self._notify(f"tenant {tenant}")
            checks += self._tenant(client, tenant)
            if known is not None:
                checks += self._orphans(client, tenant, known)
        return [*checks, *rest]

    def _refresh_token(self) -> list[Check]:
        token = next((v for k, v in self._settings.credentials if k == "refreshToken"), None)
        if token is None:
            return []
        ends = refresh_expiry(token)
        if ends is None:
            return [Check("refresh token", "not checked", "it has no expiry")]
        return [_expiry("refresh token", ends, self._commands.set_secret("refreshToken"))]

    def _tenant(self, client: OltClient, tenant: str) -> list[Check]:
        """Yield whether there is a token of a tenant, its expiry, and its permissions."""
        try:
            token = client.tokens.token(tenant)
            claims = read_claims(token, origin="it")
        except OltError as error:
            # the error of a token that could not be fetched ends with a remedy
            fix = "" if isinstance(error, TokenError) else self._replace_token(tenant)
            return [Check("token", "failure", str(error), fix, tenant)]
        tenant_client = client.as_tenant(tenant)
        reads: dict[str, tuple[Callable[[], object], str]] = {
            "read applications": (
                lambda: next(tenant_client.applications.list(), None),
                "applications_development:read",
            ),
            "read installations": (
                lambda: next(tenant_client.installations.list(), None),
                "applications:read",
            ),
        }
        checks = [_read(name, read, needed, tenant) for name, (read, needed) in reads.items()]
        if not API_TOKENS & self._values.keys():  # the next one is fetched when it expires
            until = f"fetched, until {utc(claims.expires_at)}"
            return [Check("token", "ok", until, tenant=tenant), *checks]
        return [_expiry("token", claims.expires_at, self._replace_token(tenant), tenant), *checks]

    def _replace_token(self, tenant: str) -> str:
        if "tenantTokens" in self._values:
            return self._commands.set_secret("tenantTokens", tenant)
        return self._commands.set_secret("apiToken")

    def _orphans(self, client: OltClient, tenant: str, known: Collection[str]) -> list[Check]:
        """Yield a warning for each application that no state holds, the newest first."""
        try:
            listed = list(client.as_tenant(tenant).applications.list())
        except OltError as error:
            return [Check(ORPHANS, "not checked", str(error), tenant=tenant)]
        missing = [each for each in listed if each.id not in known]
        if not missing:
            found = f"none: the states hold all {len(listed)} of the tenant"
            return [Check(ORPHANS, "ok", found, tenant=tenant)]
        missing.sort(key=lambda each: (_created(each), each.id), reverse=True)
        return [self._orphan(each, tenant) for each in missing]

    def _orphan(self, application: Application, tenant: str) -> Check:
        found = f"{application.name} ({application.id})"
        if created := _created(application):
            found += f", created {created}"
        own = self._values.get("clientId")
        if own and canonical_id(application.oauth2_client.id) == canonical_id(own):
            return Check(ORPHANS, "warning", f"{found}: these credentials are its own", "", tenant)
        return Check(ORPHANS, "warning", found, self._commands.adopt(tenant), tenant)


def _created(application: Application) -> str:
    return format_timestamp(application.created_at) if application.created_at else ""


def _expiry(name: str, ends: float, fix: str, tenant: str = "") -> Check:
    if ends - time.time() < A_DAY:
        return Check(name, "warning", f"until {utc(ends)}, within a day", fix, tenant)
    return Check(name, "ok", f"until {utc(ends)}", tenant=tenant)


def _read(name: str, read: Callable[[], object], needed: str, tenant: str) -> Check:
    try:
        read()
    except OltError as error:
        if isinstance(error, ApiError) and error.status == 403:
            fix = f"in the portal, give the user or application {needed}"
            return Check(name, "failure", error.reason, fix, tenant)
        return Check(name, "failure", error.reason, error.remedy or "see the hosts above", tenant)
    return Check(name, "ok", needed, tenant=tenant)
