"""States that an earlier version has written can be used by this one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final

import pytest

from olt_provider.emulator import Emulator
from tests.emulated import changes_in
from tests.engine import kept_states
from tests.engine.harness import Engine, Stack
from tests.engine.kept_states import EXTERNAL, STATES
from tests.engine.shown import blocks, changed_lines, values_of

WRITE: Final = bool(os.environ.get("WRITE_STATES"))
UNRELEASED: Final = "unreleased"
VERSIONS: Final = sorted({path.name for path in STATES.iterdir()} | {UNRELEASED})
MISSING: Final = "write the states of this version: see the top of test_state_compatibility.py"

pytestmark = [pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def fresh(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The resources in a state that this version has just written; kept if that is asked for."""
    with kept_states.emulator(kept_states.SEED) as emulator:
        stack = kept_states.deploy(engine, tmp_path_factory.mktemp("fresh"), emulator)
        if WRITE:
            kept_states.write(STATES / UNRELEASED, emulator, stack)
        return stack.resources()


@dataclass(repr=False)
class Story:
    """What each command did with a kept state."""

    before: dict[str, Any]
    refreshed: str
    after: dict[str, Any]
    updated: str
    changing_calls: list[str]
    secret_is_valid: bool
    left_on_platform: list[str]
    left_in_state: list[dict[str, Any]]


@pytest.fixture(scope="module", params=VERSIONS)
def story(
    request: pytest.FixtureRequest,
    fresh: list[dict[str, Any]],
    engine: Engine,
    tmp_path_factory: pytest.TempPathFactory,
) -> Story:
    folder = STATES / request.param
    assert folder.exists(), MISSING
    with kept_states.emulator(kept_states.seed_of(folder)) as emulator:
        stack = kept_states.load(folder, engine, tmp_path_factory.mktemp("kept"), emulator)
        return _use(stack, emulator)


def _use(stack: Stack, emulator: Emulator) -> Story:
    before = values_of(stack)
    for values in before.values():
        (values["inputs"] or {}).pop("adopt", None)  # the first look takes it, and its secret, out
    refreshed = stack.refresh("--diff").stdout
    after = values_of(stack)
    updated = stack.up("--diff").stdout
    changing_calls = changes_in(emulator)
    outputs = stack.outputs()
    valid = emulator.platform.secret_is_valid(outputs["client_id"], outputs["client_secret"])
    stack.destroy()
    left = [each["id"] for each in emulator.platform.applications()]
    return Story(before, refreshed, after, updated, changing_calls, valid, left, stack.resources())


def test_the_states_of_this_version_are_those_that_it_writes(
    fresh: list[dict[str, Any]],
) -> None:
    folder = STATES / UNRELEASED
    assert folder.exists(), MISSING
    assert (folder / "program.txt").read_text() == kept_states.PROGRAM, MISSING
    kept = kept_states.shapes(kept_states.resources_of(folder))
    assert kept == kept_states.shapes(fresh), MISSING


def test_a_refresh_finds_a_kept_state_unchanged(story: Story) -> None:
    assert blocks(story.refreshed) == {}
    assert story.after == story.before


def test_an_update_of_a_kept_state_changes_nothing(story: Story) -> None:
    shown = blocks(story.updated)
    assert set(shown) <= {("external", "read"), ("external-there", "read")}
    assert [line for block in shown.values() for line in changed_lines(block)] == []
    assert story.changing_calls == []


def test_the_secret_in_a_kept_state_is_alive(story: Story) -> None:
    assert story.secret_is_valid


def test_a_kept_state_can_be_destroyed(story: Story) -> None:
    assert story.left_in_state == []
    assert story.left_on_platform == [EXTERNAL]


@pytest.mark.parametrize("version", VERSIONS)
def test_no_kept_state_holds_a_secret_in_plain_text(version: str) -> None:
    folder = STATES / version
    seed, state = kept_states.seed_of(folder), (folder / "state.json").read_text()
    applications = [each for tenant in seed["tenants"] for each in tenant["applications"]]
    assert applications
    for each in applications:
        assert each["clientSecret"] not in state
