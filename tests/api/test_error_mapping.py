from __future__ import annotations

import pytest

from olt_provider.api.client import TenantClient
from olt_provider.api.errors import ApiError, OltError, RequestError
from olt_provider.api.request import Request
from olt_provider.api.transport import Transport
from tests.api.conftest import MakeTransport
from tests.api.samples import APPLICATION, TENANT
from tests.api.scripted_server import (
    Answer,
    Closed,
    Raw,
    Scripted,
    ScriptedServer,
    data_answer,
    error_answer,
    json_answer,
)

PATH = f"/application-developer/applications/{APPLICATION}"
GET = Request("GET", "/x")


def failure(transport: Transport, request: Request = GET) -> OltError:
    with pytest.raises(OltError) as caught:
        transport.send(request)
    return caught.value


def test_a_refusal_names_all_there_is_to_know(server: ScriptedServer, tenant: TenantClient) -> None:
    server.answers(error_answer(403, "ID_FORBIDDEN", "User is not permitted"))
    with pytest.raises(ApiError) as caught:
        tenant.applications.get(APPLICATION)
    assert str(caught.value).startswith(
        f"GET {PATH} (authenticated as tenant {TENANT}): answered 403 ID_FORBIDDEN: User is not"
    )


def test_a_refusal_for_lack_of_permission_names_the_roles(
    server: ScriptedServer, transport: Transport
) -> None:
    server.answers(error_answer(403))
    assert "owner and writer" in str(failure(transport))


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        (error_answer(400), "correct what the platform does not accept"),
        (error_answer(401), "set a new one"),
        (error_answer(403), "owner and writer have"),
        (error_answer(404), "of the tenant that it belongs to"),
        (error_answer(409), "run the same again"),
        (error_answer(422), "correct what the platform does not accept"),
        (error_answer(408), "try again later"),
        (error_answer(429), "try again later"),
        (error_answer(500), "report it to its operator if it lasts"),
        (Answer(429, b"<html>"), "try again later"),
        (Answer(502, b"<html>"), "report it to its operator if it lasts"),
        (Answer(401, b"<html>"), "the platform's address?"),
        (Closed(), "try again later"),
    ],
)
def test_every_failure_ends_with_what_to_do(
    server: ScriptedServer, transport: Transport, answer: Scripted, remedy: str
) -> None:
    server.always = answer
    error = failure(transport)
    assert str(error).endswith(f"{remedy}")
    assert str(error) == f"{error.reason}; {error.remedy}"


def test_failed_connection_ends_with_what_to_check(make_transport: MakeTransport) -> None:
    error = failure(make_transport("http://127.0.0.1:1/v1", max_retries=0))
    assert str(error).endswith(
        "could not connect to 127.0.0.1:1; check the network, and whether http://127.0.0.1:1/v1 is "
        "the platform's address"
    )


def test_gateway_page_of_an_overloaded_platform_does_not_doubt_the_address(
    server: ScriptedServer, transport: Transport
) -> None:
    server.always = Answer(503, b"<html>", {"Content-Type": "text/html"})
    assert "address" not in str(failure(transport))


def test_a_refusal_holds_its_parts(server: ScriptedServer, transport: Transport) -> None:
    server.answers(error_answer(404, "NO_ACCESS_TO_RESOURCE", "forbidden", Retry_After="7"))
    error = failure(transport)
    assert isinstance(error, ApiError)
    assert (error.status, error.error_code, error.error_message, error.retry_after) == (
        404,
        "NO_ACCESS_TO_RESOURCE",
        "forbidden",
        7,
    )


@pytest.mark.parametrize(
    "body",
    [{"errorCode": "X"}, {"errorMessage": "reason"}, {"errorCode": 7, "errorMessage": "reason"}],
)
def test_half_an_envelope_is_still_the_platforms(
    server: ScriptedServer, transport: Transport, body: object
) -> None:
    server.answers(json_answer(body, 404))
    error = failure(transport)
    assert isinstance(error, ApiError)
    assert error.from_platform


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404),
        Answer(404, b"<html>Not Found</html>"),
        Answer(404, b"\xff\xfe"),
        Answer(404, b"[" * 100_000),
        json_answer({}, 404),
        json_answer([], 404),
        json_answer("errorCode", 404),
        json_answer({"detail": "Not Found"}, 404),
        json_answer({"status": 404, "error": "Not Found", "path": "/v1/x"}, 404),
        json_answer({"errorCode": "", "errorMessage": None}, 404),
    ],
)
def test_what_is_not_the_envelope_is_not_taken_for_the_platforms(
    server: ScriptedServer, transport: Transport, answer: Answer
) -> None:
    server.answers(answer)
    error = failure(transport)
    assert isinstance(error, ApiError)
    assert not error.from_platform


