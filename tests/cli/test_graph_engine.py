"""``olt graph`` on previews of the real engine, with and without unchanged resources."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from olt_provider.cli.app import app
from olt_provider.emulator import TENANT_A, TENANT_B, Emulator
from tests.engine.harness import Engine
from tests.engine.olt import reaching_as

pytestmark = [pytest.mark.engine, pytest.mark.timeout(200)]

PROGRAM: Final = f"""
from olt_provider import OltApplication, OltInstallation
still = OltApplication("still", allowed_tenants={{{{{TENANT_A!r}: "ours"}}}})
moving = OltApplication("moving", allowed_tenants={{allowed!r}})
for name, each in (("still", still), ("moving", moving)):
    OltInstallation(name, application_id=each.id, tenant_id={TENANT_A!r})
"""


def test_unchanged_resources_are_drawn_where_the_preview_shows_them(
    engine: Engine, tmp_path: Path
) -> None:
    with Emulator.start() as emulator:
        stack = engine.stack(tmp_path, PROGRAM.format(allowed={TENANT_A: "ours"}))
        stack.env.update(reaching_as(emulator, TENANT_A, TENANT_B) | {"OLT_TENANT_ID": TENANT_A})
        stack.up()
        stack.program(PROGRAM.format(allowed={TENANT_A: "ours", TENANT_B: ""}))
        all_of_it = stack.run("preview", "--json", "--show-sames").stdout
        changes = stack.run("preview", "--json").stdout
    drawn = CliRunner().invoke(app, ["graph", "-"], input=all_of_it)
    assert drawn.stdout.splitlines() == [
        "flowchart LR",
        '  a0["moving"]',
        '  a1["still"]',
        f'  t0(["{TENANT_B}"])',
        '  t1(["ours #40;a0000000#41;"])',
        '  a0 == "gained: allowed" ==> t0',
        "  a0 --> t1",
        "  a1 --> t1",
        "  linkStyle 0 stroke:#1a7f37,stroke-width:3px",
    ]
    assert drawn.stderr == ""
    partly = CliRunner().invoke(app, ["graph", "-"], input=changes)
    assert '  a0 == "gained: allowed" ==> t0' in partly.stdout.splitlines()
    assert "make the preview with --show-sames" in partly.stderr
