"""From the dynamic form to the native one and back, with the states of released versions too."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.emulated import changes_in
from tests.engine import kept_states
from tests.engine.harness import Engine, Stack
from tests.engine.kept_states import STATES
from tests.native.stacks import NativeStack, native

APPLICATIONS: Final = {"full", "bare", "nobody", "adopted", "background"}


def operations(preview: dict[str, Any]) -> set[str]:
    """What a preview would do to applications and installations."""
    return {
        step["op"]
        for step in preview["steps"]
        if "pulumi:p" not in step["urn"] and "OltBackgroundApplication::" not in step["urn"]
    }


def types_of(stack: Stack) -> set[str]:
    return {
        each["type"]
        for each in stack.resources()
        if "olt" in each["type"] and "providers" not in each["type"]
    }


def secrets_of(stack: Stack) -> dict[str, str]:
    found = stack.outputs()
    return {key: found[key] for key in ("client_id", "client_secret")}


@pytest.mark.parametrize("version", sorted(path.name for path in STATES.iterdir()))
def test_state_of_a_released_version_migrates_without_changes_on_the_platform(
    version: str, engine: Engine, tmp_path: Any
) -> None:
    folder = STATES / version
    with kept_states.emulator(kept_states.seed_of(folder)) as emulator:
        kept = kept_states.load(folder, engine, tmp_path, emulator)
        stack = NativeStack(engine, kept.folder, kept.project, kept.env)
        stack.program(native((folder / "program.txt").read_text()))
        before = secrets_of(stack)
        preview = operations(stack.preview_json())
        assert preview <= {
            "update",
            "same",
            "read",
            "read-replacement",
            "discard",
            "discard-replaced",
        }
        stack.up()
        assert changes_in(emulator) == []
        assert secrets_of(stack) == before
        stack.destroy()
