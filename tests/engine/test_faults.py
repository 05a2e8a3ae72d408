"""After a fault at any changing call, a plain `pulumi up` converges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pytest

from olt_provider.emulator import Emulator, Fault
from tests.emulated import new_tenant
from tests.engine.harness import Engine, Stack
from tests.engine.hosts import Host, both_hosts_long
from tests.engine.olt import reaching
from tests.long import long

pytestmark = [both_hosts_long]

APPLICATIONS: Final = "/application-developer/applications"
HELD: Final = ("registered", "another name", "rotated", "installed")
CHANGES: Final = ("registration", "patch", "secret", "installation", "delete")

HEAD: Final = """
import pulumi
from olt_provider import OltApplication, OltInstallation

def application(resource_name, **declared):
    return OltApplication(resource_name, allowed_tenants=[{owner!r}], **declared)
"""
BEFORE: Final = """
application("renamed")
application("rotated")
application("installed")
application("deleted")
"""
AFTER: Final = """
registered = application("registered")
application("renamed", name="another name")
rotated = application("rotated", rotate_secret_when_changed={"no": "2"})
OltInstallation("installation", application_id=application("installed").id)
for app in (registered, rotated):
    pulumi.export(app._name, {"id": app.client_id, "secret": app.client_secret})
"""

SPOILED: Final[dict[str, dict[str, Any]]] = {
    "reset_after": {"kind": "reset_after"},
    "truncate": {"kind": "truncate"},
    "503": {"kind": "status", "status": 503},
    "401": {"kind": "status", "status": 401},
}
BUSY: Final[dict[str, Any]] = {"kind": "status", "status": 429, "retry_after": 1}


@dataclass(frozen=True)
class Walk:
    """A stack whose five changes have met a fault each, and which should have converged."""

    emulator: Emulator
    owner: str
    stack: Stack
    faults: Mapping[str, Fault]

    @cached_property
    def outputs(self) -> dict[str, Any]:
        return self.stack.outputs()

    def met(self, change: str) -> bool:
        """Whether the call of a change has met its fault, once."""
        return self.faults[change].fired == 1

    def held(self, name: str) -> list[str]:
        """The IDs of the platform's applications with a name."""
        applications = self.emulator.platform.applications(self.owner)
        return [each["id"] for each in applications if each["name"] == name]

    def id_of(self, resource: str) -> str:
        """The ID in the state."""
        return str(self.stack.resource(resource)["id"])

    def secret_is_valid(self, resource: str) -> bool:
        """Whether the platform accepts the secret in the stack's outputs."""
        client = self.outputs[resource]
        return self.emulator.platform.secret_is_valid(client["id"], client["secret"])


@contextmanager
def before_the_change(host: Host, engine: Engine, folder: Path) -> Iterator[Walk]:
    """A stack with the program of the change, not yet deployed; its faults are not yet set."""
    with Emulator.start() as emulator:
        owner = new_tenant(emulator)
        stack = host.stack(engine, folder, HEAD.format(owner=owner) + BEFORE)
        stack.env.update(reaching(emulator, emulator.token(owner)))
        stack.up()
        stack.program(HEAD.format(owner=owner) + AFTER)
        yield Walk(emulator, owner, stack, {})


def spoil(walk: Walk, spoiled: Mapping[str, Mapping[str, Any]]) -> Walk:
    """Let each change meet its fault, once."""
    calls = {
        "registration": ("POST", APPLICATIONS),
        "patch": ("PATCH", f"{APPLICATIONS}/{walk.id_of('renamed')}"),
        "secret": ("POST", f"{APPLICATIONS}/{walk.id_of('rotated')}/secret"),
        "installation": ("PUT", f"/applications/{walk.id_of('installed')}/installation"),
        "delete": ("DELETE", f"{APPLICATIONS}/{walk.id_of('deleted')}"),
    }
    faults = {
        change: walk.emulator.add_fault(Fault(method=method, path=path, **spoiled[change]))
        for change, (method, path) in calls.items()
    }
    return replace(walk, faults=faults)


def not_whole(walk: Walk) -> list[str]:
    """The changes after which platform and state are not what the program declares."""
    (installation,) = walk.emulator.platform.installations() or ({},)
    kept = walk.stack.resource("rotated")["outputs"]["rotate_secret_when_changed"]
    whole = {
        "registration": walk.held("registered") == [walk.id_of("registered")]
        and walk.secret_is_valid("registered"),
        "patch": walk.held("another name") == [walk.id_of("renamed")]
        and walk.stack.resource("renamed")["outputs"]["name"] == "another name",
        "secret": walk.secret_is_valid("rotated") and kept == {"no": "2"},
        "installation": installation.get("applicationId") == walk.id_of("installed")
        and walk.id_of("installation") == f"{walk.owner}/{walk.id_of('installed')}",
        "delete": walk.held("deleted") == []
        and not any(each["urn"].endswith("::deleted") for each in walk.stack.resources()),
    }
    held = [each["name"] for each in walk.emulator.platform.applications(walk.owner)]
    assert sorted(held) == sorted(HELD)
    return [change for change in CHANGES if not (whole[change] and walk.met(change))]


@pytest.mark.parametrize("fault", ["reset_after", "401", long("truncate"), long("503")])
def test_after_a_fault_at_every_change_a_plain_up_converges(
    host: Host,
    engine: Engine,
    tmp_path: Path,
    fault: str,
    record_property: Callable[[str, object], None],
) -> None:
    with before_the_change(host, engine, tmp_path) as before:
        walk = spoil(before, dict.fromkeys(CHANGES, SPOILED[fault]))
        env = {"OLT_MAX_RETRIES": "0"}
        # Without the flag the first failure would keep the other changes from their faults.
        walk.stack.up("--continue-on-error", env=env, expect_failure=True)
        walk.stack.up(env=env)
        assert not_whole(walk) == []
    for _ in CHANGES:
        record_property("counted", "changes that met a fault on the real engine")


def test_with_retries_one_up_is_enough(host: Host, engine: Engine, tmp_path: Path) -> None:
    spoiled = dict.fromkeys(CHANGES, SPOILED["503"])
    with before_the_change(host, engine, tmp_path) as before:
        walk = spoil(before, spoiled | {"registration": BUSY, "patch": SPOILED["reset_after"]})
        walk.stack.up()
        assert not_whole(walk) == []
