from __future__ import annotations

import pytest

from olt_provider.api.client import TenantClient
from olt_provider.api.errors import ApiError, OltError, RequestError
from olt_provider.api.request import Request
from olt_provider.api.transport import Transport
from tests.api.conftest import MakeTransport
from tests.api.samples import APPLICATION, TENANT
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

PATH = f"/application-developer/applications/{APPLICATION}"
GET = Request("GET", "/x")


def failure(transport: Transport, request: Request = GET) -> OltError:
    with pytest.raises(OltError) as caught:
        transport.send(request)
    return caught.value


def test_a_refusal_names_all_there_is_to_know(server: ScriptedServer, tenant: TenantClient) -> None:
    server.enqueue(error_response(403, "ID_FORBIDDEN", "User is not permitted"))
    with pytest.raises(ApiError) as caught:
        tenant.applications.get(APPLICATION)
    assert str(caught.value).startswith(
        f"GET {PATH} (authenticated as tenant {TENANT}): returned 403 ID_FORBIDDEN: User is not"
    )


def test_a_refusal_for_lack_of_permission_names_the_roles(
    server: ScriptedServer, transport: Transport
) -> None:
    server.enqueue(error_response(403))
    assert "owner and writer" in str(failure(transport))


@pytest.mark.parametrize(
    ("response", "remedy"),
    [
        (error_response(400), "correct what the platform does not accept"),
        (error_response(401), "set a new one"),
        (error_response(403), "owner and writer have"),
        (error_response(404), "of the tenant that it belongs to"),
        (error_response(409), "run the same again"),
        (error_response(422), "correct what the platform does not accept"),
        (error_response(408), "try again later"),
        (error_response(429), "try again later"),
        (error_response(500), "report it to its operator if it lasts"),
        (ScriptedResponse(429, b"<html>"), "try again later"),
        (ScriptedResponse(502, b"<html>"), "report it to its operator if it lasts"),
        (ScriptedResponse(401, b"<html>"), "the platform's address?"),
        (Closed(), "try again later"),
    ],
)
def test_every_failure_ends_with_what_to_do(
    server: ScriptedServer, transport: Transport, response: Scripted, remedy: str
) -> None:
    server.always = response
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
    server.always = ScriptedResponse(503, b"<html>", {"Content-Type": "text/html"})
    assert "address" not in str(failure(transport))


def test_a_refusal_holds_its_parts(server: ScriptedServer, transport: Transport) -> None:
    server.enqueue(error_response(404, "NO_ACCESS_TO_RESOURCE", "forbidden", Retry_After="7"))
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
    server.enqueue(json_response(body, 404))
    error = failure(transport)
    assert isinstance(error, ApiError)
    assert error.from_platform


@pytest.mark.parametrize(
    "response",
    [
        ScriptedResponse(404),
        ScriptedResponse(404, b"<html>Not Found</html>"),
        ScriptedResponse(404, b"\xff\xfe"),
        ScriptedResponse(404, b"[" * 100_000),
        json_response({}, 404),
        json_response([], 404),
        json_response("errorCode", 404),
        json_response({"detail": "Not Found"}, 404),
        json_response({"status": 404, "error": "Not Found", "path": "/v1/x"}, 404),
        json_response({"errorCode": "", "errorMessage": None}, 404),
    ],
)
def test_what_is_not_the_envelope_is_not_taken_for_the_platforms(
    server: ScriptedServer, transport: Transport, response: ScriptedResponse
) -> None:
    server.enqueue(response)
    error = failure(transport)
    assert isinstance(error, ApiError)
    assert not error.from_platform


def test_what_is_not_the_envelope_asks_for_the_address(
    server: ScriptedServer, transport: Transport
) -> None:
    server.enqueue(ScriptedResponse(404, b"<html>", {"Content-Type": "text/html"}))
    message = f"returned 404 with no platform error (text/html); is {server.url} the platform's"
    assert message in str(failure(transport))


def test_a_response_without_a_content_type_is_reported_as_such(
    server: ScriptedServer, transport: Transport
) -> None:
    server.enqueue(ScriptedResponse(404))
    assert "(no content type)" in str(failure(transport))


FOLDED = b"HTTP/1.1 %d X\r\nContent-Type: text/html;\r\n charset=x\r\nContent-Length: 1\r\n\r\n<"


