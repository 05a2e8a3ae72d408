"""A state that an earlier version of the native form has written can be used by this one.

The state is kept in ``states/unreleased``. Where what is kept changes, write it again:

    WRITE_STATES=1 .venv/bin/python -m pytest tests/native/test_state_compatibility.py
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from tests.emulated import changes_in
from tests.engine import kept_states
from tests.engine.harness import Engine, Stack
from tests.engine.shown import blocks, values_of
from tests.native.stacks import NativeStack, native, new_native_stack

STATE: Final = Path(__file__).parent / "states" / "unreleased"
PROGRAM: Final = native(kept_states.PROGRAM)
WRITE: Final = bool(os.environ.get("WRITE_STATES"))
MISSING: Final = "write the state of this version: see the top of test_state_compatibility.py"


def outputs_of(stack: Stack) -> dict[str, Any]:
    """The ID and the outputs of each resource."""
    return {
        urn: {key: values[key] for key in ("id", "outputs")}
        for urn, values in values_of(stack).items()
    }


def without_providers(shapes: dict[str, Any]) -> dict[str, Any]:
    """The shapes without those of providers, whose names hold the version."""
    return {urn: each for urn, each in shapes.items() if "pulumi:providers:" not in urn}


def test_state_of_this_version_is_the_one_that_it_writes(engine: Engine, tmp_path: Path) -> None:
    with kept_states.emulator(kept_states.SEED) as emulator:
        stack = new_native_stack(engine, tmp_path, PROGRAM)
        kept_states.prepare(stack, emulator)
        stack.up()
        if WRITE:
            kept_states.write(STATE, emulator, stack, PROGRAM)
        fresh = kept_states.shapes(stack.resources())
    assert (STATE / "program.txt").read_text() == PROGRAM, MISSING
    kept = kept_states.shapes(kept_states.resources_of(STATE))
    assert without_providers(kept) == without_providers(fresh), MISSING


def test_kept_state_is_refreshed_updated_and_destroyed(engine: Engine, tmp_path: Path) -> None:
    with kept_states.emulator(kept_states.seed_of(STATE)) as emulator:
        loaded: Stack = kept_states.load(STATE, engine, tmp_path, emulator)
        stack = NativeStack(engine, loaded.folder, loaded.project, loaded.env)
        stack.program((STATE / "program.txt").read_text())
        before = outputs_of(stack)
        assert blocks(stack.refresh("--diff").stdout) == {}
        assert outputs_of(stack) == before

        updated = blocks(stack.up("--diff").stdout)
        assert set(updated) <= {("external", "read"), ("external-there", "read")}
        assert changes_in(emulator) == []
        outputs = stack.outputs()
        assert emulator.platform.secret_is_valid(outputs["client_id"], outputs["client_secret"])

        stack.program(stack_with_another_name())
        stack.up()
        names = {each["name"] for each in emulator.platform.applications()}
        assert "Renamed" in names
        assert "Sample" not in names
        stack.destroy()
        left = [each["id"] for each in emulator.platform.applications()]
        assert left == [kept_states.EXTERNAL]
        assert stack.resources() == []


def stack_with_another_name() -> str:
    """The kept program with another name of one application."""
    return (STATE / "program.txt").read_text().replace('name="Sample"', 'name="Renamed"')


def test_kept_state_holds_no_secret_in_plain_text() -> None:
    seed, state = kept_states.seed_of(STATE), (STATE / "state.json").read_text()
    applications = [each for tenant in seed["tenants"] for each in tenant["applications"]]
    assert applications
    for each in applications:
        assert each["clientSecret"] not in state
