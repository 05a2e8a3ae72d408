from __future__ import annotations

import pytest
from hypothesis.internal.conjecture.providers import HypothesisProvider

from tests.emulated import shared_emulator
from tests.faults.wire import low_limit

__all__ = ["low_limit", "shared_emulator"]


@pytest.fixture(autouse=True)
def _same_runs_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis also draws constants of all modules that other tests of the process imported."""
    monkeypatch.setattr(HypothesisProvider, "_maybe_draw_constant", lambda *_args, **_kwargs: None)
