"""Drift: a manual change shows as the lines that differ, and is reconciled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from olt_provider.emulator import Emulator
from olt_provider.emulator.emulated_platform import EmulatedPlatform
from tests.emulated import changes_in
from tests.engine.harness import Engine, Stack
from tests.engine.hosts import Host, both_hosts
from tests.engine.olt import reaching_as
from tests.engine.shown import blocks, changed_lines, values_of

pytestmark = [both_hosts, pytest.mark.timeout(300)]

OWNER: Final = "0d000000-0000-4000-8000-00000000000a"
CUSTOMER: Final = "0d000000-0000-4000-8000-00000000000b"
STRANGER: Final = "0d000000-0000-4000-8000-00000000000c"
BOTH: Final = {OWNER: "the owner", CUSTOMER: "a customer"}
REFRESHED: Final = ("--refresh", "--run-program", "--diff")


@dataclass(frozen=True)
class Drift:
    """The declaration, the manual change, and the lines of the drift and of its reconciliation."""

    change: Callable[[EmulatedPlatform, str], object]
    found: str
    reconciled_line: str
    declared: Mapping[str, Any] = field(default_factory=dict)


DRIFTS: Final = {
    "renamed": Drift(
        lambda platform, id_: platform.patch(id_, name="Manual"),
        '~ name: "renamed" => "Manual"',
        '~ name: "Manual" => "renamed"',
    ),
    "url-changed": Drift(
        lambda platform, id_: platform.patch(id_, url="https://b.example"),
        '~ url: "https://a.example" => "https://b.example"',
        '~ url: "https://b.example" => "https://a.example"',
        {"url": "https://a.example"},
    ),
    "url-added": Drift(
        lambda platform, id_: platform.patch(id_, url="https://b.example"),
        '+ url: "https://b.example"',
        '- url: "https://b.example"',
    ),
    "redirect-uri-changed": Drift(
        lambda platform, id_: platform.patch(
            id_, redirectUris=["https://c.example", "https://a.example"]
        ),
        '~ [1]: "https://b.example" => "https://c.example"',
        '~ [1]: "https://c.example" => "https://b.example"',
        {"redirect_uris": ["https://b.example", "https://a.example"]},
    ),
    "description-changed": Drift(
        lambda platform, id_: platform.patch(id_, teaserDescription="Manual"),
        '~ teaser_description: "Declared" => "Manual"',
        '~ teaser_description: "Manual" => "Declared"',
        {"teaser_description": "Declared"},
    ),
    "tenant-allowed": Drift(
        lambda platform, id_: platform.allow(id_, STRANGER, "Manual"),
        f'+ {STRANGER}: "Manual"',
        f'- {STRANGER}: "Manual"',
        {"allowed_tenants": BOTH},
    ),
    "tenant-revoked": Drift(
        lambda platform, id_: platform.revoke(id_, CUSTOMER),
        f'- {CUSTOMER}: "a customer"',
        f'+ {CUSTOMER}: "a customer"',
        {"allowed_tenants": BOTH},
    ),
    "comment-changed": Drift(
        lambda platform, id_: platform.allow(id_, CUSTOMER, "Manual"),
        f'~ {CUSTOMER}: "a customer" => "Manual"',
        f'~ {CUSTOMER}: "Manual" => "a customer"',
        {"allowed_tenants": BOTH},
    ),
    "set-inactive": Drift(
        lambda platform, id_: platform.patch(id_, status="inactive"),
        '~ status: "active" => "inactive"',
        '~ status: "inactive" => "active"',
    ),
}
CHANGES: Final = Counter(  # what reconciles all of them, and the two that are gone
    {
        "PATCH /application-developer/applications/{applicationId}": 6,
        "PUT /application-developer/applications/{applicationId}/allowed-tenants/{tenantId}": 2,
        "DELETE /application-developer/applications/{applicationId}/allowed-tenants/{tenantId}": 1,
        "POST /application-developer/applications": 1,
        "PUT /applications/{applicationId}/installation": 1,
    }
)

PROGRAM: Final = f"""
from olt_provider import OltApplication, OltInstallation
owner, customer = {OWNER!r}, {CUSTOMER!r}
for name, declared in {{drifts!r}}.items():
    OltApplication(name, tenant_id=owner, **declared)
OltApplication("deleted", tenant_id=owner)
OltApplication("unmanaged", tenant_id=owner)
OltApplication("cleared", tenant_id=owner)
app = OltApplication(
    "untouched",
    tenant_id=owner.upper(),
    allowed_tenants={{{{customer.upper(): "", owner.upper(): None}}}},
    redirect_uris=["https://c.example", "https://b.example", "https://a.example"],
)
for tenant in (owner, customer):
    OltInstallation(
        f"in-{{{{tenant}}}}", application_id=app.id.apply(str.upper), tenant_id=tenant.upper()
    )