def test_what_is_not_the_envelope_asks_for_the_address(
    server: ScriptedServer, transport: Transport
) -> None:
    server.answers(Answer(404, b"<html>", {"Content-Type": "text/html"}))
    message = f"answered 404 with no platform error (text/html); is {server.url} the platform's"
    assert message in str(failure(transport))


def test_a_response_without_a_content_type_is_reported_as_such(
    server: ScriptedServer, transport: Transport
) -> None:
    server.answers(Answer(404))
    assert "(no content type)" in str(failure(transport))


FOLDED = b"HTTP/1.1 %d X\r\nContent-Type: text/html;\r\n charset=x\r\nContent-Length: 1\r\n\r\n<"


@pytest.mark.parametrize(
    "answer",
    [
        error_answer(400, "CODE\nCODE", "a\r\nb\n\nc"),
        Raw(FOLDED % 404),
        Raw(FOLDED % 200),
        Answer(404, b"<", {"Content-Type": "a\x85b"}),
        Answer(302, b"", {"Location": "https://a\x85b/"}),
    ],
    ids=["message", "folded header", "folded header of no JSON", "header", "redirect"],
)
def test_an_error_is_one_line_whatever_the_answer_holds(
    server: ScriptedServer, transport: Transport, answer: Scripted
) -> None:
    server.answers(answer)
    assert len(str(failure(transport)).splitlines()) == 1


def test_an_error_cannot_steer_the_terminal(server: ScriptedServer, transport: Transport) -> None:
    server.answers(error_answer(400, "CODE\x1b[2J", "a\x1b]0;b\x07"))
    assert str(failure(transport)).isprintable()


def test_a_long_message_is_cut(server: ScriptedServer, transport: Transport) -> None:
    server.answers(error_answer(400, message="x" * 10_000))
    assert len(str(failure(transport))) < 1000


def test_a_connection_that_breaks_off_names_the_host(
    server: ScriptedServer, make_transport: MakeTransport
) -> None:
    server.answers(Closed())
    assert f"the connection to {server.host} broke off" in str(
        failure(make_transport(max_retries=0))
    )


def test_a_body_that_cannot_be_decompressed_is_an_unreadable_answer(
    server: ScriptedServer, transport: Transport
) -> None:
    server.answers(Answer(200, b"not gzip", {"Content-Encoding": "gzip"}))
    assert f"an unreadable answer from {server.host}" in str(failure(transport))


@pytest.mark.parametrize("body", [None, [], "x", 7, {}, {"meta": {}}])
def test_an_answer_without_data_is_named(
    server: ScriptedServer, tenant: TenantClient, body: object
) -> None:
    server.answers(json_answer(body))
    with pytest.raises(RequestError, match=f'GET {PATH}: the response has no "data"'):
        tenant.applications.get(APPLICATION)


def test_an_empty_answer_where_data_is_needed_is_named(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.answers(Answer(200))
    with pytest.raises(RequestError, match='has no "data"'):
        tenant.applications.get(APPLICATION)


@pytest.mark.parametrize("data", [None, [], "x", 7, {}])
def test_data_of_the_wrong_shape_is_named(
    server: ScriptedServer, tenant: TenantClient, data: object
) -> None:
    server.answers(data_answer(data))
    with pytest.raises(RequestError, match=f"GET {PATH}: .*not what the platform documents"):
        tenant.applications.get(APPLICATION)


@pytest.mark.parametrize(
    "answer",
    [Closed(), error_answer(400), Answer(404), Answer(200, b"<"), Answer(302), data_answer([])],
    ids=["broken", "refused", "not the platform's", "not JSON", "redirect", "wrong shape"],
)
def test_no_error_shows_the_parsers_or_the_connections_own(
    server: ScriptedServer, tenant: TenantClient, answer: Scripted
) -> None:
    server.always = answer
    with pytest.raises(OltError) as caught:
        tenant.applications.get(APPLICATION)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__


def test_an_answer_that_echoes_the_token_does_not_show_it(
    server: ScriptedServer, tenant: TenantClient, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers(error_answer(404))
    with pytest.raises(ApiError):
        tenant.applications.get(APPLICATION)
    token = server.received[0].headers["Authorization"].removeprefix("Bearer ")
    server.answers(error_answer(401, "DENIED", f"{'x' * 280} {token} is no token"))
    with pytest.raises(ApiError) as caught:
        tenant.applications.get(APPLICATION)
    messages = f"{caught.value} {caught.value.error_message}"
    assert token[:12] not in messages
    assert "[secret]" in messages


def test_an_answer_that_echoes_the_form_does_not_show_its_secrets(
    server: ScriptedServer, transport: Transport
) -> None:
    form = {"client_id": "me", "client_secret": "hush-hush", "refresh_token": "psst-psst"}
    body = {"error": "invalid_client", "error_description": "hush-hush and psst-psst of me"}
    server.answers(json_answer(body, status=401))
    message = str(failure(transport, Request("POST", "/token", form=form)))
    assert "[secret] and [secret] of me" in message
