"""Fixtures of the native plugin's tests on the engine: each gets a stack of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.emulated import emulator, owner, shared_emulator
from tests.engine.harness import Engine, Stack
from tests.native import plugin
from tests.native.plugin import Plugin
from tests.native.stacks import new_native_stack

__all__ = ["emulator", "owner", "shared_emulator"]

MakeStack = Callable[[str], Stack]
TIMEOUT = 400


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not item.path.is_relative_to(Path(__file__).parent):
            continue
        if "engine" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.engine)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(TIMEOUT))


@pytest.fixture(scope="module")
def started() -> Iterator[Plugin]:
    """A plugin that the tests of a module share."""
    with plugin.running() as running:
        yield running


@pytest.fixture
def new_stack(engine: Engine, tmp_path: Path) -> MakeStack:
    """Make a new stack whose resources the native plugin of this checkout provides."""
    made: list[Stack] = []

    def make(program: str) -> Stack:
        folder = tmp_path / f"stack-{len(made)}"
        folder.mkdir()
        made.append(new_native_stack(engine, folder, program))
        return made[-1]

    return make
