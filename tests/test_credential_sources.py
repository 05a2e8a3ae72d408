"""Each source of credentials: how it is set, its lifetime, its permissions."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Literal

import pytest
from pydantic import SecretStr

from olt_provider.api.applications import ApplicationRegistration
from olt_provider.api.client import OltClient
from olt_provider.api.errors import ApiError, ConfigurationError, OltError, TokenError
from olt_provider.api.fetched_tokens import ClientCredentials
from olt_provider.emulator import PORTAL_CLIENT, Emulator
from olt_provider.setting_names import configured, variable
from olt_provider.settings import Settings
from tests.emulated import calls_of, emulator, new_tenant, owner, shared_emulator

__all__ = ["emulator", "owner", "shared_emulator"]

Place = Literal["configuration", "environment"]
either_place = pytest.mark.parametrize("place", ["configuration", "environment"])

TEN_DAYS = 864000
ELEVEN_DAYS = 950400
MINUTES = 300
TOKEN = "/id/auth/realms/olt/protocol/openid-connect/token"

MAY_ALL = {"read", "register", "install"}
BY_ROLE = {"owner": MAY_ALL, "writer": MAY_ALL, "reader": {"read"}, "none": set[str]()}
each_role = pytest.mark.parametrize("role", BY_ROLE)


def connect(
    emulator: Emulator, group: Mapping[str, str], place: Place = "environment"
) -> OltClient:
    """The platform, by credentials that are set in one of the two places."""
    name = configured if place == "configuration" else variable
    hosts = {"apiUrl": emulator.api_url, "identityUrl": emulator.identity_url, "maxRetries": "0"}
    given = {name(key): value for key, value in {**hosts, **group}.items()}
    stack, environment = (given, {}) if place == "configuration" else ({}, given)
    return Settings.load(stack.get, environment).client(notify=print)


def deployer(emulator: Emulator, *tenants: str) -> dict[str, str]:
    registered = emulator.platform.register(tenants[0], name="deployer", allowed_tenants=tenants)
    for tenant in tenants:
        emulator.platform.install(registered["id"], tenant)
    client = registered["oauth2Client"]
    return {"clientId": client["id"], "clientSecret": client["secret"]}


def refreshing(token: str) -> dict[str, str]:
    return {"refreshToken": token, "clientId": PORTAL_CLIENT}


def may(emulator: Emulator, client: OltClient, tenant: str) -> set[str]:
    """Return the permissions of these credentials in a tenant."""
    there = client.as_tenant(tenant)
    available = emulator.platform.register(tenant, name="available", allowed_tenants=[tenant])
    tries: dict[str, Callable[[], object]] = {
        "read": lambda: list(there.applications.list()),
        "register": lambda: there.applications.register(ApplicationRegistration(name="new")),
        "install": lambda: there.installations.install(available["id"]),
    }
    return {name for name, attempt in tries.items() if permitted(attempt)}


def permitted(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except ApiError as error:
        if error.status != 403:
            raise
        return False
    return True


def works(client: OltClient, tenant: str) -> bool:
    """Whether the platform accepts a token of these credentials."""
    list(client.as_tenant(tenant).applications.list())
    return True


# How they are set


@either_place
def test_an_api_token_can_be_set_in_either_place(
    emulator: Emulator, owner: str, place: Place
) -> None:
    assert works(connect(emulator, {"apiToken": emulator.token(owner)}, place), owner)


@either_place
def test_tokens_per_tenant_can_be_set_in_either_place(
    emulator: Emulator, owner: str, place: Place
) -> None:
    tenants = [owner, new_tenant(emulator)]
    tokens = json.dumps({tenant: emulator.token(tenant) for tenant in tenants})
    client = connect(emulator, {"tenantTokens": tokens}, place)
    assert all(works(client, tenant) for tenant in tenants)


@either_place
def test_client_credentials_can_be_set_in_either_place(
    emulator: Emulator, owner: str, place: Place
) -> None:
    tenants = [owner, new_tenant(emulator)]
    client = connect(emulator, deployer(emulator, *tenants), place)
    assert all(works(client, tenant) for tenant in tenants)


@either_place
def test_a_refresh_token_can_be_set_in_either_place(
    emulator: Emulator, owner: str, place: Place
) -> None:
    tenants = [owner, new_tenant(emulator)]
    client = connect(emulator, refreshing(emulator.refresh_token(tenants)), place)
    assert all(works(client, tenant) for tenant in tenants)


# Their lifetimes


def test_an_api_token_dies_after_ten_days(emulator: Emulator, owner: str) -> None:
    now = int(time.time())
    young = emulator.token(owner, issued_at=now - TEN_DAYS + MINUTES)
    assert works(connect(emulator, {"apiToken": young}), owner)
    old = connect(emulator, {"apiToken": emulator.token(owner, issued_at=now - TEN_DAYS - MINUTES)})
    emulator.clear_calls()
    with pytest.raises(ConfigurationError, match=r"expired at .*Z, 5 minutes ago .* lives 10 days"):
        works(old, owner)
    assert calls_of(emulator) == []


def test_each_token_per_tenant_dies_by_itself(emulator: Emulator, owner: str) -> None:
    other = new_tenant(emulator)
    tokens = {owner: emulator.token(owner, lifetime=-MINUTES), other: emulator.token(other)}
    client = connect(emulator, {"tenantTokens": json.dumps(tokens)})
    assert works(client, other)
    with pytest.raises(ConfigurationError, match=f"{owner} expired at"):
        works(client, owner)


def test_client_credentials_outlive_their_tokens(emulator: Emulator, owner: str) -> None:
    group, now = deployer(emulator, owner), [0.0]
    identity = connect(emulator, group).identity
    secret = SecretStr(group["clientSecret"])
    source = ClientCredentials(identity, group["clientId"], secret, clock=lambda: now[0])
    for day in (0, 5, 11, 100):
        now[0] = day * 86400.0
        assert works(connect(emulator, {"apiToken": source.token(owner)}), owner)
    assert sum(call.path == TOKEN for call in calls_of(emulator)) == 3


def test_client_credentials_die_with_a_new_secret(emulator: Emulator, owner: str) -> None:
    group = deployer(emulator, owner)
    client = connect(emulator, group)
    (application,) = emulator.platform.applications(owner)
    emulator.platform.new_secret(application["id"])
    with pytest.raises(TokenError, match="unauthorized_client"):
        works(client, owner)


def test_a_refresh_token_dies_after_eleven_days(emulator: Emulator, owner: str) -> None:
    now = int(time.time())
    young = emulator.refresh_token([owner], issued_at=now - ELEVEN_DAYS + MINUTES)
    assert works(connect(emulator, refreshing(young)), owner)
    old = emulator.refresh_token([owner], issued_at=now - ELEVEN_DAYS - MINUTES)
    client = connect(emulator, refreshing(old))
    with pytest.raises(TokenError, match=r"invalid_grant.* lives 11 days"):
        works(client, owner)
    with pytest.raises(ConfigurationError, match=r"expired at .*Z, 5 minutes ago"):
        client.tokens.check(owner)  # as a preview does, without a call


# Their permissions


@each_role
def test_an_api_token_may_do_what_its_user_may_in_one_tenant(
    emulator: Emulator, owner: str, role: str
) -> None:
    client = connect(emulator, {"apiToken": emulator.token(owner, role=role)})
    assert may(emulator, client, owner) == BY_ROLE[role]
    with pytest.raises(ConfigurationError, match=f"is of tenant {owner}"):
        works(client, new_tenant(emulator))


@each_role
def test_tokens_per_tenant_may_do_what_each_user_may_in_its_tenant(
    emulator: Emulator, owner: str, role: str
) -> None:
    other = new_tenant(emulator)
    tokens = {owner: emulator.token(owner), other: emulator.token(other, role=role)}
    client = connect(emulator, {"tenantTokens": json.dumps(tokens)})
    assert may(emulator, client, owner) == MAY_ALL
    assert may(emulator, client, other) == BY_ROLE[role]
    with pytest.raises(ConfigurationError, match="has no token of tenant"):
        works(client, new_tenant(emulator))


def test_client_credentials_may_do_what_a_writer_may_where_it_is_installed(
    emulator: Emulator, owner: str
) -> None:
    other, elsewhere = new_tenant(emulator), new_tenant(emulator)
    client = connect(emulator, deployer(emulator, owner, other))
    assert may(emulator, client, owner) == MAY_ALL
    assert may(emulator, client, other) == MAY_ALL
    with pytest.raises(TokenError, match=f"active and installed in tenant {elsewhere}"):
        works(client, elsewhere)


@each_role
def test_a_refresh_token_may_do_what_its_user_may_in_all_their_tenants(
    emulator: Emulator, owner: str, role: str
) -> None:
    other = new_tenant(emulator)
    group = refreshing(emulator.refresh_token([owner, other], role=role))
    for tenant in (owner, other):
        assert may(emulator, connect(emulator, group), tenant) == BY_ROLE[role]
    with pytest.raises(TokenError, match="lacks access to tenant"):
        works(connect(emulator, group), new_tenant(emulator))


def test_no_source_is_completed_from_the_other_place(emulator: Emulator, owner: str) -> None:
    group = deployer(emulator, owner)
    stack = {configured("clientSecret"): group["clientSecret"]}
    settings = Settings.load(stack.get, {variable("clientId"): group["clientId"]})
    with pytest.raises(OltError, match=r"OLT_CLIENT_ID is set, and .*OLT_CLIENT_SECRET"):
        settings.client(notify=print)
