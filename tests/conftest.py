"""For all tests: no settings from outside, one engine for a session, the longest files first."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings
from typer.main import get_command

from tests.engine.harness import Engine
from tests.figures import pytest_terminal_summary
from tools.engine import find_engine
from tools.workspace import SetupError

__all__ = ["pytest_terminal_summary"]

TESTS: Final = Path(__file__).parent
SLOW: Final = (
    *("faults/test_matrix.py", "faults/test_concurrency.py", "model/test_model.py"),
    *(
        "test_packaging.py",
        "test_docs_site.py",
        "test_docs_emulator.py",
        "cli/test_emulator_command.py",
    ),
    *("emulator/test_openapi.py", "emulator/test_growth.py", "benchmarks/test_figures.py"),
)
"""Files that `make check` leaves out: simulations of whole stacks, and others that take seconds."""
LONGEST: Final = (
    *("engine/test_declared_applications_are_kept.py", "test_example_fleet.py"),
    *("model/test_model.py", "cli/test_review_comparison.py", "engine/test_interruption.py"),
    *("test_docs_run.py", "engine/test_secrecy.py", "engine/test_credentials.py"),
    *("faults/test_matrix.py", "engine/test_declared_across_providers.py"),
    *("engine/test_bad_input.py", "engine/test_growth.py", "engine/test_main_job.py"),
    *("engine/test_default_tenant.py", "engine/test_drift.py", "test_example_gitops.py"),
    *("engine/test_faults.py", "engine/test_explicit_provider.py", "test_examples.py"),
)
"""Files that workers start with, so that none of them ends long after the others."""

# A shell without job control ignores SIGINT in background processes, which all child processes
# inherit: the engine would wait 5 s for each plugin before it kills it.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in each run, so that only a change makes a test fail; test-long tries new ones.
settings.register_profile("short", deadline=None, database=None, derandomize=True, max_examples=15)
settings.register_profile("long", deadline=None, max_examples=300)
settings.load_profile("short")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out files of which no test is chosen, so that no worker imports them."""
    left_out = str(config.option.markexpr).split(" and ")
    slow = "not slow" in left_out and collection_path in {TESTS / name for name in SLOW}
    engine = "not engine" in left_out and collection_path == TESTS / "engine"
    return True if slow or engine else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow files, and put the longest files first, other engine tests next."""
    ranks = {TESTS / name: rank for rank, name in enumerate(LONGEST)}
    slow = {TESTS / name for name in SLOW}
    for item in items:
        if item.path in slow:
            item.add_marker(pytest.mark.slow)

    def rank(item: pytest.Item) -> tuple[int, bool]:
        return ranks.get(item.path, len(ranks)), item.get_closest_marker("engine") is None

    items.sort(key=rank)


@pytest.fixture(scope="session", autouse=True)
def _one_command_of_each_app() -> Iterator[None]:
    # CliRunner makes it of the app in each call, which takes longer than most commands
    with pytest.MonkeyPatch.context() as typer_testing:
        typer_testing.setattr("typer.testing._get_command", cache(get_command))
        yield


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tuple(os.environ):
        if name.startswith(("OLT_", "PULUMI_")):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _whole_tracebacks(monkeypatch: pytest.MonkeyPatch) -> None:
    # A reported error shortens the tracebacks of the process, which the SDK reads in constructors.
    monkeypatch.setattr(sys, "tracebacklimit", 1000, raising=False)


@pytest.fixture(scope="session")
def engine_folder() -> Path:
    """The folder of the real engine. Without one the tests fail instead of being skipped."""
    try:
        return find_engine(("path", "cache"))
    except SetupError as error:
        pytest.fail(f"`make engine` makes one: {error}", pytrace=False)


@pytest.fixture(scope="session")
def engine(engine_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(engine_folder, tmp_path_factory.mktemp("home"))
