"""A year of scheduled runs without changes of the program, with a consumer after every step."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from olt_provider.emulator import Emulator
from tests.consumer import token_status
from tests.emulated import changes_in, new_tenant
from tests.engine.conftest import MakeStack
from tests.engine.harness import Stack
from tests.engine.moved_clock import move_clock
from tests.engine.olt import reaching

ROTATION: Final = "POST /application-developer/applications/{applicationId}/secret"
MONTH: Final = timedelta(days=30)
MONTHS: Final = 12
DEPLOYER_RUNS: Final = 3
"""Every how many months the deployer is deployed; the applications are each month."""
TENANT_ADDED, DRIFTED = 3, 5
RAISED: Final = {4: 2, 8: 3}
"""Month -> generation of the pair."""
AGED_DAYS: Final = 90
DEPLOYER_DAYS: Final = 200

DEPLOYER: Final = """
import pulumi
from olt_provider import OltBackgroundApplication

deployer = OltBackgroundApplication(
    "deployer", tenants={tenants!r}, rotate_secret_after_days={days}
)
pulumi.export("client_id", deployer.client_id)
pulumi.export("client_secret", deployer.client_secret)
"""
APPLICATIONS: Final = """
import pulumi
from olt_provider import OltBackgroundApplication, OltBackgroundApplicationPair

aged = OltBackgroundApplication(
    "aged", tenants={tenants!r}, rotate_secret_after_days={days}
)
pair = OltBackgroundApplicationPair("pair", generation={generation}, tenants={tenants!r})
pulumi.export("id", aged.application_id)
pulumi.export("aged", {{"client_id": aged.client_id, "client_secret": aged.client_secret}})
pulumi.export("pair", {{"client_id": pair.client_id, "client_secret": pair.client_secret}})
"""


@dataclass
class Consumer:
    """Fetches tokens with the outputs of the last run, and with earlier valid ones."""

    emulator: Emulator
    tenants: list[str]
    pairs: list[dict[str, str]] = field(default_factory=list)
    fetched: int = 0

    def fetch(self, outputs: dict[str, Any]) -> None:
        if outputs["pair"] not in self.pairs:
            self.pairs.append(outputs["pair"])
        for credentials in (outputs["aged"], *self.pairs[-2:]):
            for tenant in self.tenants:
                status = token_status(self.emulator.identity_url, tenant, credentials)
                assert status == 200, credentials["client_id"]
                self.fetched += 1


@dataclass
class Estate:
    """The deployer's stack, the applications' stack, and their clock."""

    emulator: Emulator
    deployer: Stack
    applications: Stack
    tenants: list[str]
    generation: int = 1
    clock: Path = Path()
    credentials: dict[str, str] = field(default_factory=dict, repr=False)

    def run(self, month: int, *arguments: str) -> dict[str, Any]:
        """Run the scheduled jobs of a month: the deployer first, then the applications."""
        for stack in (self.deployer, self.applications):
            move_clock(stack, self.clock, MONTH * month)
        if month % DEPLOYER_RUNS == 0:
            self._deploy_the_deployer()
        self.applications.program(
            APPLICATIONS.format(
                tenants=self.tenants[1:], generation=self.generation, days=AGED_DAYS
            )
        )
        self.applications.up(*arguments)
        return self.applications.outputs()

    def _deploy_the_deployer(self) -> None:
        self.deployer.program(DEPLOYER.format(tenants=self.tenants, days=DEPLOYER_DAYS))
        self.deployer.up()
        self.credentials = self.deployer.outputs()
        self.applications.env["OLT_CLIENT_ID"] = self.credentials["client_id"]
        self.applications.env["OLT_CLIENT_SECRET"] = self.credentials["client_secret"]


@pytest.fixture
def estate(emulator: Emulator, new_stack: MakeStack, owner: str, tmp_path: Path) -> Estate:
    tenants = [owner, new_tenant(emulator)]
    deployer, applications = new_stack(""), new_stack("")
    deployer.env.update(reaching(emulator, ""))
    del deployer.env["OLT_API_TOKEN"]
    applications.env.update(deployer.env)
    deployer.env["OLT_TENANT_ID"] = applications.env["OLT_TENANT_ID"] = owner
    estate = Estate(emulator, deployer, applications, tenants, clock=tmp_path / "clock")
    authenticate(estate)
    return estate


def authenticate(estate: Estate) -> None:
    """The deployer is deployed with tokens of the portal, which live as long as the test."""
    tokens = {tenant: estate.emulator.token(tenant) for tenant in estate.tenants}
    estate.deployer.env["OLT_TENANT_TOKENS"] = json.dumps(tokens)


@pytest.mark.timeout(1200)
def test_unattended_year_never_leaves_a_consumer_without_a_token(
    emulator: Emulator, estate: Estate
) -> None:
    consumer = Consumer(emulator, estate.tenants[1:])
    rotations: Counter[int] = Counter()
    outputs = estate.run(0)
    consumer.fetch(outputs)
    first = estate.credentials
    for month in range(1, MONTHS + 1):
        arguments: list[str] = []
        if month == TENANT_ADDED:
            estate.tenants.append(new_tenant(emulator))
            authenticate(estate)
        if month == DRIFTED:
            emulator.platform.patch(outputs["id"], teaserDescription="a manual change")
            emulator.platform.uninstall(outputs["id"], estate.tenants[-1])
            arguments = ["--refresh", "--run-program"]
        estate.generation = RAISED.get(month, estate.generation)
        emulator.clear_calls()
        outputs = estate.run(month, *arguments)
        rotations[month] = changes_in(emulator).count(ROTATION)
        consumer.tenants = estate.tenants[1:]
        consumer.fetch(outputs)
        if month == DRIFTED:
            held = emulator.platform.application(outputs["id"])
            assert held is not None
            assert not held.get("teaserDescription")
            installed = emulator.platform.installations(outputs["id"])
            assert {each["tenantId"] for each in installed} == set(estate.tenants[1:])
    by_age = [month for month in range(1, MONTHS + 1) if month * 30 % AGED_DAYS == 0]
    deployers = 9  # its first run in which its secret is older than 200 days
    expected = Counter([*by_age, *RAISED, deployers])
    assert +rotations == expected
    last = estate.credentials
    assert last["client_id"] == first["client_id"]
    assert last["client_secret"] != first["client_secret"]
    odd, even, odd_again = (each["client_id"] for each in consumer.pairs)
    assert odd == odd_again != even
    assert consumer.fetched > 3 * MONTHS