"""
UNINSTALLED: Final = f"in-{CUSTOMER}"


def harmless(emulator: Emulator, ids: Mapping[str, str]) -> None:
    """Make changes on the platform that are no deviation from the declaration."""
    platform = emulator.platform
    untouched, cleared, unmanaged = ids["untouched"], ids["cleared"], ids["unmanaged"]
    platform.patch(untouched, redirectUris=[f"https://{host}.example" for host in "bca"])
    platform.revoke(untouched, OWNER)
    platform.allow(untouched, OWNER)  # the last one now, with another createdAt
    platform.patch(untouched, name="untouched")  # another updatedAt
    for text in ("manual", ""):
        platform.patch(cleared, teaserDescription=text)
    for url in ("https://by.hand", None):
        platform.patch(cleared, url=url)
    for uris in (["https://by.hand"], []):
        platform.patch(cleared, redirectUris=uris)
    platform.allow(unmanaged, STRANGER, "manual")
    platform.install(unmanaged, STRANGER)


def held(platform: EmulatedPlatform, application_id: str) -> dict[str, Any]:
    """Return an application of the platform without times and order; unset values are absent."""
    found = platform.application(application_id)
    assert found is not None
    tenants = {each["tenantId"]: each["comment"] for each in found["allowedTenants"]}
    evened = found | {"allowedTenants": tenants, "redirectUris": set(found.get("redirectUris", ()))}
    return {key: value for key, value in evened.items() if value and key != "updatedAt"}


@dataclass(repr=False)
class Story:
    """The output and the effects of each step."""

    platform: EmulatedPlatform
    stack: Stack
    ids: dict[str, str]
    deployed: dict[str, dict[str, Any]]
    kept: dict[str, Any]
    refreshed: str
    kept_after_refresh: dict[str, Any]
    drifted: dict[tuple[str, str], str]
    reconciling: Counter[str]
    reconciled: str


@pytest.fixture(scope="module")
def story(host: Host, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """One stack, refreshed after harmless changes, then drifted, previewed and reconciled."""
    with Emulator.start() as emulator:
        yield _played(emulator, host, engine, tmp_path_factory.mktemp("drift"))


def _played(emulator: Emulator, host: Host, engine: Engine, folder: Path) -> Story:
    platform = emulator.platform
    for tenant_id in (OWNER, CUSTOMER, STRANGER):
        platform.add_tenant(tenant_id, "Drift")
    declared = {name: dict(drift.declared) for name, drift in DRIFTS.items()}
    stack = host.stack(engine, folder, PROGRAM.format(drifts=declared))
    stack.env.update(reaching_as(emulator, OWNER, CUSTOMER))

    stack.up()
    ids = {each["urn"].rsplit("::", 1)[1]: each.get("id", "") for each in stack.resources()}
    deployed = {name: held(platform, ids[name]) for name in (*DRIFTS, "untouched", "deleted")}
    before = values_of(stack)

    harmless(emulator, ids)
    refreshed = stack.refresh("--diff").stdout
    after = values_of(stack)

    for name, drift in DRIFTS.items():
        drift.change(platform, ids[name])
    platform.delete(ids["deleted"])
    platform.uninstall(ids["untouched"], CUSTOMER)
    drifted = blocks(stack.preview(*REFRESHED).stdout)

    emulator.clear_calls()
    stack.up(*REFRESHED)
    reconciling = Counter(changes_in(emulator))
    reconciled = stack.preview(*REFRESHED).stdout
    return Story(
        platform, stack, ids, deployed, before, refreshed, after, drifted, reconciling, reconciled
    )


def test_what_is_no_deviation_is_no_drift(story: Story) -> None:
    assert blocks(story.refreshed) == {}
    assert story.kept_after_refresh == story.kept


@pytest.mark.parametrize("name", DRIFTS)
def test_a_preview_shows_exactly_what_drifted(story: Story, name: str) -> None:
    drift = DRIFTS[name]
    assert changed_lines(story.drifted[name, "refresh"]) == [story.stack.text(drift.found)]
    assert changed_lines(story.drifted[name, "update"]) == [story.stack.text(drift.reconciled_line)]


def test_a_preview_shows_what_is_gone_and_will_be_there_again(story: Story) -> None:
    for name in ("deleted", UNINSTALLED):
        assert {line[0] for line in changed_lines(story.drifted[name, "refresh"])} == {"-"}
        assert (name, "create") in story.drifted


def test_a_preview_shows_nothing_else(story: Story) -> None:
    drifted = {(name, step) for name in DRIFTS for step in ("refresh", "update")}
    gone = {(name, step) for name in ("deleted", UNINSTALLED) for step in ("refresh", "create")}
    assert set(story.drifted) == drifted | gone


@pytest.mark.parametrize("name", DRIFTS)
def test_update_reconciles_what_drifted(story: Story, name: str) -> None:
    assert held(story.platform, story.ids[name]) == story.deployed[name]


def test_an_update_registers_what_was_deleted_again(story: Story) -> None:
    found = held(story.platform, story.stack.resource("deleted")["id"])
    its_own = {"id", "oauth2Client", "createdAt"}
    assert found["id"] != story.ids["deleted"]
    assert {key: found[key] for key in found.keys() - its_own} == {
        key: story.deployed["deleted"][key] for key in found.keys() - its_own
    }


def test_an_update_installs_what_was_uninstalled_again(story: Story) -> None:
    installed = story.platform.installations(story.ids["untouched"])
    assert {each["tenantId"] for each in installed} == {OWNER, CUSTOMER}


def test_reconciling_costs_one_call_for_each_deviation(story: Story) -> None:
    assert story.reconciling == CHANGES


def test_what_was_reconciled_shows_no_drift(story: Story) -> None:
    assert blocks(story.reconciled) == {}