@pytest.mark.parametrize(
    "response",
    [
        error_response(400, "CODE\nCODE", "a\r\nb\n\nc"),
        Raw(FOLDED % 404),
        Raw(FOLDED % 200),
        ScriptedResponse(404, b"<", {"Content-Type": "a\x85b"}),
        ScriptedResponse(302, b"", {"Location": "https://a\x85b/"}),
    ],
    ids=["message", "folded header", "folded header of no JSON", "header", "redirect"],
)
def test_an_error_is_one_line_for_any_response(
    server: ScriptedServer, transport: Transport, response: Scripted
) -> None:
    server.enqueue(response)
    assert len(str(failure(transport)).splitlines()) == 1


def test_an_error_cannot_steer_the_terminal(server: ScriptedServer, transport: Transport) -> None:
    server.enqueue(error_response(400, "CODE\x1b[2J", "a\x1b]0;b\x07"))
    assert str(failure(transport)).isprintable()


def test_a_long_message_is_cut(server: ScriptedServer, transport: Transport) -> None:
    server.enqueue(error_response(400, message="x" * 10_000))
    assert len(str(failure(transport))) < 1000


def test_a_connection_that_breaks_off_names_the_host(
    server: ScriptedServer, make_transport: MakeTransport
) -> None:
    server.enqueue(Closed())
    assert f"the connection to {server.host} broke off" in str(
        failure(make_transport(max_retries=0))
    )


def test_a_body_that_cannot_be_decompressed_is_an_unreadable_response(
    server: ScriptedServer, transport: Transport
) -> None:
    server.enqueue(ScriptedResponse(200, b"not gzip", {"Content-Encoding": "gzip"}))
    assert f"an unreadable response from {server.host}" in str(failure(transport))


@pytest.mark.parametrize("body", [None, [], "x", 7, {}, {"meta": {}}])
def test_a_response_without_data_is_named(
    server: ScriptedServer, tenant: TenantClient, body: object
) -> None:
    server.enqueue(json_response(body))
    with pytest.raises(RequestError, match=f'GET {PATH}: the response has no "data"'):
        tenant.applications.get(APPLICATION)


def test_an_empty_response_where_data_is_needed_is_named(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(ScriptedResponse(200))
    with pytest.raises(RequestError, match='has no "data"'):
        tenant.applications.get(APPLICATION)


@pytest.mark.parametrize("data", [None, [], "x", 7, {}])
def test_data_of_the_wrong_shape_is_named(
    server: ScriptedServer, tenant: TenantClient, data: object
) -> None:
    server.enqueue(data_response(data))
    with pytest.raises(RequestError, match=f"GET {PATH}: .*not what the platform documents"):
        tenant.applications.get(APPLICATION)


@pytest.mark.parametrize(
    "response",
    [
        Closed(),
        error_response(400),
        ScriptedResponse(404),
        ScriptedResponse(200, b"<"),
        ScriptedResponse(302),
        data_response([]),
    ],
    ids=["broken", "refused", "not the platform's", "not JSON", "redirect", "wrong shape"],
)
def test_no_error_shows_the_parsers_or_the_connections_own(
    server: ScriptedServer, tenant: TenantClient, response: Scripted
) -> None:
    server.always = response
    with pytest.raises(OltError) as caught:
        tenant.applications.get(APPLICATION)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__


def test_a_response_that_echoes_the_token_does_not_show_it(
    server: ScriptedServer, tenant: TenantClient, caplog: pytest.LogCaptureFixture
) -> None:
    server.enqueue(error_response(404))
    with pytest.raises(ApiError):
        tenant.applications.get(APPLICATION)
    token = server.received[0].headers["Authorization"].removeprefix("Bearer ")
    server.enqueue(error_response(401, "DENIED", f"{'x' * 280} {token} is no token"))
    with pytest.raises(ApiError) as caught:
        tenant.applications.get(APPLICATION)
    messages = f"{caught.value} {caught.value.error_message}"
    assert token[:12] not in messages
    assert "[secret]" in messages


def test_a_response_that_echoes_the_form_does_not_show_its_secrets(
    server: ScriptedServer, transport: Transport
) -> None:
    form = {"client_id": "me", "client_secret": "hush-hush", "refresh_token": "psst-psst"}
    body = {"error": "invalid_client", "error_description": "hush-hush and psst-psst of me"}
    server.enqueue(json_response(body, status=401))
    message = str(failure(transport, Request("POST", "/token", form=form)))
    assert "[secret] and [secret] of me" in message
