from __future__ import annotations

import socket
import types
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest
import tenacity

from olt_provider.api.applications import ApplicationPatch, ApplicationRegistration
from olt_provider.api.client import OltClient, TenantClient
from olt_provider.api.errors import ApiError, OltError, RequestError
from olt_provider.api.options import DEFAULT_MAX_RETRIES
from olt_provider.api.request import Request
from olt_provider.api.retry import MAX_TOTAL, MAX_WAIT, Repeat
from olt_provider.api.transport import REPORTED_WAIT, Transport
from tests.api.conftest import MakeTransport
from tests.api.samples import (
    APPLICATION,
    CLIENT,
    OTHER_TENANT,
    SECRET,
    TENANT,
    application,
    available,
    installation,
    issued,
    registered,
)
from tests.api.scripted_server import (
    Closed,
    Raw,
    Reset,
    Scripted,
    ScriptedResponse,
    ScriptedServer,
    data_response,
    error_response,
    json_response,
)

GET = Request("GET", "/x")
REGISTRATION = ApplicationRegistration(name="x")
CUT = Raw(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"data":')
CUT_CHUNK = Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{")

SAFE_CALLS: dict[str, tuple[Any, ScriptedResponse]] = {
    "GET": (lambda t: t.applications.get(APPLICATION), data_response(application())),
    "GET of a page": (lambda t: list(t.devices.list()), json_response({"data": []})),
    "PUT of a tenant": (
        lambda t: t.allowed_tenants.allow(APPLICATION, OTHER_TENANT),
        ScriptedResponse(204),
    ),
    "PUT of an installation": (
        lambda t: t.installations.install(APPLICATION),
        data_response(installation()),
    ),
    "GET of an installation": (
        lambda t: t.installations.get(APPLICATION),
        data_response(available()),
    ),
    "PATCH": (
        lambda t: t.applications.patch(APPLICATION, ApplicationPatch(name="x")),
        data_response(application()),
    ),
    "DELETE": (lambda t: t.applications.delete(APPLICATION), ScriptedResponse(204)),
    "POST of a new secret": (
        lambda t: t.applications.new_secret(APPLICATION),
        data_response({"secret": "new"}),
    ),
}
safe_calls = pytest.mark.parametrize("call", list(SAFE_CALLS))

TEMPORARY: dict[str, Scripted] = {
    "closed": Closed(),
    "reset": Reset(),
    "cut": CUT,
    "cut chunk": CUT_CHUNK,
    "408": error_response(408),
    "429": error_response(429),
    "502": error_response(502),
    "502 of a gateway": ScriptedResponse(502, b"<html>", {"Content-Type": "text/html"}),
    "503": error_response(503),
    "504": error_response(504),
}
FINAL: dict[str, Scripted] = {
    **{str(status): error_response(status) for status in (400, 401, 403, 404, 409, 422, 500, 501)},
    "redirect": ScriptedResponse(302, b"", {"Location": "https://x.example/"}),
    "not JSON": ScriptedResponse(200, b"<html>"),
}


@safe_calls
@pytest.mark.parametrize("fault", list(TEMPORARY))
def test_what_is_safe_to_repeat_is_repeated_after(
    server: ScriptedServer, tenant: TenantClient, call: str, fault: str
) -> None:
    send, response = SAFE_CALLS[call]
    server.enqueue(TEMPORARY[fault], response)
    send(tenant)
    assert len(server.received) == 2


@safe_calls
@pytest.mark.parametrize("fault", list(FINAL))
def test_nothing_is_repeated_after(
    server: ScriptedServer, tenant: TenantClient, call: str, fault: str
) -> None:
    server.always = FINAL[fault]
    if call in {"PUT of a tenant", "DELETE"} and fault == "not JSON":
        server.always = ScriptedResponse(200, b"{")
    with pytest.raises(OltError):
        SAFE_CALLS[call][0](tenant)
    assert len(server.received) == 1


@pytest.mark.parametrize("fault", [fault for fault in TEMPORARY if fault != "429"] + list(FINAL))
def test_a_registration_is_never_repeated_after(
    server: ScriptedServer, tenant: TenantClient, fault: str
) -> None:
    server.always = {**TEMPORARY, **FINAL}[fault]
    with pytest.raises(OltError):
        tenant.applications.register(REGISTRATION)
    assert len(server.received) == 1


def test_a_registration_is_repeated_after_429(server: ScriptedServer, tenant: TenantClient) -> None:
    server.enqueue(error_response(429), data_response(registered()))
    tenant.applications.register(REGISTRATION)
    assert len(server.received) == 2


@pytest.mark.parametrize("fault", ["closed", "reset", "cut", "cut chunk"])
def test_a_registration_whose_response_is_lost_may_have_happened(
    server: ScriptedServer, tenant: TenantClient, fault: str
) -> None:
    server.always = TEMPORARY[fault]
    with pytest.raises(RequestError) as caught:
        tenant.applications.register(REGISTRATION)
    assert caught.value.sent


@pytest.fixture
def unused_url() -> Iterator[str]:
    """A base URL without a listener: the port is taken, so that no other process gets it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


@pytest.mark.parametrize("repeat", list(Repeat))
def test_a_connection_that_was_never_made_is_tried_again(
    make_transport: MakeTransport, sleeps: list[float], unused_url: str, repeat: Repeat
) -> None:
    with pytest.raises(RequestError):
        make_transport(unused_url).send(Request("POST", "/x", repeat=repeat))
    assert len(sleeps) == DEFAULT_MAX_RETRIES


def test_after_a_connection_that_was_never_made_nothing_can_have_changed(
    make_transport: MakeTransport, unused_url: str
) -> None:
    with pytest.raises(RequestError, match="could not connect to 127") as caught:
        make_transport(unused_url, max_retries=0).send(GET)
    assert not caught.value.sent


@pytest.mark.parametrize("fault", list(TEMPORARY))
def test_the_token_endpoint_is_repeated_after(
    server: ScriptedServer, client: OltClient, fault: str
) -> None:
    from pydantic import SecretStr

    server.enqueue(TEMPORARY[fault], json_response(issued()))
    client.identity.client_credentials(CLIENT, SecretStr(SECRET), tenant_id=TENANT)
    assert len(server.received) == 2


@pytest.mark.parametrize("max_retries", [0, 1, 5])
def test_a_call_is_repeated_as_often_as_it_is_allowed_to(
    server: ScriptedServer, make_transport: MakeTransport, max_retries: int
) -> None:
    server.always = error_response(503)
    with pytest.raises(ApiError, match="returned 503"):
        make_transport(max_retries=max_retries).send(GET)
    assert len(server.received) == max_retries + 1


# How long it waits


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("seconds", [1, 17, 60])
def test_the_wait_is_what_retry_after_asks_for_in_seconds(
    server: ScriptedServer, transport: Transport, sleeps: list[float], seconds: int, status: int
) -> None:
    server.enqueue(error_response(status, Retry_After=str(seconds)), data_response({}))
    transport.send(GET)
    assert sleeps == [pytest.approx(seconds, abs=0.5)]


@pytest.mark.parametrize("status", [408, 503])
def test_retry_after_of_zero_does_not_spend_the_retries_at_once(
    server: ScriptedServer, make_transport: MakeTransport, sleeps: list[float], status: int
) -> None:
    server.always = error_response(status, Retry_After="0")
    with pytest.raises(ApiError):
        make_transport(max_retries=20).send(GET)
    assert sum(sleeps) > 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("behind", [-3600, 0, 30, 90, 86400])
def test_a_date_in_retry_after_is_measured_against_the_clock_of_the_response(
    server: ScriptedServer, transport: Transport, sleeps: list[float], behind: int, status: int
) -> None:
    now = datetime.now(timezone.utc) - timedelta(seconds=behind)
    date, until = (
        format_datetime(moment, usegmt=True) for moment in (now, now + timedelta(seconds=30))
    )
    server.enqueue(error_response(status, Retry_After=until, Date=date), data_response({}))
    transport.send(GET)
    assert sleeps == [pytest.approx(30, abs=0.5)]


def test_a_date_in_retry_after_without_a_clock_of_the_response_is_read_by_this_machines(
    server: ScriptedServer, transport: Transport, sleeps: list[float]
) -> None:
    until = datetime.now(timezone.utc) + timedelta(seconds=30)
    header = format_datetime(until, usegmt=True)
    server.enqueue(error_response(503, Retry_After=header), data_response({}))
    transport.send(GET)
    assert 20 < sleeps[0] <= 30


def test_a_date_that_has_passed_asks_for_no_wait_beyond_the_backoff(
    server: ScriptedServer, transport: Transport, sleeps: list[float]
) -> None:
    header = "Wed, 21 Oct 2015 07:28:00 GMT"
    server.enqueue(error_response(503, Retry_After=header), data_response({}))
    transport.send(GET)
    assert 0 <= sleeps[0] <= 0.5


@pytest.mark.parametrize("header", ["61", "864000", "9" * 30, "Fri, 31 Dec 2999 23:59:59 GMT"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_response_that_asks_for_too_long_a_wait_ends_the_call(
    server: ScriptedServer, transport: Transport, sleeps: list[float], status: int, header: str
) -> None:
    server.always = error_response(status, Retry_After=header)
    with pytest.raises(ApiError) as caught:
        transport.send(GET)
    assert (caught.value.status, len(server.received), sleeps) == (status, 1, [])


def test_too_long_a_wait_ends_a_registration_too(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.always = error_response(429, Retry_After="61")
    with pytest.raises(ApiError):
        tenant.applications.register(REGISTRATION)
    assert len(server.received) == 1


@pytest.mark.parametrize("header", ["soon", "-5", "1.5", "", "9" * 5000])
def test_a_retry_after_that_cannot_be_read_is_passed_over(
    server: ScriptedServer, transport: Transport, sleeps: list[float], header: str
) -> None:
    server.enqueue(error_response(503, Retry_After=header), data_response({}))
    transport.send(GET)
    assert 0 <= sleeps[0] <= 0.5


def test_a_500_is_not_repeated_even_with_retry_after(
    server: ScriptedServer, transport: Transport
) -> None:
    server.always = error_response(500, Retry_After="1")
    with pytest.raises(ApiError):
        transport.send(GET)
    assert len(server.received) == 1


def test_without_retry_after_the_waits_grow_up_to_a_cap(
    server: ScriptedServer, make_transport: MakeTransport, sleeps: list[float]
) -> None:
    server.always = error_response(503)
    with pytest.raises(ApiError):
        make_transport(max_retries=12).send(GET)
    caps = [min(0.5 * 2**n, 20.0) for n in range(12)]
    assert [n for n, wait in enumerate(sleeps) if not 0 <= wait <= caps[n]] == []


def test_the_waits_are_not_the_same_twice(
    server: ScriptedServer, transport: Transport, sleeps: list[float]
) -> None:
    server.always = error_response(503)
    for _ in range(2):
        with pytest.raises(ApiError):
            transport.send(GET)
    assert sleeps[:5] != sleeps[5:]


def test_a_call_does_not_go_on_for_longer_than_it_may(
    server: ScriptedServer, make_transport: MakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = [0.0]

    def wait(seconds: float) -> None:
        passed[0] += seconds

    clock = types.SimpleNamespace(monotonic=lambda: passed[0], sleep=wait)
    monkeypatch.setattr(tenacity, "time", clock)
    server.always = error_response(503, Retry_After=f"{MAX_WAIT:.0f}")
    with pytest.raises(ApiError):
        make_transport(max_retries=20, sleep=wait).send(GET)
    assert 0 < passed[0] <= MAX_TOTAL


# What is reported


def test_a_long_wait_is_reported_with_its_reason(
    server: ScriptedServer, make_transport: MakeTransport
) -> None:
    reports: list[str] = []
    server.enqueue(error_response(503, Retry_After="17"), data_response({}))
    make_transport(notify=reports.append).send(GET)
    (line,) = reports
    assert line.startswith("waiting 17 s before the next try: GET /x: returned 503")


def test_a_short_wait_is_not_reported(
    server: ScriptedServer, make_transport: MakeTransport
) -> None:
    reports: list[str] = []
    server.enqueue(error_response(503, Retry_After=f"{REPORTED_WAIT:.0f}"), data_response({}))
    make_transport(notify=reports.append).send(GET)
    assert reports == []


# Who else waits


@pytest.mark.parametrize(("asked", "waits"), [("17", True), (f"{MAX_WAIT + 1:.0f}", False)])
def test_the_others_wait_also_where_the_call_that_was_limited_is_given_up(
    server: ScriptedServer,
    make_transport: MakeTransport,
    sleeps: list[float],
    asked: str,
    waits: bool,
) -> None:
    transport = make_transport(max_retries=0)
    server.enqueue(error_response(429, Retry_After=asked), data_response({}))
    with pytest.raises(ApiError):
        transport.send(GET)
    transport.send(GET)
    assert [10 < wait <= 17 for wait in sleeps] == [True] * waits
