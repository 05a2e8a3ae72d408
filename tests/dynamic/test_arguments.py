"""Arguments of the wrong type are a ``TypeError`` that shows the right form and no value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

import olt_provider
from olt_provider import (
    AdoptArgs,
    AllowedTenantArgs,
    OltApplication,
    OltBackgroundApplication,
    OltBackgroundApplicationPair,
    OltInstallation,
    Provider,
)
from olt_provider.application import _adoption
from olt_provider.background_application import _by_tenant

VALUE = "s3cret-value"
TENANT = "a0000000-0000-4000-8000-00000000000a"
MAKE: dict[str, Callable[..., Any]] = {
    "application": OltApplication,
    "background": OltBackgroundApplication,
    "pair": OltBackgroundApplicationPair,
    "provider": Provider,
}

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("application", {"allowed_tenants": VALUE}, 'allowed_tenants=["<tenant ID>"'),
    ("application", {"allowed_tenants": VALUE.encode()}, 'allowed_tenants=["<tenant ID>"'),
    ("application", {"allowed_tenants": 7}, 'allowed_tenants=["<tenant ID>"'),
    ("application", {"allowed_tenants": [{"tenantId": VALUE}]}, "'tenantId' is not a key: use"),
    ("application", {"allowed_tenants": [{"comment": VALUE}]}, "'tenant_id' is missing"),
    ("application", {"allowed_tenants": [7]}, "'tenant_id': ..."),
    ("application", {"redirect_uris": VALUE}, 'redirect_uris=["https://'),
    ("application", {"redirect_uris": True}, 'redirect_uris=["https://'),
    ("application", {"rotate_secret_when_changed": VALUE}, "rotate_secret_when_changed={"),
    ("application", {"rotate_secret_when_changed": [VALUE]}, "rotate_secret_when_changed={"),
    ("application", {"adopt": VALUE}, "adopt={'application_id': ..."),
    ("application", {"adopt": [VALUE]}, "adopt={'application_id': ..."),
    ("application", {"adopt": {"client_secret": VALUE}}, "'application_id' is missing"),
    ("application", {"adopt": {"applicationId": VALUE}}, "use 'application_id'"),
    ("application", {"opts": VALUE}, "opts=pulumi.ResourceOptions(...)"),
    ("background", {"tenants": VALUE}, 'tenants={"<tenant ID>": "<comment>"}'),
    ("background", {"tenants": None}, 'tenants={"<tenant ID>": "<comment>"}'),
    ("background", {"tenants": [TENANT], "providers": VALUE}, "providers={"),
    ("background", {"tenants": [TENANT], "opts": VALUE}, "opts=pulumi.ResourceOptions(...)"),
    ("pair", {"generation": VALUE, "tenants": [TENANT]}, "generation=pulumi.Config()"),
    ("pair", {"generation": True, "tenants": [TENANT]}, "generation=pulumi.Config()"),
    ("pair", {"generation": 1, "tenants": [TENANT], "opts": VALUE}, "opts=pulumi.ResourceOptions("),
    ("provider", {"tenant_tokens": VALUE}, "tenant_tokens={"),
    ("provider", {"opts": VALUE}, "opts=pulumi.ResourceOptions(...)"),
]


@pytest.mark.parametrize(("kind", "arguments", "form"), WRONG, ids=lambda value: str(value)[:40])
def test_wrong_type_is_an_error_that_shows_the_right_form(
    kind: str, arguments: dict[str, Any], form: str
) -> None:
    with pytest.raises(TypeError) as caught:
        MAKE[kind]("name", **arguments)
    message = str(caught.value)
    assert form in message
    assert VALUE not in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("generation", [0, -1])
def test_generation_of_a_pair_starts_at_1(generation: int) -> None:
    with pytest.raises(ValueError, match="the first one is 1"):
        OltBackgroundApplicationPair("name", generation=generation, tenants=[TENANT])


@pytest.mark.parametrize("get", [OltApplication.get, OltInstallation.get])
def test_get_with_text_as_options_is_an_error(get: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match=r"opts cannot be a str: write opts=pulumi\.Res"):
        get("name", "id", VALUE)


def test_application_id_of_an_installation_is_required() -> None:
    with pytest.raises(TypeError, match="application_id"):
        OltInstallation("name")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "entry",
    [AllowedTenantArgs(TENANT, "x"), {"tenant_id": TENANT, "comment": "x"}],
    ids=["args", "dict"],
)
def test_tenant_is_given_as_args_or_as_a_dict(entry: Any) -> None:
    assert _by_tenant([entry]) == {TENANT: "x"}


def test_tenants_that_are_an_output_are_an_error() -> None:
    with pytest.raises(TypeError, match="must be a plain string"):
        _by_tenant(object.__new__(pulumi.Output))  # type: ignore[arg-type]


def test_adoption_without_a_secret_is_the_same_as_args_and_as_a_dict() -> None:
    declared = _adoption({"application_id": "i"})
    assert declared == _adoption(AdoptArgs("i")) == {"application_id": "i", "client_secret": None}


def test_errors_can_be_imported_from_the_package() -> None:
    from olt_provider.api.errors import OltError

    assert olt_provider.OltError is OltError
