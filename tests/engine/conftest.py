"""Fixtures of the engine tests: each test gets a stack in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.emulated import emulator, owner, shared_emulator
from tests.engine.harness import Engine, Stack
from tests.engine.hosts import DYNAMIC, Host, pytest_generate_tests

__all__ = ["emulator", "owner", "pytest_generate_tests", "shared_emulator"]

MakeStack = Callable[[str], Stack]

# Seconds; a walk through a whole life is some twenty calls of the CLI, 2 s each on an idle machine.
TIMEOUT = 400


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.engine)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(TIMEOUT))


@pytest.fixture(scope="module")
def host(request: pytest.FixtureRequest) -> Host:
    """The form of the provider; the dynamic one, unless the test is marked for both."""
    found: Host = getattr(request, "param", DYNAMIC)
    return found


@pytest.fixture
def new_stack(engine: Engine, tmp_path: Path, host: Host) -> MakeStack:
    """Make a new stack from a program; several times in a test, if need be."""
    made: list[Stack] = []

    def make(program: str) -> Stack:
        folder = tmp_path / f"stack-{len(made)}"
        folder.mkdir()
        made.append(host.stack(engine, folder, program))
        return made[-1]

    return make
