"""Secrets in use, in every form in which a gateway may repeat them."""

from __future__ import annotations

import base64
import html
import json
import logging
import textwrap
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from olt_provider.api import redaction
from olt_provider.api.client import OltClient
from olt_provider.api.errors import ApiError, OltError
from olt_provider.api.fetched_tokens import ClientCredentials
from olt_provider.api.redaction import MARK, remember, remember_all, shown
from olt_provider.api.request import Request
from olt_provider.api.transport import BearerAuth, Transport
from olt_provider.settings import Settings
from tests.api.samples import CLIENT, SECRET, TENANT, issued, make_token, registered
from tests.api.scripted_server import ScriptedResponse, ScriptedServer, data_response, json_response

ODD = 'p/w+d & "q"=%é\'x~'
TOKEN = make_token(jti="redaction")


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_in_use", {})


def b64(text: str, *, safe: bool = False, pad: bool = True) -> str:
    data = text.encode()
    encoded = (base64.urlsafe_b64encode if safe else base64.b64encode)(data).decode()
    return encoded if pad else encoded.rstrip("=")


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "in a sentence": lambda secret: f"the value '{secret}' is wrong",
    "JSON": lambda secret: json.dumps({"sent": secret}),
    "JSON in JSON": lambda secret: json.dumps(json.dumps([secret])),
    "every character escaped": lambda secret: "".join(f"\\u{ord(c):04x}" for c in secret),
    "slashes escaped": lambda secret: secret.replace("/", "\\/"),
    "form-encoded": lambda secret: f"client_secret={quote_plus(secret)}&x=1",
    "percent-encoded": lambda secret: quote(secret, safe=""),
    "lower hex": lambda secret: quote(secret, safe="").lower(),
    "every byte encoded": lambda secret: "".join(f"%{byte:02X}" for byte in secret.encode()),
    "encoded twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "HTML": lambda secret: f"<b>{html.escape(secret)}</b>",
    "Base64": b64,
    "Base64 without padding": lambda secret: b64(secret, pad=False),
    "URL-safe Base64": lambda secret: b64(secret, safe=True),
    "Basic": lambda secret: f"Authorization: Basic {b64(f'client:{secret}')}",
    "Basic, one more": lambda secret: f"Basic {b64(f'clienta:{secret}')}, x",
    "Basic, two more": lambda secret: f"Basic {b64(f'clientab:{secret}', safe=True, pad=False)}",
    "Basic without a blank": lambda secret: f"Basic{b64(f'c:{secret}')}",
    "Basic of an encoded one": lambda secret: f"Basic {b64('c:' + quote_plus(secret))}",
    "Base64, percent-encoded": lambda secret: quote(b64(f"client:{secret}"), safe=""),
    "wrapped": lambda secret: "\n".join(textwrap.wrap(b64(secret), 7)),
    "broken into lines": lambda secret: f"{secret[:5]}\n{secret[5:]}",
}
BROKEN = ("wrapped", "broken into lines")
"""Where no single word holds the secret, nothing of the text is shown."""
each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
each_secret = pytest.mark.parametrize("secret", [SECRET, ODD, TOKEN], ids=["plain", "odd", "JWT"])


@each_form
@each_secret
def test_no_form_of_a_secret_is_shown(form: Callable[[str], str], secret: str) -> None:
    remember(secret)
    text = shown(f"before {form(secret)} after", 100_000)
    assert MARK in text
    assert form(secret) not in text


@pytest.mark.parametrize("form", [FORMS[name] for name in FORMS if name not in BROKEN])
def test_the_words_around_a_secret_are_shown(form: Callable[[str], str]) -> None:
    remember("Abcd-1234-Efgh-5678")
    words = shown(f"before {form('Abcd-1234-Efgh-5678')} after", 1000).split()
    assert (words[0], words[-1]) == ("before", "after")


@pytest.mark.parametrize(
    "text",
    [
        "Invalid client secret",
        "Client not found: 44c11af1-c549-4c18-98bd-bcef92c8b45b",
        "Access to resource is forbidden",
        "100 % of \\x and %zz and &amp; == +",
        "",
    ],
)
def test_a_text_without_a_secret_is_shown_as_it_is(text: str) -> None:
    for secret in (SECRET, ODD, TOKEN):
        remember(secret)
    assert shown(text, 300) == text


@given(st.text(), st.text(min_size=8, max_size=40), st.text(), st.integers(1, 60))
def test_no_text_and_no_limit_shows_a_secret(
    before: str, secret: str, after: str, limit: int
) -> None:
    redaction._in_use.clear()
    remember(secret)
    kept = secret.strip()
    text = shown(f"{before}{secret}{after}", limit)
    assert len(text) <= limit
    if len(kept) >= redaction.SHORTEST and kept not in MARK:
        assert kept not in text


def test_the_limit_cuts_no_secret_in_two() -> None:
    remember(TOKEN)
    for limit in range(1, 120, 7):
        for form in (TOKEN, quote(f"/{TOKEN}/", safe=""), b64(f"client:{TOKEN}")):
            text = shown(f"{'x' * 50} {form}{'y' * 5000}", limit)
            assert form[:4] not in text


def test_a_long_text_is_read_in_bounded_time_and_space() -> None:
    remember(TOKEN)
    assert shown("%41" * 1_000_000, 300).startswith("%41")


