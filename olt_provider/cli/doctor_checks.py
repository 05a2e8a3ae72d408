"""The checks of ``olt doctor``."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Final, NamedTuple

from olt_provider._version import __version__
from olt_provider.api.client import OltClient
from olt_provider.api.errors import ApiError, OltError
from olt_provider.api.request import Request
from olt_provider.api.settings import Settings
from olt_provider.api.tokens import Claims, read_claims
from olt_provider.api.transport import Transport
from olt_provider.cli import configured

LEAST_SDK: Final = (3, 272)
LEAST_ENGINE: Final = (3, 256)
LEAST_PYTHON: Final = (3, 10)
SECONDS: Final = 30


class Check(NamedTuple):
    """One line: ``level`` is ok, warning, failure or not checked."""

    check: str
    level: str
    found: str
    fix: str = ""


def examine(stack: str | None, cwd: Path | None, tell: Callable[[str], None]) -> list[Check]:
    """All checks, in the order in which one would look."""
    checks = [_python(), _sdk(), _engine()]
    try:
        # A doctor tells what is wrong now, so nothing is repeated.
        settings = dataclasses.replace(configured.load(stack, cwd), max_retries=0)
    except OltError as error:
        return [*checks, Check("configuration", "failure", str(error), "set it right")]
    checks.append(Check("configuration", "ok", f"API {settings.api_url}"))
    tell("the hosts")
    checks += [_api(settings, tell), _identity(settings, tell)]
    tell("the credentials")
    return checks + _credentials(settings, tell)


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


def _transport(settings: Settings, base_url: str, tell: Callable[[str], None]) -> Transport:
    return Transport(
        base_url,
        request_timeout=settings.request_timeout,
        max_retries=0,
        ca_bundle=settings.ca_bundle,
        user_agent="cli",
        notify=tell,
        sleep=time.sleep,
    )


def _api(settings: Settings, tell: Callable[[str], None]) -> Check:
    try:
        _transport(settings, settings.api_url, tell).send(Request("GET", "/applications"))
    except ApiError as error:
        if error.status != 401 or not error.from_platform:
            fix = "check olt:apiUrl: this may not be the platform"
            return Check("API host", "warning", str(error), fix)
    except OltError as error:
        return Check("API host", "failure", str(error), "check olt:apiUrl, proxy and firewall")
    return Check("API host", "ok", settings.api_url)


def _identity(settings: Settings, tell: Callable[[str], None]) -> Check:
    from olt_provider.api.identity.client import IdentityClient

    try:
        IdentityClient(_transport(settings, settings.identity_url, tell)).realm()
    except OltError as error:
        fix = "check olt:identityUrl, proxy and firewall"
        return Check("identity host", "failure", str(error), fix)
    return Check("identity host", "ok", settings.identity_url)


def _credentials(settings: Settings, tell: Callable[[str], None]) -> list[Check]:
    place = "the environment" if settings.credentials_in_environment else "the configuration"
    keys = ", ".join(key for key, _ in settings.credentials)
    rest = [Check("permission to write", "not checked", "it would change something")]
    try:
        client = settings.client(user_agent="cli", notify=tell)
    except OltError as error:
        return [Check("credentials", "failure", str(error), "set exactly one source"), *rest]
    checks = [Check("credentials", "ok", f"{keys} from {place}"), *_tokens(settings)]
    try:
        tenant = settings.tenant_id or client.tokens.tenant()
    except OltError as error:
        return [*checks, Check("tenant", "failure", str(error)), *rest]
    if tenant is None:
        return [*checks, Check("tenant", "warning", "several", "set olt:tenantId to check"), *rest]
    checks.append(Check("tenant", "ok", tenant))
    return [*checks, *_usable(client, tenant), *rest]


def _tokens(settings: Settings) -> list[Check]:
    """When each API token ends; other sources make theirs when they are needed."""
    held = {key: value.get_secret_value() for key, value in settings.credentials}
    by_tenant: dict[str, str] = {}
    if "apiToken" in held:
        by_tenant = {"": held["apiToken"]}
    elif "tenantTokens" in held:
        by_tenant = json.loads(held["tenantTokens"])
    return [_expiry(tenant, token) for tenant, token in sorted(by_tenant.items())]


def _expiry(tenant: str, token: str) -> Check:
    name = "token" + (f" of {tenant}" if tenant else "")
    try:
        claims = read_claims(token, origin="it")
    except OltError as error:
        return Check(name, "failure", str(error), "copy it again from the portal")
    found = f"tenant {claims.tenant}, until {_utc(claims)}"
    left = claims.expires_at - time.time()
    if left <= 0:
        return Check(name, "failure", f"expired: {found}", "set a new one")
    if left < 86400:
        return Check(name, "warning", found, "set a new one within a day")
    return Check(name, "ok", found)


def _utc(claims: Claims) -> str:
    try:
        moment = datetime.fromtimestamp(claims.expires_at, tz=timezone.utc)
    except (OverflowError, OSError, ValueError):
        return "an impossible time"
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _usable(client: OltClient, tenant: str) -> list[Check]:
    try:
        client.tokens.token(tenant)
    except OltError as error:
        return [Check("token", "failure", str(error), "set working credentials")]
    acting = client.acting_for(tenant)
    reads: dict[str, tuple[Callable[[], object], str]] = {
        "permission to read applications": (
            lambda: next(acting.applications.list(), None),
            "applications_development:read",
        ),
        "permission to read installations": (
            lambda: next(acting.installations.list(), None),
            "applications:read",
        ),
    }
    return [_read(name, probe, needed) for name, (probe, needed) in reads.items()]


def _read(name: str, probe: Callable[[], object], needed: str) -> Check:
    try:
        probe()
    except OltError as error:
        refused = isinstance(error, ApiError) and error.status == 403
        fix = f"give the user or application {needed}" if refused else "see the hosts above"
        return Check(name, "failure", str(error), fix)
    return Check(name, "ok", needed)
