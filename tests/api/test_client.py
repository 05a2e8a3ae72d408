from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from olt_provider.api.applications import ApplicationPatch, ApplicationRegistration
from olt_provider.api.client import OltClient, TenantClient
from olt_provider.api.errors import ConfigurationError, WrongTenantError
from olt_provider.api.tokens import ApiToken
from olt_provider.api.transport import Transport
from tests.api.conftest import client_of
from tests.api.samples import APPLICATION, NOW, OTHER_TENANT, TENANT, TOKEN, make_token
from tests.api.scripted_server import ScriptedServer, error_response

CALLS: dict[str, Callable[[TenantClient], Any]] = {
    "register": lambda t: t.applications.register(ApplicationRegistration(name="x")),
    "list applications": lambda t: list(t.applications.list()),
    "get application": lambda t: t.applications.get(APPLICATION),
    "patch": lambda t: t.applications.patch(APPLICATION, ApplicationPatch(name="x")),
    "delete": lambda t: t.applications.delete(APPLICATION),
    "new secret": lambda t: t.applications.new_secret(APPLICATION),
    "list allowed": lambda t: list(t.allowed_tenants.list(APPLICATION)),
    "allow": lambda t: t.allowed_tenants.allow(APPLICATION, OTHER_TENANT),
    "revoke": lambda t: t.allowed_tenants.revoke(APPLICATION, OTHER_TENANT),
    "list available": lambda t: list(t.installations.list()),
    "get available": lambda t: t.installations.get(APPLICATION),
    "install": lambda t: t.installations.install(APPLICATION),
    "uninstall": lambda t: t.installations.uninstall(APPLICATION),
    "devices": lambda t: list(t.devices.list()),
    "installed tenants": lambda t: t.application_info.installed_tenants(),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))


@every_call
def test_every_call_carries_the_token(
    server: ScriptedServer, tenant: TenantClient, call: Callable[[TenantClient], Any]
) -> None:
    server.enqueue(error_response(400))
    with pytest.raises(Exception, match="returned 400"):
        call(tenant)
    assert server.only.headers["Authorization"] == f"Bearer {TOKEN}"


@every_call
def test_no_call_sends_a_header_that_names_the_tenant(
    server: ScriptedServer, tenant: TenantClient, call: Callable[[TenantClient], Any]
) -> None:
    server.enqueue(error_response(400))
    with pytest.raises(Exception, match="returned 400"):
        call(tenant)
    assert "tenant" not in server.only.headers


@every_call
def test_a_body_is_announced_as_json_and_only_where_there_is_one(
    server: ScriptedServer, tenant: TenantClient, call: Callable[[TenantClient], Any]
) -> None:
    server.enqueue(error_response(400))
    with pytest.raises(Exception, match="returned 400"):
        call(tenant)
    sent = server.only
    assert sent.headers.get("Content-Type") == ("application/json" if sent.body else None)


@every_call
def test_nothing_is_sent_without_a_usable_token(
    server: ScriptedServer, transport: Transport, call: Callable[[TenantClient], Any]
) -> None:
    expired = ApiToken(SecretStr(make_token(exp=NOW - 3600)), origin="it", clock=lambda: NOW)
    with pytest.raises(ConfigurationError, match="expired"):
        call(client_of(transport, transport, expired).as_tenant(TENANT))
    assert server.received == []


def test_nothing_is_sent_with_a_token_of_another_tenant(
    server: ScriptedServer, client: OltClient
) -> None:
    with pytest.raises(WrongTenantError):
        client.as_tenant(OTHER_TENANT).applications.get(APPLICATION)
    assert server.received == []


def test_without_a_tenant_the_tokens_own_is_acted_for(
    server: ScriptedServer, client: OltClient
) -> None:
    server.enqueue(error_response(400))
    with pytest.raises(Exception, match="returned 400"):
        client.as_tenant().applications.get(APPLICATION)
    assert server.only.headers["Authorization"] == f"Bearer {TOKEN}"


def test_the_client_exposes_its_api_url(server: ScriptedServer, client: OltClient) -> None:
    assert client.api_url == client.as_tenant(TENANT).api_url == server.url


def test_the_client_keeps_the_apis_clock(server: ScriptedServer, client: OltClient) -> None:
    server.enqueue(error_response(400, Date="Mon, 23 Nov 2026 21:20:18 GMT"))
    with pytest.raises(Exception, match="returned 400"):
        client.as_tenant(TENANT).applications.get(APPLICATION)
    assert client.clock.at_least() is not None
