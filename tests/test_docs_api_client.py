"""The examples of the page on the API client run, against the emulator and without Pulumi."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from olt_provider.api.hosts import Hosts
from olt_provider.emulator import Emulator
from tests.documents import DOCS, blocks
from tests.emulated import emulator, new_tenant, owner, shared_emulator

__all__ = ["emulator", "owner", "shared_emulator"]

FIRST, WHOLE = (block.text for block in blocks("python", DOCS / "api_client.md"))
NO_PULUMI = "import sys; sys.modules['pulumi'] = None\n"


def run(program: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", NO_PULUMI + program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_application_is_registered_allowed_installed_and_used(
    emulator: Emulator, owner: str
) -> None:
    customer = new_tenant(emulator)
    printed = run(
        WHOLE,
        OWNER=owner,
        CUSTOMER=customer,
        OWNER_TOKEN=emulator.token(owner),
        CUSTOMER_TOKEN=emulator.token(customer),
        API_URL=emulator.api_url,
        IDENTITY_URL=emulator.identity_url,
    )
    assert printed == f"['{customer}']\n"
    (application,) = emulator.platform.applications(owner)
    assert application["name"] == "reporting"


def test_an_api_token_is_all_that_the_first_example_needs(
    emulator: Emulator, owner: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    application = emulator.platform.register(owner, name="reporting")
    hosts = {"prod": Hosts(emulator.api_url, emulator.identity_url)}
    monkeypatch.setattr("olt_provider.api.options.ENVIRONMENTS", hosts)
    exec(FIRST.replace("<API token of the portal>", emulator.token(owner)), {})  # noqa: S102
    assert capsys.readouterr().out == f"{application['id']} reporting active\n"
