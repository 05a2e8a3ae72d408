"""The checks of ``olt doctor``."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Final

from olt_provider._version import __version__
from olt_provider.api.client import OltClient
from olt_provider.api.errors import ApiError, OltError, TokenError
from olt_provider.api.request import Request
from olt_provider.api.tokens import read_claims, refresh_expiry, utc
from olt_provider.api.transport import Transport
from olt_provider.cli.checks import Check
from olt_provider.cli.orphans import orphans
from olt_provider.cli.settings import load_settings, tenants_of
from olt_provider.settings import Settings

LEAST_SDK: Final = (3, 216)
LEAST_ENGINE: Final = (3, 256)
LEAST_PYTHON: Final = (3, 10)
SECONDS: Final = 30
A_DAY: Final = 86400
API_TOKENS: Final = frozenset({"apiToken", "tenantTokens"})
"""Those that are not fetched."""


def examine(
    stack: str | None,
    cwd: Path | None,
    known: frozenset[str] | None,
    notify: Callable[[str], None],
) -> list[Check]:
    """All checks, in the order in which one would look.

    ``known`` holds the application IDs of all given states; ``None``: none was given.
    """
    checks = [_python(), _sdk(), _engine()]
    try:
        # A doctor tells what is wrong now, so nothing is repeated.
        settings = dataclasses.replace(load_settings(stack, cwd), max_retries=0)
    except OltError as error:
        return [*checks, Check("configuration", "failure", str(error), "set it right")]
    checks.append(Check("configuration", "ok", f"API {settings.api_url}"))
    notify("the hosts")
    checks += [_api(settings, notify), _identity(settings, notify)]
    notify("the credentials")
    return checks + _credentials(settings, known, notify)


def _python() -> Check:
    found = f"{sys.version.split()[0]}, pulumi-olt {__version__}, in {sys.prefix}"
    if sys.version_info < LEAST_PYTHON:  # pragma: no cover (the package would not install)
        return Check("Python", "failure", found, "install Python 3.10 or newer")
    if sys.prefix == sys.base_prefix:
        return Check("Python", "warning", found, "use a virtual environment")
    return Check("Python", "ok", found)


def _sdk() -> Check:
    try:
        found = metadata.version("pulumi")
    except metadata.PackageNotFoundError:
        return Check("Pulumi SDK", "failure", "not installed", "pip install pulumi-olt")
    return _versioned("Pulumi SDK", found, LEAST_SDK, "pip install --upgrade pulumi")


def _engine() -> Check:
    path = shutil.which("pulumi")
    if path is None:
        fix = "install the Pulumi CLI, or put it on PATH"
        return Check("Pulumi engine", "warning", "no pulumi on PATH", fix)
    try:
        said = subprocess.run(  # noqa: S603 (arguments are a list, no shell)
            [path, "version"], capture_output=True, text=True, timeout=SECONDS, check=False
        ).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return Check("Pulumi engine", "failure", f"{path} cannot be run", "install it anew")
    return _versioned("Pulumi engine", said, LEAST_ENGINE, "upgrade the Pulumi CLI")


def _versioned(name: str, found: str, least: tuple[int, int], fix: str) -> Check:
    numbers = re.match(r"v?(\d+)\.(\d+)", found)
    if numbers is None:
        return Check(name, "warning", "it does not tell its version", fix)
    enough = (int(numbers[1]), int(numbers[2])) >= least
    wanted = f"{least[0]}.{least[1]} or newer"
    return Check(name, "ok", found) if enough else Check(name, "warning", found, f"{fix}: {wanted}")


def _transport(settings: Settings, base_url: str, notify: Callable[[str], None]) -> Transport:
    return Transport(
        base_url,
        request_timeout=settings.request_timeout,
        max_retries=0,
        ca_bundle=settings.ca_bundle,
        user_agent="cli",
        notify=notify,
        sleep=time.sleep,
    )


def _api(settings: Settings, notify: Callable[[str], None]) -> Check:
    try:
        _transport(settings, settings.api_url, notify).send(Request("GET", "/applications"))
    except ApiError as error:
        if error.status != 401 or not error.from_platform:
            fix = "check olt:apiUrl: this may not be the platform"
            return Check("API host", "warning", str(error), fix)
    except OltError as error:
        return Check("API host", "failure", str(error), "check olt:apiUrl, proxy and firewall")
    return Check("API host", "ok", settings.api_url)


def _identity(settings: Settings, notify: Callable[[str], None]) -> Check:
    from olt_provider.api.identity import IdentityClient

    try:
        IdentityClient(_transport(settings, settings.identity_url, notify)).realm()
    except OltError as error:
        fix = "check olt:identityUrl, proxy and firewall"
        return Check("identity host", "failure", str(error), fix)
    return Check("identity host", "ok", settings.identity_url)


def _credentials(
    settings: Settings, known: frozenset[str] | None, notify: Callable[[str], None]
) -> list[Check]:
    place = "the environment" if settings.credentials_in_environment else "the configuration"
    keys = ", ".join(key for key, _ in settings.credentials)
    rest = [Check("write", "not checked", "it would change something")]
    try:
        client = settings.client(user_agent="cli", notify=notify)
        tenants = tenants_of(settings, client)
    except OltError as error:
        return [Check("credentials", "failure", str(error), "set exactly one source"), *rest]
    checks = [Check("credentials", "ok", f"{keys} from {place}"), *_refresh_token(settings)]
    if not tenants:
        fix = "set olt:tenantId to check one of them"
        return [*checks, Check("tenant", "not checked", "they act for several", fix), *rest]
    for tenant in tenants:
        notify(f"tenant {tenant}")
        checks += _usable(
            client, tenant, fetched=not API_TOKENS & dict(settings.credentials).keys()
        )
        if known is not None:
            own = dict(settings.credentials).get("clientId")
            checks += orphans(client, tenant, known, own.get_secret_value() if own else None)
    return [*checks, *rest]


def _refresh_token(settings: Settings) -> list[Check]:
    token = dict(settings.credentials).get("refreshToken")
    if token is None:
        return []
    ends = refresh_expiry(token)
    if ends is None:
        return [Check("refresh token", "not checked", "it does not tell when it ends")]
    return [_expiry("refresh token", ends)]


def _usable(client: OltClient, tenant: str, *, fetched: bool) -> list[Check]:
    """The token of a tenant, until when, and what it may read. One that must be is fetched."""
    try:
        token = client.tokens.token(tenant)
        claims = read_claims(token, origin="it")
    except OltError as error:
        fetching = isinstance(error, TokenError)  # it ends with what to do
        fix = "" if fetching else "set working credentials"
        return [Check("token", "failure", str(error), fix, tenant)]
    acting = client.as_tenant(tenant)
    reads: dict[str, tuple[Callable[[], object], str]] = {
        "read applications": (
            lambda: next(acting.applications.list(), None),
            "applications_development:read",
        ),
        "read installations": (
            lambda: next(acting.installations.list(), None),
            "applications:read",
        ),
    }
    checks = [_read(name, probe, needed, tenant) for name, (probe, needed) in reads.items()]
    if fetched:  # another is fetched when it ends
        until = f"fetched, until {utc(claims.expires_at)}"
        return [Check("token", "ok", until, tenant=tenant), *checks]
    return [_expiry("token", claims.expires_at, tenant), *checks]


def _expiry(name: str, ends: float, tenant: str = "") -> Check:
    if ends - time.time() < A_DAY:
        fix = "set a new one within a day"
        return Check(name, "warning", f"until {utc(ends)}", fix, tenant)
    return Check(name, "ok", f"until {utc(ends)}", tenant=tenant)


def _read(name: str, probe: Callable[[], object], needed: str, tenant: str) -> Check:
    try:
        probe()
    except OltError as error:
        refused = isinstance(error, ApiError) and error.status == 403
        if refused:
            fix = f"give the user or application {needed}"
            return Check(name, "failure", error.reason, fix, tenant)
        return Check(name, "failure", error.reason, error.remedy or "see the hosts above", tenant)
    return Check(name, "ok", needed, tenant=tenant)
