"""examples/deployer: users' credentials make a deployer once, which then deploys."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml

from olt_provider.emulator import Emulator
from tests.emulated import calls_of, emulator, new_tenant, owner, shared_emulator
from tests.engine.harness import Engine, Stack
from tools.workspace import ROOT

__all__ = ["emulator", "owner", "shared_emulator"]

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]

EXAMPLE = ROOT / "examples" / "deployer"
TOKEN = "/id/auth/realms/olt/protocol/openid-connect/token"


def stack_of(name: str, engine: Engine, folder: Path, emulator: Emulator, owner: str) -> Stack:
    source = EXAMPLE / name
    project = yaml.safe_load((source / "Pulumi.yaml").read_text())["name"]
    folder = folder / name
    folder.mkdir()
    stack = engine.stack(folder, (source / "__main__.py").read_text(), project=project)
    stack.config("olt:tenantId", owner)
    stack.env.update(OLT_API_URL=emulator.api_url, OLT_IDENTITY_URL=emulator.identity_url)
    return stack


def where(emulator: Emulator, name: str, owner: str) -> set[str]:
    """The tenants that have the owner's one application of this name."""
    (found,) = (each for each in emulator.platform.applications(owner) if each["name"] == name)
    return {each["tenantId"] for each in emulator.platform.installations(found["id"])}


def portal(emulator: Emulator, *tenants: str) -> dict[str, str]:
    """What a person has who copied API tokens from the portal."""
    return {"OLT_TENANT_TOKENS": json.dumps({each: emulator.token(each) for each in tenants})}


def test_a_deployer_deploys_to_its_tenants_and_to_one_that_is_added_later(
    engine: Engine, tmp_path: Path, emulator: Emulator, owner: str
) -> None:
    first, second, late = (new_tenant(emulator) for _ in range(3))
    bootstrap = stack_of("bootstrap", engine, tmp_path, emulator, owner)
    bootstrap.config("tenants", json.dumps([first, second]))
    bootstrap.up(env=portal(emulator, owner, first, second))
    assert where(emulator, "Deployer", owner) == {owner, first, second}

    outputs = bootstrap.outputs()
    applications = stack_of("applications", engine, tmp_path, emulator, owner)
    applications.env["DEPLOYER_CLIENT_ID"] = outputs["client_id"]
    applications.env["DEPLOYER_CLIENT_SECRET"] = outputs["client_secret"]
    applications.config("tenants", json.dumps([first, second]))
    emulator.clear_calls()
    applications.up()
    assert where(emulator, "Reporting", owner) == {first, second}
    fetched = Counter(call.tenant for call in calls_of(emulator) if call.path == TOKEN)
    assert fetched == {owner: 1, first: 1, second: 1}
    assert outputs["client_secret"] not in applications.state_file.read_text()

    # other credentials of the environment are not used
    applications.env["OLT_API_TOKEN"] = emulator.token(first)
    applications.refresh()
    del applications.env["OLT_API_TOKEN"]

    applications.config("tenants", json.dumps([first, second, late]))
    refused = applications.up(expect_failure=True).output
    assert f"the application has to be active and installed in tenant {late}" in refused

    # the tokens of the first day have died; an installation that stays needs none
    bootstrap.config("tenants", json.dumps([first, second, late]))
    bootstrap.up(env=portal(emulator, owner, late))
    assert where(emulator, "Deployer", owner) == {owner, first, second, late}
    applications.up()
    assert where(emulator, "Reporting", owner) == {first, second, late}
    assert len(emulator.platform.applications(owner)) == 2
