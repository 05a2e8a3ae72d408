"""Stacks without an engine: a `pulumi` on PATH that prints a state and a configuration."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any, Final

import pytest

APPLICATION: Final = "pulumi-python:dynamic/olt:OltApplication"
INSTALLATION: Final = "pulumi-python:dynamic/olt:OltInstallation"

SCRIPT: Final = """#!/bin/sh
case "$1 $2" in "stack export") name=state ;; *) name=config ;; esac
exec /bin/cat {folder}/$name.json
"""


def use_stack(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    *resources: dict[str, Any],
    config: dict[str, str] | None = None,
) -> None:
    """Let `pulumi stack export` and `pulumi config --json` print these."""
    state = {"version": 3, "deployment": {"resources": list(resources)}}
    (folder / "state.json").write_text(json.dumps(state))
    (folder / "config.json").write_text(
        json.dumps(
            {key: {"value": value, "secret": False} for key, value in (config or {}).items()}
        )
    )
    command = folder / "pulumi"
    command.write_text(SCRIPT.format(folder=shlex.quote(str(folder))))
    command.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def application(made: dict[str, Any], api_url: str | None, name: str = "app") -> dict[str, Any]:
    """An application as a state holds it; ``made`` is the response to its registration."""
    outputs = {
        "tenant_id": made["tenantId"],
        "client_id": made["oauth2Client"]["id"],
        "client_secret": {
            "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
            "plaintext": json.dumps(made["oauth2Client"]["secret"]),
        },
        "allowed_tenants": {each["tenantId"]: "" for each in made["allowedTenants"]},
    }
    if api_url is not None:
        outputs["api_url"] = api_url
    urn = f"urn:pulumi:dev::shop::{APPLICATION}::{name}"
    return {"urn": urn, "type": APPLICATION, "id": made["id"], "outputs": outputs}


def installation(application_id: str, tenant_id: str) -> dict[str, Any]:
    """An installation as a state holds it."""
    return {
        "urn": f"urn:pulumi:dev::shop::{INSTALLATION}::here",
        "type": INSTALLATION,
        "id": f"{tenant_id}/{application_id}",
        "outputs": {"application_id": application_id, "tenant_id": tenant_id},
    }
