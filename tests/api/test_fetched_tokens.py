from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import SecretStr

from olt_provider.api.applications import ApplicationRegistration
from olt_provider.api.client import OltClient
from olt_provider.api.credentials import Credentials
from olt_provider.api.errors import ConfigurationError, OltError, TokenError
from olt_provider.api.fetched_tokens import RENEWAL_MARGIN, ClientCredentials, RefreshToken
from olt_provider.api.identity import IdentityClient
from olt_provider.api.transport import Transport
from tests.api.conftest import client_of
from tests.api.samples import (
    CLIENT,
    NOW,
    OTHER_TENANT,
    SECRET,
    TENANT,
    device,
    issued,
    make_token,
    registered,
)
from tests.api.scripted_server import (
    Closed,
    Scripted,
    ScriptedResponse,
    ScriptedServer,
    error_response,
    json_response,
    list_response,
)

LIFE = 864000


class Passing:
    """A monotonic clock that is moved explicitly."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def token_response(tenant: str = TENANT, number: int = 1, **changes: Any) -> ScriptedResponse:
    token = make_token(tenant=tenant, jti=str(number))
    return json_response(issued(**{"access_token": token, "expires_in": LIFE, **changes}))


def refusal(code: str, status: int = 401) -> ScriptedResponse:
    return json_response({"error": code, "error_description": "Refused"}, status)


@pytest.fixture
def passing() -> Passing:
    return Passing()


@pytest.fixture
def credentials(identity: IdentityClient, passing: Passing) -> ClientCredentials:
    return ClientCredentials(identity, CLIENT, SecretStr(SECRET), clock=passing)


@pytest.fixture
def refreshing(identity: IdentityClient, passing: Passing) -> RefreshToken:
    return RefreshToken(
        identity,
        SecretStr("first-refresh-token"),
        CLIENT,
        None,
        clock=passing,
        now=lambda: NOW,
    )


# Fetching and keeping


def test_no_token_is_fetched_before_it_is_needed(
    server: ScriptedServer, credentials: ClientCredentials
) -> None:
    credentials.check(TENANT)
    assert server.received == []


def test_a_token_is_fetched_for_its_tenant(
    server: ScriptedServer, credentials: ClientCredentials
) -> None:
    server.enqueue(token_response())
    credentials.token(TENANT.upper())
    assert server.only.headers["tenant"] == TENANT


def test_a_token_is_fetched_once(server: ScriptedServer, credentials: ClientCredentials) -> None:
    server.enqueue(token_response())
    assert credentials.token(TENANT) == credentials.token(TENANT)
    assert len(server.received) == 1


def test_each_tenant_has_a_token_of_its_own(
    server: ScriptedServer, credentials: ClientCredentials
) -> None:
    server.enqueue(token_response(TENANT), token_response(OTHER_TENANT))
    assert credentials.token(TENANT) != credentials.token(OTHER_TENANT)


def test_threads_that_need_the_same_token_fetch_it_once(
    server: ScriptedServer, credentials: ClientCredentials
) -> None:
    server.always = token_response()
    together = threading.Barrier(4)

    def ask() -> str:
        together.wait(10)
        return credentials.token(TENANT)

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask) for _ in range(4)]
        assert len({future.result(30) for future in asked}) == 1
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("life", "passed", "fetched"),
    [
        (LIFE, LIFE - RENEWAL_MARGIN - 1, 1),
        (LIFE, LIFE - RENEWAL_MARGIN, 2),
        (100, 89, 1),
        (100, 90, 2),
    ],
)
def test_a_token_is_replaced_shortly_before_it_expires(
    server: ScriptedServer,
    credentials: ClientCredentials,
    passing: Passing,
    life: int,
    passed: float,
    fetched: int,
) -> None:
    server.always = token_response(expires_in=life)
    credentials.token(TENANT)
    passing.now += passed
    credentials.token(TENANT)
    assert len(server.received) == fetched


def test_several_tenants_mean_that_one_has_to_be_named(
    server: ScriptedServer, credentials: ClientCredentials
) -> None:
    with pytest.raises(OltError, match="as several tenants: name one"):
        credentials.token(None)
    assert (server.received, credentials.tenant()) == ([], None)


# What comes instead of a token


@pytest.mark.parametrize("code", ["invalid_client", "unauthorized_client"])
def test_refused_client_credentials_name_what_to_check(
    server: ScriptedServer, credentials: ClientCredentials, code: str
) -> None:
    server.enqueue(refusal(code))
    expected = f"{code}: Refused.*check client_id and client_secret .*; .*in tenant {TENANT}"
    with pytest.raises(TokenError, match=expected):
        credentials.token(TENANT)


AGAIN = "busy or down, so try again later"
NO_ENDPOINT = "check identity_url"
NO_REALM = json_response({"error": "Realm does not exist"}, 404)
NO_PATH = json_response({"error": "HTTP 404 Not Found"}, 404)


@pytest.mark.parametrize(
    ("response", "remedy"),
    [
        (NO_REALM, NO_ENDPOINT),
        (NO_PATH, NO_ENDPOINT),
        (ScriptedResponse(404, b"<html>", {"Content-Type": "text/html"}), NO_ENDPOINT),
        (ScriptedResponse(405, b""), NO_ENDPOINT),
        (json_response({"error": "unsupported_grant_type"}, 400), NO_ENDPOINT),
        (json_response({"errorCode": "NOT_FOUND", "errorMessage": "No"}, 400), NO_ENDPOINT),
        (ScriptedResponse(400, b"<html>", {"Content-Type": "text/html"}), NO_ENDPOINT),
        (ScriptedResponse(401, b"", {"WWW-Authenticate": "Basic"}), NO_ENDPOINT),
        (ScriptedResponse(429, b""), AGAIN),
        (json_response({"error": "temporarily_unavailable"}, 429), AGAIN),
        (json_response({"error": "unknown_error"}, 500), AGAIN),
        (ScriptedResponse(502, b"<html>"), AGAIN),
        (ScriptedResponse(503, b""), AGAIN),
        (ScriptedResponse(504, b""), AGAIN),
    ],
)
@pytest.mark.parametrize("grant", ["credentials", "refreshing"])
def test_remedy_follows_the_status_and_the_responding_server(
    server: ScriptedServer,
    request: pytest.FixtureRequest,
    grant: str,
    response: ScriptedResponse,
    remedy: str,
) -> None:
    server.always = response
    with pytest.raises(TokenError, match=f"{remedy}$") as caught:
        request.getfixturevalue(grant).token(TENANT)
    for wrong in ("has to be active", "active and installed", "get a new one"):
        assert wrong not in str(caught.value)


@pytest.mark.parametrize("code", ["invalid_client", "invalid_grant"])
@pytest.mark.parametrize("fields", ["client_id client_secret", "refresh_token client_id"])
def test_remedy_names_the_place_that_the_credentials_came_from(
    server: ScriptedServer, identity: IdentityClient, code: str, fields: str
) -> None:
    server.always = refusal(code, 400)
    values = dict.fromkeys(fields.split(), SECRET)
    source = Credentials(**values).token_source(identity, str.upper)  # type: ignore[arg-type]
    with pytest.raises(TokenError) as caught:
        source.token(TENANT)
    if code == "invalid_client" or "refresh_token" in values:
        assert any(field.upper() in str(caught.value) for field in values)
    assert not any(field in str(caught.value) for field in values)


def test_refresh_token_that_may_have_been_used_before_is_named_as_a_cause(
    server: ScriptedServer, refreshing: RefreshToken
) -> None:
    server.enqueue(
        json_response(
            {"error": "invalid_grant", "error_description": "Maximum allowed refresh token reuse"},
            400,
        )
    )
    with pytest.raises(TokenError, match="may have been used before"):
        refreshing.token(TENANT)


def test_a_refused_refresh_token_is_reported_with_the_way_to_another(
    server: ScriptedServer, refreshing: RefreshToken
) -> None:
    server.enqueue(refusal("invalid_grant", 400))
    with pytest.raises(TokenError, match=r"invalid_grant: Refused.*get a new one from the portal"):
        refreshing.token(TENANT)


def test_a_token_of_another_tenant_is_refused(
    server: ScriptedServer, credentials: ClientCredentials
) -> None:
    server.enqueue(token_response(OTHER_TENANT))
    with pytest.raises(TokenError, match=f"of tenant {OTHER_TENANT} instead of {TENANT}"):
        credentials.token(TENANT)


def test_a_token_of_another_tenant_is_not_kept(
    server: ScriptedServer, credentials: ClientCredentials
) -> None:
    server.enqueue(token_response(OTHER_TENANT), token_response(TENANT))
    with pytest.raises(TokenError):
        credentials.token(TENANT)
    assert credentials.token(TENANT) == make_token(jti="1")


@pytest.mark.parametrize(
    "response",
    [
        Closed(),
        ScriptedResponse(200, b"<html>"),
        ScriptedResponse(404, b"<html>"),
        json_response({}),
        json_response(issued(access_token="opaque-access-token")),
        json_response(issued(access_token=make_token(), expires_in=float("nan"))),
        json_response(issued(access_token=make_token(), expires_in=float("inf"))),
    ],
    ids=["broken", "not JSON", "not the platform's", "empty", "opaque", "nan", "infinite"],
)
def test_a_response_that_is_no_token_is_an_error_that_shows_none(
    server: ScriptedServer, credentials: ClientCredentials, response: Scripted
) -> None:
    server.always = response
    with pytest.raises(OltError) as caught:
        credentials.token(TENANT)
    shown = [text for text in (SECRET, "opaque-access-token") if text in str(caught.value)]
    assert shown == []


# Refresh tokens


def test_the_next_refresh_uses_the_newest_refresh_token(
    server: ScriptedServer, refreshing: RefreshToken
) -> None:
    server.enqueue(token_response(refresh_token="second"), token_response(OTHER_TENANT))
    refreshing.token(TENANT)
    refreshing.token(OTHER_TENANT)
    sent = [received.form["refresh_token"] for received in server.received]
    assert sent == ["first-refresh-token", "second"]


def test_a_response_without_a_refresh_token_leaves_the_old_one(
    server: ScriptedServer, refreshing: RefreshToken
) -> None:
    server.enqueue(token_response(refresh_token=None), token_response(OTHER_TENANT))
    refreshing.token(TENANT)
    refreshing.token(OTHER_TENANT)
    assert server.received[1].form["refresh_token"] == "first-refresh-token"


@pytest.mark.parametrize(
    "response",
    [
        {"refresh_token": None},
        {"session_state": None},
        {"refresh_expires_in": 0},
        {"refresh_token": None, "session_state": None, "refresh_expires_in": 0, "scope": None},
    ],
)
@pytest.mark.parametrize("grant", ["credentials", "refreshing"])
def test_token_is_accepted_without_what_only_some_servers_send(
    server: ScriptedServer, request: pytest.FixtureRequest, grant: str, response: dict[str, Any]
) -> None:
    """Keycloak leaves out the refresh token of client credentials, and so its session."""
    body = issued(**{"access_token": make_token(), "expires_in": LIFE, **response})
    server.enqueue(json_response({key: value for key, value in body.items() if value is not None}))
    assert request.getfixturevalue(grant).token(TENANT) == make_token()


def test_an_expired_refresh_token_is_known_without_a_call(
    server: ScriptedServer, identity: IdentityClient
) -> None:
    dead = RefreshToken(
        identity,
        SecretStr(make_token(tenant=None)),
        CLIENT,
        None,
        now=lambda: NOW + 2 * LIFE,
    )
    with pytest.raises(ConfigurationError, match="the refresh token in refresh_token expired"):
        dead.check(TENANT)
    assert server.received == []


# A token that the platform rejects


@pytest.fixture
def deployer(transport: Transport, credentials: ClientCredentials) -> OltClient:
    return client_of(transport, transport, credentials)


def test_a_rejected_token_is_replaced_and_the_call_repeated(
    server: ScriptedServer, deployer: OltClient
) -> None:
    server.enqueue(
        token_response(number=1),
        error_response(401),
        token_response(number=2),
        list_response(device()),
    )
    assert len(list(deployer.as_tenant(TENANT).devices.list())) == 1
    assert server.received[3].headers["Authorization"] == f"Bearer {make_token(jti='2')}"


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_no_other_refusal_replaces_the_token(
    server: ScriptedServer, deployer: OltClient, status: int
) -> None:
    server.enqueue(token_response(), error_response(status))
    with pytest.raises(Exception, match=f"returned {status}"):
        list(deployer.as_tenant(TENANT).devices.list())
    assert len(server.received) == 2


def test_even_a_registration_is_repeated_with_another_token(
    server: ScriptedServer, deployer: OltClient
) -> None:
    server.enqueue(
        token_response(number=1),
        error_response(401),
        token_response(number=2),
        json_response({"data": registered()}),
    )
    deployer.as_tenant(TENANT).applications.register(ApplicationRegistration(name="x"))
    assert len(server.received) == 4


def test_a_token_that_is_rejected_again_is_an_error(
    server: ScriptedServer, deployer: OltClient
) -> None:
    server.enqueue(
        token_response(number=1), error_response(401), token_response(number=2), error_response(401)
    )
    with pytest.raises(Exception, match="returned 401"):
        list(deployer.as_tenant(TENANT).devices.list())
    assert len(server.received) == 4


def test_a_token_that_another_thread_has_replaced_is_not_replaced_again(
    server: ScriptedServer, credentials: ClientCredentials
) -> None:
    server.enqueue(token_response(number=1), token_response(number=2))
    rejected = credentials.token(TENANT)
    for _ in range(2):
        assert credentials.renew(TENANT, rejected)
        assert credentials.token(TENANT) == make_token(jti="2")
    assert len(server.received) == 2


def test_a_rejected_api_token_is_an_error_at_once(
    server: ScriptedServer, client: OltClient
) -> None:
    server.always = error_response(401)
    with pytest.raises(Exception, match="returned 401"):
        list(client.as_tenant(TENANT).devices.list())
    assert len(server.received) == 1
