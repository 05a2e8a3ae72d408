"""The resources that a pair of background applications declares, without the engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, settings

from olt_provider import OltBackgroundApplicationPair
from tests.outputs import event_loop

__all__ = ["event_loop"]

TENANTS = ["a0000000-0000-4000-8000-00000000000a", "b0000000-0000-4000-8000-00000000000b"]


class Platform(mocks.Mocks):
    """Records what is declared, and returns a client for each application."""

    def __init__(self) -> None:
        self.declared: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.declared[args.name] = dict(args.inputs)
        secret = {"client_id": f"client of {args.name}", "client_secret": f"secret of {args.name}"}
        return f"id of {args.name}", {**args.inputs, **secret}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], None]:
        return {}, None


@pytest.fixture
def platform(event_loop: None) -> Iterator[Platform]:
    platform = Platform()
    mocks.set_mocks(platform)
    yield platform
    settings.reset_options()


def declare(**arguments: Any) -> dict[str, Any]:
    """The outputs of a pair."""
    found: dict[str, Any] = {}

    def run() -> pulumi.Output[None]:
        pair = OltBackgroundApplicationPair("app", **arguments)
        outputs = {
            "application_id": pair.application_id,
            "client_id": pair.client_id,
            "client_secret": pair.client_secret,
            "previous_client_id": pair.previous_client_id,
            "generation": pair.generation,
        }
        return pulumi.Output.all(**outputs).apply(found.update)

    run_with_mocks: Any = pulumi.runtime.test
    run_with_mocks(run)()
    return found


@pytest.mark.parametrize(
    ("generation", "current", "previous", "triggers"),
    [(1, "a", "b", (1, 0)), (2, "b", "a", (1, 2)), (3, "a", "b", (3, 2)), (10, "b", "a", (9, 10))],
)
def test_generation_selects_and_is_the_trigger_of_the_one_that_it_selects(
    platform: Platform,
    generation: int,
    current: str,
    previous: str,
    triggers: tuple[int, int],
) -> None:
    outputs = declare(generation=generation, tenants=TENANTS)
    assert outputs == {
        "application_id": f"id of app-{current}",
        "client_id": f"client of app-{current}",
        "client_secret": f"secret of app-{current}",
        "previous_client_id": f"client of app-{previous}",
        "generation": generation,
    }
    rotations = [
        platform.declared[name]["rotate_secret_when_changed"]["generation"]
        for name in ("app-a", "app-b")
    ]
    assert tuple(rotations) == triggers


def test_both_applications_get_the_arguments_and_the_tenants(platform: Platform) -> None:
    shared = {"teaser_description": "Reports", "force_destroy": True, "tenant_id": TENANTS[0]}
    declare(
        generation=1,
        tenants=TENANTS,
        name="Reporting",
        adopt={"application_id": "i"},
        **shared,
    )
    for letter in "ab":
        declared = platform.declared[f"app-{letter}"]
        assert declared["name"] == f"Reporting-{letter}"
        assert {key: declared[key] for key in shared} == shared
        assert set(declared["allowed_tenants"]) == set(TENANTS)
        for tenant in TENANTS:
            installed = platform.declared[f"app-{letter}-{tenant}"]
            assert installed["application_id"] == f"id of app-{letter}"
    assert platform.declared["app-a"]["adopt"] == {"application_id": "i"}
    assert platform.declared["app-b"].get("adopt") is None


def test_pair_that_is_not_installed_allows_its_tenants(platform: Platform) -> None:
    declare(generation=1, tenants=TENANTS, install=False)
    assert not any(tenant in name for name in platform.declared for tenant in TENANTS)
    for letter in "ab":
        assert set(platform.declared[f"app-{letter}"]["allowed_tenants"]) == set(TENANTS)
