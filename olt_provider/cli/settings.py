"""Settings of a command, from the environment and, with ``--stack`` or ``--cwd``, from a stack."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from olt_provider.api.client import OltClient
from olt_provider.api.errors import ConfigurationError
from olt_provider.api.ids import canonical_id, segment
from olt_provider.settings import Settings

SECONDS: Final = 120


def load_settings(stack: str | None, cwd: Path | None) -> Settings:
    """Read the settings as the provider does; without a stack or folder, from the environment only.

    Raises ``ConfigurationError``.
    """
    values: dict[str, Any] = {}
    if stack is not None or cwd is not None:
        printed = pulumi(["config", "--json", "--show-secrets"], stack, cwd)
        if not isinstance(printed, dict):
            raise ConfigurationError("`pulumi config --json` printed something unexpected")
        values = {key: _value(each) for key, each in printed.items()}
    return Settings.load(values.get, os.environ, keys=values)


def tenants_of(settings: Settings, client: OltClient) -> list[str]:
    """Return the tenants of the credentials, else the configured one."""
    held = {key: value.get_secret_value() for key, value in settings.credentials}
    if "tenantTokens" in held:
        return sorted(json.loads(held["tenantTokens"]))
    tenant = client.tokens.tenant() or settings.tenant_id
    return [tenant] if tenant else []


def owners(given: Sequence[str], settings: Settings, client: OltClient) -> list[str]:
    """Return the tenants of the options, else those of the credentials.

    Raises ``ConfigurationError`` if there are none.
    """
    if given:
        return [segment(canonical_id(each), what="tenant ID") for each in given]
    named = tenants_of(settings, client)
    if not named:
        raise ConfigurationError(
            "no tenant: give --tenant, or set olt:tenantId, because these credentials work for "
            "several tenants"
        )
    return named


def _value(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return None
    # a value that was set with --path is printed as an object, but the provider reads its JSON
    return entry.get("value")


def pulumi(arguments: Sequence[str], stack: str | None, cwd: Path | None) -> Any:
    """Run a command of the Pulumi CLI and return the JSON that it prints.

    Raises ``ConfigurationError`` if it cannot be run or fails. Of its output only the CLI's
    one-line error is quoted, because the rest may contain secrets.
    """
    name = f"pulumi {' '.join(arguments[:2])}"
    found = shutil.which("pulumi")
    if found is None:
        raise ConfigurationError("no `pulumi` on PATH, which --stack and --cwd need")
    named = ["--stack", stack] if stack else []
    try:
        done = subprocess.run(  # noqa: S603 (arguments are a list, no shell)
            [found, *arguments, *named, "--non-interactive", "--color", "never"],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ConfigurationError(f"`{name}` took longer than {SECONDS} s") from None
    except OSError as error:
        raise ConfigurationError(f"`{name}` cannot be run: {error.strerror}") from None
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
        reason = errors[0][:300] if errors else f"exit code {done.returncode}, without an error"
        raise ConfigurationError(f"`{name}` failed: {reason}")
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise ConfigurationError(f"`{name}` did not print JSON") from None