def test_the_newest_secrets_are_kept() -> None:
    for number in range(redaction.MOST + 10):
        remember(f"secret-{number:06}")
    assert len(redaction._in_use) == redaction.MOST
    assert shown(f"secret-{redaction.MOST + 9:06}", 50) == MARK


def test_secrets_of_a_response_are_those_of_certain_names() -> None:
    remember_all({"data": [{"oauth2Client": {"secret": "hidden-secret", "id": "shown-id-1"}}]})
    assert shown("hidden-secret shown-id-1", 50) == f"{MARK} shown-id-1"


# Where responses are quoted


@pytest.fixture
def records(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


QUOTED: dict[str, Callable[[str], ScriptedResponse]] = {
    "message": lambda text: json_response({"errorCode": "X", "errorMessage": text}, 400),
    "code": lambda text: json_response({"errorCode": text, "errorMessage": "y"}, 403),
    "description": lambda text: json_response({"error": "x", "error_description": text}, 401),
    "error": lambda text: json_response({"error": text}, 400),
    "content type": lambda text: ScriptedResponse(502, b"<p>", {"Content-Type": text}),
    "content type of a page": lambda text: ScriptedResponse(200, b"<p>", {"Content-Type": text}),
    "redirect": lambda text: ScriptedResponse(302, b"", {"Location": f"https://{text}.example/"}),
    "busy": lambda text: json_response({"errorMessage": text, "error": text}, 503),
}
HEADER_FORMS = ("as it is", "lower case", "Base64 without padding", "URL-safe Base64")


def quoted(
    server: ScriptedServer, records: pytest.LogCaptureFixture, call: Callable[[], object]
) -> str:
    """All that a user may see of a call that fails."""
    with pytest.raises(OltError) as caught:
        call()
    error = caught.value
    fields = (error.error_code, error.error_message) if isinstance(error, ApiError) else ()
    logged = [record.getMessage() for record in records.records if "olt" in record.name]
    return " ".join(map(str, (error, repr(error), *fields, *logged)))


@pytest.mark.parametrize("where", QUOTED)
@pytest.mark.parametrize("form", HEADER_FORMS)
def test_no_response_to_a_call_shows_any_credential(
    server: ScriptedServer,
    transport: Transport,
    records: pytest.LogCaptureFixture,
    where: str,
    form: str,
) -> None:
    remember(SECRET)  # of another request of the same process
    for secret in (TOKEN, SECRET):
        server.always = QUOTED[where](FORMS[form](secret))
        text = quoted(
            server,
            records,
            lambda: transport.send(Request("GET", "/x"), authorize=lambda: BearerAuth(TOKEN)),
        )
        assert FORMS[form](secret)[:40] not in text


@each_form
def test_a_token_endpoint_cannot_show_what_was_sent(
    server: ScriptedServer, client: OltClient, form: Callable[[str], str]
) -> None:
    body = {"error": "odd", "error_description": form(ODD)}
    server.always = json_response(body, 400)
    with pytest.raises(ApiError) as caught:
        client.identity.client_credentials(CLIENT, SecretStr(ODD), tenant_id=TENANT)
    assert form(ODD)[:60] not in str(caught.value)
    assert MARK in str(caught.value)


def test_a_token_that_came_with_the_error_is_not_shown(
    server: ScriptedServer, client: OltClient
) -> None:
    new = make_token(jti="new")
    server.always = json_response(
        {"error": "odd", "error_description": f"not {new}", "access_token": new}, 400
    )
    with pytest.raises(ApiError) as caught:
        client.identity.client_credentials(CLIENT, SecretStr(SECRET), tenant_id=TENANT)
    assert new[:40] not in str(caught.value)


def test_new_secrets_of_earlier_responses_are_not_shown(
    server: ScriptedServer, transport: Transport
) -> None:
    refresh = "a-new-refresh-token"
    server.enqueue(
        data_response(registered()),
        json_response(issued(refresh_token=refresh, access_token=TOKEN)),
    )
    transport.send(Request("POST", "/registration"))
    transport.send(Request("POST", "/token", form={}))
    server.always = json_response({"errorMessage": f"{SECRET} {refresh} {TOKEN}"}, 400)
    with pytest.raises(ApiError) as caught:
        transport.send(Request("GET", "/x"))
    assert caught.value.error_message == f"{MARK} {MARK} {MARK}"


@pytest.mark.parametrize(
    "credentials",
    [
        {"apiToken": TOKEN},
        {"tenantTokens": json.dumps({TENANT: TOKEN})},
        {"clientId": CLIENT, "clientSecret": TOKEN},
        {"clientId": CLIENT, "refreshToken": TOKEN},
    ],
    ids="+".join,
)
def test_all_credentials_of_a_client_are_removed_before_any_is_sent(
    credentials: dict[str, str],
) -> None:
    config = {f"olt:{key}": value for key, value in credentials.items()}
    Settings.load(config.get, {}).client(notify=print)
    assert shown(f"{TOKEN} {CLIENT}", 100) == f"{MARK} {CLIENT}"


def test_a_token_of_another_tenant_cannot_name_a_secret_as_its_tenant(
    server: ScriptedServer, client: OltClient
) -> None:
    server.always = json_response(issued(access_token=make_token(tenant=SECRET)))
    tokens = ClientCredentials(client.identity, CLIENT, SecretStr(SECRET))
    with pytest.raises(OltError) as caught:
        tokens.token(TENANT)
    assert SECRET not in str(caught.value)
    assert SECRET.lower() not in str(caught.value)
