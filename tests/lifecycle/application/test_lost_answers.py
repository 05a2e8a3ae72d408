"""A call whose answer was lost may have been carried out, whatever its repetition is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from olt_provider.emulator import Emulator, Fault
from olt_provider.lifecycle.application import operations
from olt_provider.lifecycle.application.model import ApplicationInputs
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.platform import Platform

Connect = Callable[..., Platform]


@pytest.mark.parametrize("lost", [{"kind": "reset_after"}, {"kind": "status", "status": 503}])
@pytest.mark.parametrize("told", [403, 429])
def test_a_change_that_was_refused_when_it_was_repeated_says_what_to_run(
    emulator: Emulator, connect: Connect, owner: str, lost: dict[str, Any], told: int
) -> None:
    platform = connect(owner)
    state = operations.create(platform, ApplicationInputs(name="Sample", tenant_id=owner))
    emulator.add_fault(Fault(method="PATCH", times=1, when="after", **lost))
    emulator.add_fault(Fault(method="PATCH", kind="status", status=told, times=9))
    with pytest.raises(LifecycleError, match="up --refresh --run-program"):
        operations.update(platform, state, replace(state.inputs, name="New"))
    application = emulator.platform.application(state.id)
    assert application is not None
    assert application["name"] == "New"


def test_a_rotation_that_was_refused_when_it_was_repeated_says_that_the_secret_may_be_dead(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    platform = connect(owner)
    state = operations.create(platform, ApplicationInputs(name="Sample", tenant_id=owner))
    emulator.add_fault(Fault(method="POST", path="**/secret", kind="reset_after", times=1))
    emulator.add_fault(Fault(method="POST", path="**/secret", kind="status", status=403, times=9))
    with pytest.raises(LifecycleError, match="may be dead"):
        operations.update(
            platform, state, replace(state.inputs, rotate_secret_when_changed={"on": "monday"})
        )
