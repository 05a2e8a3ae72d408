"""Rotation in place: the same application and client, another secret."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from olt_provider.emulator import Emulator, Fault
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.hosts import both_hosts, both_hosts_long
from tests.engine.olt import application, counted, installed, reaching, steps_of

pytestmark = [both_hosts_long]

TOKEN = "/id/auth/realms/olt/protocol/openid-connect/token"


@pytest.fixture
def accepted(emulator: Emulator, owner: str) -> Callable[[str, str], bool]:
    """Whether the token endpoint takes a client's secret."""

    def ask(client_id: str, secret: str) -> bool:
        form = {"grant_type": "client_credentials", "client_id": client_id}
        response = requests.post(
            emulator.identity_url + TOKEN,
            data=form | {"client_secret": secret},
            headers={"tenant": owner},
            timeout=10,
        )
        return response.status_code == 200

    return ask


@both_hosts
def test_a_new_trigger_makes_a_new_secret_in_place_and_last(
    emulator: Emulator,
    new_stack: MakeStack,
    owner: str,
    accepted: Callable[[str, str], bool],
) -> None:
    def program(**declared: object) -> str:
        return installed(owner, allowed_tenants=[owner], **declared)

    stack: Stack = new_stack(program())
    stack.env.update(reaching(emulator, emulator.token(owner)))
    stack.up()
    before, application = stack.outputs(), stack.resource("app")["id"]
    counted(emulator)

    stack.program(program(name="Renamed", rotate_secret_when_changed={"month": "2026-11"}))
    preview = stack.preview_json()
    assert steps_of(preview) == {"app": "update"}
    stops = f"the present secret of client {before['client_id']} stops working at once"
    assert [each for each in preview["diagnostics"] if stops in each["message"]]
    emulator.add_fault(Fault(method="POST", path="**/secret", kind="reset_after", times=1))
    assert stops in stack.up().output
    # The rotation whose response was lost is repeated.
    assert counted(emulator) == ["PATCH", "POST", "POST"]
    after = stack.outputs()
    assert stack.resource("app")["id"] == application
    assert after["client_id"] == before["client_id"]
    assert not accepted(before["client_id"], before["client_secret"])
    assert accepted(after["client_id"], after["client_secret"])

    stack.program(program(name="Renamed"))
    stack.up()
    # The two of ``accepted``; removing the input makes none.
    assert counted(emulator) == ["POST"] * 2
    assert stack.outputs() == after


def test_failed_rotation_keeps_the_state_and_the_next_up_repeats_it(
    emulator: Emulator, new_stack: MakeStack, owner: str, accepted: Callable[[str, str], bool]
) -> None:
    stack = new_stack(installed(owner, allowed_tenants=[owner]))
    stack.env.update(reaching(emulator, emulator.token(owner)))
    stack.up()
    stack.program(
        installed(owner, allowed_tenants=[owner], rotate_secret_when_changed={"month": "12"})
    )
    emulator.add_fault(
        Fault(method="POST", path="**/secret", kind="status", status=500, times=None)
    )
    result = stack.up(expect_failure=True)
    assert "run `pulumi up` again to finish it" in result.output
    emulator.clear_faults()
    stack.up()
    outputs = stack.outputs()
    assert accepted(outputs["client_id"], outputs["client_secret"])


UNKNOWN_TRIGGER = """
import pulumi
from olt_provider import OltApplication

by = OltApplication("by")
app = OltApplication("app", rotate_secret_when_changed={"by": by.client_id})
"""


def test_preview_with_an_unknown_trigger_warns_that_the_secret_may_stop_working(
    emulator: Emulator, new_stack: MakeStack, owner: str
) -> None:
    stack = new_stack(application(rotate_secret_when_changed={"by": "1"}))
    stack.env.update(reaching(emulator, emulator.token(owner)))
    stack.up()
    client = stack.outputs()["client_id"]
    stack.program(UNKNOWN_TRIGGER)
    shown = stack.preview().output
    not_known = "rotate_secret_when_changed is not known yet, so its client secret may be"
    assert stack.text(not_known) in shown
    assert f"then the present secret of client {client} stops working at once" in shown
    assert f"the present secret of client {client} stops working" in stack.up().output
