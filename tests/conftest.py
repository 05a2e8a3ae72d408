"""What holds for all tests: no settings of whoever runs them, and one engine for a session."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.engine.harness import Engine
from tests.figures import pytest_terminal_summary
from tools.engine import find_engine
from tools.workspace import SetupError

__all__ = ["pytest_terminal_summary"]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tuple(os.environ):
        if name.startswith(("OLT_", "PULUMI_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def engine_folder() -> Path:
    """Where the real engine lies. Without one the tests fail: they prove nothing when skipped."""
    try:
        return find_engine(("path", "cache"))
    except SetupError as error:
        pytest.fail(f"`make engine` makes one: {error}", pytrace=False)


@pytest.fixture(scope="session")
def engine(engine_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(engine_folder, tmp_path_factory.mktemp("home"))
