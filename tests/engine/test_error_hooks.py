"""Error hooks, with which a program lets the engine repeat a failed operation."""

from __future__ import annotations

from typing import Any

import pytest

from olt_provider.emulator import Emulator, Fault
from tests.emulated import calls_of
from tests.engine.conftest import MakeStack
from tests.engine.hosts import both_hosts_long
from tests.engine.olt import reaching
from tests.long import long

pytestmark = [both_hosts_long]

PROGRAM = """
import pulumi
from olt_provider import OltApplication

tries = []

def again(args):
    tries.append(args.failed_operation)
    return len(tries) < 4

hook = pulumi.ErrorHook("again", again)
app = OltApplication(
    "app",
    status="inactive",
    prevent_duplicate_name={unique},
    opts=pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(on_error=[hook])),
)
pulumi.export("client_id", app.client_id)
pulumi.export("client_secret", app.client_secret)
"""
APPLICATIONS = "/application-developer/applications"
How = dict[str, Any]
REFUSED: How = {"kind": "status", "status": 403}
FAULTS: dict[str, tuple[How, How]] = {
    "not looked up": ({"kind": "reset_after"}, {"method": "GET", "path": APPLICATIONS, "after": 1}),
    "no secret": ({"kind": "reset_after"}, {"method": "POST", "path": f"{APPLICATIONS}/*/secret"}),
    "not undone": ({}, {"method": "DELETE", "path": f"{APPLICATIONS}/*"}),
}


@pytest.mark.parametrize("unique", [long(True), False], ids=["unique name", "any name"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_creation_that_a_hook_repeats_never_registers_a_second_application(
    emulator: Emulator, new_stack: MakeStack, owner: str, fault: str, unique: bool
) -> None:
    lost, then = FAULTS[fault]
    stack = new_stack(PROGRAM.format(unique=unique))
    stack.env.update(reaching(emulator, emulator.token(owner)) | {"OLT_MAX_RETRIES": "0"})
    if lost:
        emulator.add_fault(Fault(method="POST", path=APPLICATIONS, times=1, **lost))
    else:
        emulator.add_fault(Fault(method="PATCH", times=1, **REFUSED))
    emulator.add_fault(Fault(times=2, **then, **REFUSED))
    stack.up()
    (application,) = emulator.platform.applications(owner)
    assert stack.resource("app")["id"] == application["id"]
    outputs = stack.outputs()
    assert emulator.platform.secret_is_valid(outputs["client_id"], outputs["client_secret"])
    posts = [call for call in calls_of(emulator) if call.template == APPLICATIONS]
    assert [call.method for call in posts].count("POST") == 1
