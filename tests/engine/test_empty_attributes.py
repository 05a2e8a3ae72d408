"""An empty ``.attrs`` file in the file backend, as a killed engine can leave it."""

from __future__ import annotations

import subprocess

from olt_provider.emulator import Emulator
from tests.engine.conftest import MakeStack
from tests.engine.hosts import both_hosts_long
from tests.engine.olt import application, counted, reaching

REMOVE = ["find", ".pulumi", "-name", "*.attrs", "-size", "0", "-print", "-delete"]


@both_hosts_long
def test_state_beside_an_empty_attributes_file_is_intact(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = new_stack(application(name="Sample"))
    stack.env.update(reaching(emulator, emulator.token(owner)))
    stack.up()
    stack.state_file.with_name(f"{stack.state_file.name}.attrs").write_bytes(b"")
    refused = stack.up(expect_failure=True).output
    assert "failed to load checkpoint" in refused
    assert "EOF" in refused
    counted(emulator)
    done = subprocess.run(REMOVE, cwd=stack.backend, capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == 1
    stack.up()
    assert counted(emulator) == [], "the state is the one before, so nothing changes"
