"""No text contains a secret: of a model, an error, its causes, or a log line."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from olt_provider.api.applications import (
    Application,
    ApplicationRegistration,
    OAuth2Client,
)
from olt_provider.api.client import OltClient
from olt_provider.api.errors import OltError
from olt_provider.api.fetched_tokens import ClientCredentials, RefreshToken
from olt_provider.api.identity import IdentityClient, IssuedToken
from olt_provider.api.request import Request
from olt_provider.api.tokens import ApiToken, TenantTokens
from olt_provider.api.transport import BearerAuth
from olt_provider.settings import Settings
from tests.api.samples import (
    APPLICATION,
    CLIENT,
    SECRET,
    TENANT,
    TOKEN,
    issued,
    make_token,
    registered,
)
from tests.api.scripted_server import (
    Closed,
    Raw,
    Scripted,
    ScriptedResponse,
    ScriptedServer,
    data_response,
    error_response,
    json_response,
)

REFRESH_TOKEN = "the-refresh-token"
ISSUED_TOKEN = make_token(jti="issued")
SECRETS = (SECRET, TOKEN, REFRESH_TOKEN, ISSUED_TOKEN)
ISSUED = issued(access_token=ISSUED_TOKEN, refresh_token=REFRESH_TOKEN)


def shown(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


MODELS: dict[str, BaseModel] = {
    "application": Application.model_validate(registered()),
    "client": OAuth2Client.model_validate({"id": CLIENT, "secret": SECRET}),
    "issued token": IssuedToken.model_validate(ISSUED),
}


@pytest.mark.parametrize("form", [str, repr, lambda model: model.model_dump_json()])
@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
def test_no_model_shows_a_secret(model: BaseModel, form: Callable[[BaseModel], str]) -> None:
    assert shown(form(model)) == []


@pytest.mark.parametrize(
    ("model", "value"),
    [(Application, registered(id=None)), (IssuedToken, {**ISSUED, "access_token": [ISSUED_TOKEN]})],
)
def test_no_model_shows_a_secret_that_it_refuses(
    model: type[BaseModel], value: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate({**value, "oauth2Client": {"id": CLIENT, "secret": [SECRET]}})
    assert shown(f"{caught.value} {caught.value!r}") == []


def test_nothing_that_holds_a_credential_shows_it(identity: IdentityClient) -> None:
    secret, token = SecretStr(SECRET), SecretStr(TOKEN)
    holders: list[object] = [
        ApiToken(token, origin="it"),
        TenantTokens({TENANT: token}, origin="it"),
        ClientCredentials(identity, CLIENT, secret),
        RefreshToken(identity, SecretStr(REFRESH_TOKEN), CLIENT, secret),
        BearerAuth(TOKEN),
        Request("POST", "/x", form={"client_secret": SECRET}, json={"secret": SECRET}),
        Settings.load({"olt:apiToken": TOKEN, "olt:clientSecret": SECRET}.get, {}),
    ]
    assert [holder for holder in holders if shown(f"{holder} {holder!r}")] == []


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error and all its causes, whether or not a traceback would show them."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__]


CALLS: dict[str, Callable[[OltClient], Any]] = {
    "register": lambda client: client.as_tenant(TENANT).applications.register(
        ApplicationRegistration(name="x")
    ),
    "new secret": lambda client: client.as_tenant(TENANT).applications.new_secret(APPLICATION),
    "get": lambda client: client.as_tenant(TENANT).applications.get(APPLICATION),
    "client credentials": lambda client: client.identity.client_credentials(
        CLIENT, SecretStr(SECRET), tenant_id=TENANT
    ),
    "refresh": lambda client: client.identity.refresh(
        SecretStr(REFRESH_TOKEN), CLIENT, client_secret=SecretStr(SECRET)
    ),
}
BROKEN = {"oauth2Client": {"secret": [SECRET]}, "secret": {SECRET: SECRET}}
RESPONSES: dict[str, Scripted] = {
    "closed": Closed(),
    "cut": Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + SECRET.encode()),
    "refused": error_response(403),
    "refused by another": ScriptedResponse(403, f"<html>{SECRET} {TOKEN}".encode()),
    "redirect": ScriptedResponse(
        302, b"", {"Location": f"https://x.example/?token={TOKEN}#{SECRET}"}
    ),
    "not JSON": ScriptedResponse(200, f"<html>{SECRET} {TOKEN}".encode()),
    "cut JSON": ScriptedResponse(
        200, f'{{"access_token": "{ISSUED_TOKEN}", "x": "{SECRET}'.encode()
    ),
    "no data": json_response(registered()),
    "wrong shape": data_response(BROKEN),
    "wrong types": data_response(
        {
            **registered(createdAt=SECRET, status=SECRET, name=[SECRET]),
            "oauth2Client": {"id": [SECRET], "secret": [SECRET], "type": {SECRET: SECRET}},
        }
    ),
    "no token": json_response({**ISSUED, "expires_in": SECRET, "refresh_token": [REFRESH_TOKEN]}),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
@pytest.mark.parametrize("response", RESPONSES.values(), ids=list(RESPONSES))
def test_no_error_nor_what_led_to_it_shows_a_secret(
    server: ScriptedServer, client: OltClient, call: Callable[[OltClient], Any], response: Scripted
) -> None:
    server.always = response
    with pytest.raises(OltError) as caught:
        call(client)
    assert shown("".join(f"{error} {error!r}" for error in chain(caught.value))) == []


@pytest.mark.parametrize("call", CALLS.values(), ids=list(CALLS))
def test_no_traceback_shows_a_secret(
    server: ScriptedServer, client: OltClient, call: Callable[[OltClient], Any]
) -> None:
    server.always = data_response(BROKEN)
    with pytest.raises(OltError) as caught:
        call(client)
    assert shown("".join(traceback.format_exception(caught.value))) == []


@pytest.mark.parametrize(
    "token", [f"{TOKEN}\n", f"{TOKEN}\r\nX: y", f"{TOKEN}\xe9", f"{TOKEN}\N{SNOWMAN}"]
)
def test_a_token_that_no_header_can_hold_is_not_shown_by_what_led_to_the_error(
    client: OltClient, token: str
) -> None:
    with pytest.raises(OltError) as caught:
        client._api.send(Request("GET", "/x"), authorize=lambda: BearerAuth(token))
    assert shown("".join(f"{error} {error!r}" for error in chain(caught.value))) == []


@pytest.mark.parametrize(
    ("call", "response"),
    [
        ("register", data_response(registered())),
        ("new secret", data_response({"secret": SECRET})),
        ("client credentials", json_response(ISSUED)),
        ("refresh", json_response(ISSUED)),
    ],
)
def test_no_log_line_shows_a_secret(
    server: ScriptedServer,
    client: OltClient,
    caplog: pytest.LogCaptureFixture,
    call: str,
    response: ScriptedResponse,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.enqueue(error_response(429), response)
    CALLS[call](client)
    assert shown(caplog.text) == []


def test_every_attempt_is_logged(
    server: ScriptedServer, client: OltClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "olt_provider")
    server.enqueue(error_response(429), data_response(registered()))
    CALLS["register"](client)
    path = "POST /application-developer/applications"
    responses = [line for line in caplog.messages if line.startswith((f"{path}: 4", f"{path}: 2"))]
    assert len(responses) == 2
