from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from olt_provider.api.errors import ApiError, ConfigurationError, RequestError
from olt_provider.api.identity import IdentityClient
from tests.api.samples import CLIENT, SECRET, TENANT, TOKEN, issued
from tests.api.scripted_server import ScriptedServer, json_response

REALM = "/v1/id/auth/realms/olt"
ENDPOINT = f"{REALM}/protocol/openid-connect/token"
REFRESH_TOKEN = SecretStr("the.refresh.token")


def test_client_credentials_are_posted_as_a_form(
    server: ScriptedServer, identity: IdentityClient
) -> None:
    server.enqueue(json_response(issued()))
    identity.client_credentials(CLIENT, SecretStr(SECRET), tenant_id=TENANT)
    sent = server.only
    assert (sent.method, sent.target) == ("POST", ENDPOINT)
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert sent.form == {
        "grant_type": "client_credentials",
        "client_id": CLIENT,
        "client_secret": SECRET,
    }


def test_client_credentials_name_the_tenant_in_a_header(
    server: ScriptedServer, identity: IdentityClient
) -> None:
    server.enqueue(json_response(issued()))
    identity.client_credentials(CLIENT, SecretStr(SECRET), tenant_id=TENANT)
    assert server.only.headers["tenant"] == TENANT


def test_a_secret_arrives_with_any_characters(
    server: ScriptedServer, identity: IdentityClient
) -> None:
    server.enqueue(json_response(issued()))
    identity.client_credentials(CLIENT, SecretStr("a+b&c=d %é"), tenant_id=TENANT)
    assert server.only.form["client_secret"] == "a+b&c=d %é"


def test_a_refresh_sends_the_documented_form(
    server: ScriptedServer, identity: IdentityClient
) -> None:
    server.enqueue(json_response(issued()))
    identity.refresh(REFRESH_TOKEN, CLIENT)
    assert (server.only.method, server.only.target) == ("POST", ENDPOINT)
    assert server.only.form == {
        "grant_type": "refresh_token",
        "refresh_token": "the.refresh.token",
        "client_id": CLIENT,
    }


def test_a_confidential_client_refreshes_with_its_secret(
    server: ScriptedServer, identity: IdentityClient
) -> None:
    server.enqueue(json_response(issued()))
    identity.refresh(REFRESH_TOKEN, CLIENT, client_secret=SecretStr(SECRET))
    assert server.only.form["client_secret"] == SECRET


@pytest.mark.parametrize("tenant_id", [TENANT, None])
def test_a_refresh_names_a_tenant_only_where_one_is_asked_for(
    server: ScriptedServer, identity: IdentityClient, tenant_id: str | None
) -> None:
    server.enqueue(json_response(issued()))
    identity.refresh(REFRESH_TOKEN, CLIENT, tenant_id=tenant_id)
    assert server.only.headers.get("tenant") == tenant_id


def test_the_token_endpoint_gets_no_authorization(
    server: ScriptedServer, identity: IdentityClient
) -> None:
    server.enqueue(json_response(issued()))
    identity.client_credentials(CLIENT, SecretStr(SECRET), tenant_id=TENANT)
    assert "Authorization" not in server.only.headers


def test_an_issued_token_is_read(server: ScriptedServer, identity: IdentityClient) -> None:
    server.enqueue(json_response(issued()))
    token = identity.client_credentials(CLIENT, SecretStr(SECRET), tenant_id=TENANT)
    assert token.access_token.get_secret_value() == TOKEN
    assert (token.expires_in, token.refresh_expires_in) == (863999, 950399)
    assert token.refresh_token == REFRESH_TOKEN


@pytest.mark.parametrize("status", [400, 401])
def test_a_refused_grant_reports_the_oauth_error(
    server: ScriptedServer, identity: IdentityClient, status: int
) -> None:
    server.enqueue(
        json_response({"error": "invalid_client", "error_description": "Invalid client"}, status)
    )
    with pytest.raises(ApiError) as caught:
        identity.client_credentials(CLIENT, SecretStr(SECRET), tenant_id=TENANT)
    error = caught.value
    assert (error.status, error.error_code, error.error_message) == (
        status,
        "invalid_client",
        "Invalid client",
    )


@pytest.mark.parametrize(
    ("response", "message"),
    [
        ({"expires_in": 1}, "access_token: Field required"),
        ({"access_token": TOKEN}, "expires_in: Field required"),
        (issued(access_token=7), "access_token"),
        (issued(expires_in="soon"), "expires_in"),
        ([], "body"),
    ],
)
def test_a_response_that_is_no_token_is_unusable(
    server: ScriptedServer, identity: IdentityClient, response: Any, message: str
) -> None:
    server.enqueue(json_response(response))
    with pytest.raises(RequestError, match=message):
        identity.client_credentials(CLIENT, SecretStr(SECRET), tenant_id=TENANT)


@pytest.mark.parametrize("wrong", ["", "a\r\nX-Injected: 1", "é\N{SNOWMAN}", "tenant"])
def test_what_is_no_tenant_id_never_becomes_a_header(
    server: ScriptedServer, identity: IdentityClient, wrong: str
) -> None:
    with pytest.raises(ConfigurationError, match="tenant ID"):
        identity.client_credentials(CLIENT, SecretStr(SECRET), tenant_id=wrong)
    assert server.received == []


def test_the_realm_publishes_its_public_key(
    server: ScriptedServer, identity: IdentityClient
) -> None:
    server.enqueue(json_response({"realm": "olt", "public_key": "MIIB"}))
    assert identity.realm().public_key == "MIIB"
    assert (server.only.method, server.only.target) == ("GET", REALM)


def test_a_realm_without_a_key_is_an_unusable_response(
    server: ScriptedServer, identity: IdentityClient
) -> None:
    server.enqueue(json_response({"realm": "olt"}))
    with pytest.raises(RequestError, match="public_key: Field required"):
        identity.realm()
