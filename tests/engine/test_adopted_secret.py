"""A client secret that stays in ``adopt`` after a rotation, when the resource is replaced."""

from __future__ import annotations

from typing import Any

import pytest

from olt_provider.emulator import Emulator
from tests.engine.conftest import MakeStack
from tests.engine.harness import Result, Stack
from tests.engine.hosts import both_hosts_long
from tests.engine.olt import reaching
from tests.long import long

pytestmark = [both_hosts_long]

PROGRAM = """
import pulumi
from olt_provider import AdoptArgs, OltApplication

app = OltApplication(
    "app",
    status={status!r},
    adopt=AdoptArgs({adopt}),
    rotate_secret_when_changed={trigger!r},
    opts=pulumi.ResourceOptions({options}),
)
pulumi.export("client_id", app.client_id)
pulumi.export("client_secret", app.client_secret)
"""


class Adopted:
    """A stack that adopts an application with its secret, which was rotated since."""

    def __init__(self, emulator: Emulator, stack: Stack, owner: str, **declared: str) -> None:
        self.emulator, self.stack = emulator, stack
        self.existing: dict[str, Any] = emulator.platform.register(
            owner, name="app", allowed_tenants=[owner]
        )
        self._declared = {"status": "active", "options": "", **declared}
        self.stack.env.update(reaching(emulator, emulator.token(owner)))
        for trigger in ("1", "2"):
            self.declare(trigger)
            self.stack.up()

    def declare(self, trigger: str, *, secret: bool = True) -> None:
        adopt = repr(self.existing["id"])
        if secret:
            adopt += f", client_secret={self.existing['oauth2Client']['secret']!r}"
        values = {"adopt": adopt, "trigger": {"no": trigger}}
        self.stack.program(PROGRAM.format(**self._declared, **values))

    def secret_works(self) -> bool:
        outputs = self.stack.outputs()
        return self.emulator.platform.secret_is_valid(
            outputs["client_id"], outputs["client_secret"]
        )

    def replace(self, how: str, **options: Any) -> Result:
        urn = self.stack.resource("app")["urn"]
        if how == "taint":
            self.stack.run("state", "taint", urn, "--yes")
            return self.stack.up(**options)
        return self.stack.up("--replace", urn, **options)


@pytest.mark.parametrize("how", [long("taint"), "replace"])
def test_a_leftover_secret_never_replaces_the_working_one_of_the_state(
    emulator: Emulator, new_stack: MakeStack, owner: str, how: str
) -> None:
    """It is installed nowhere, so only that it is wrong can be proven."""
    adopted = Adopted(emulator, new_stack(""), owner)
    assert adopted.secret_works()
    result = adopted.replace(how, expect_failure=True)
    refuses = "the token endpoint refuses the declared client_secret"
    assert adopted.stack.text(refuses) in result.output
    assert adopted.secret_works()
    adopted.declare("2", secret=False)
    adopted.stack.up()
    assert adopted.secret_works()
    assert emulator.platform.application(adopted.existing["id"]) is not None


@pytest.mark.parametrize("options", ["", long("delete_before_replace=True")])
def test_a_leftover_secret_that_cannot_be_checked_fails_the_replacement(
    emulator: Emulator, new_stack: MakeStack, owner: str, options: str
) -> None:
    adopted = Adopted(emulator, new_stack(""), owner, status="inactive", options=options)
    result = adopted.replace("replace", expect_failure=True)
    assert "differs from the one in the state and may be dead" in result.output
    if options:
        assert adopted.secret_works()
    adopted.declare("3", secret=False)
    adopted.stack.up()
    assert adopted.secret_works()
    urn = adopted.stack.resource("app")["urn"]
    assert len([each for each in adopted.stack.resources() if each["urn"] == urn]) == 1
    assert emulator.platform.application(adopted.existing["id"]) is not None
