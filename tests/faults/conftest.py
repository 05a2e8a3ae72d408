from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulated import emulator, owner, shared_emulator
from tests.faults.wire import Crossing, low_limit
from tests.faults.wire import crossing as make_crossing

__all__ = ["emulator", "low_limit", "owner", "shared_emulator"]


@pytest.fixture(scope="module")
def crossing() -> Iterator[Crossing]:
    # not for the session: it changes requests for every test of the process
    with make_crossing() as made:
        yield made
