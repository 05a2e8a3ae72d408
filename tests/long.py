"""Parameters that only ``make test-long`` tries: variants of what another one of the test shows."""

from __future__ import annotations

from typing import Any

import pytest
from _pytest.mark import ParameterSet


def long(*values: Any, **options: Any) -> ParameterSet:
    """Mark the parameters of one variant."""
    return pytest.param(*values, marks=pytest.mark.long, **options)
