"""Every error of a write states whether any try of it may have been carried out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from olt_provider.api.client import TenantClient
from olt_provider.api.errors import ApiError, ConfigurationError, OltError, RequestError, TokenError
from olt_provider.api.transport import Transport
from tests.api.conftest import MakeTransport, client_of
from tests.api.samples import APPLICATION, TENANT, TOKEN
from tests.api.scripted_server import (
    Closed,
    Raw,
    Reset,
    Scripted,
    ScriptedResponse,
    ScriptedServer,
    data_response,
    error_response,
)

Call = Callable[[TenantClient], Any]

WRITES: dict[str, Call] = {
    "PATCH": lambda tenant: tenant._transport.send("PATCH", "/x"),
    "new secret": lambda tenant: tenant.applications.new_secret(APPLICATION),
    "install": lambda tenant: tenant.installations.install(APPLICATION),
    "uninstall": lambda tenant: tenant.installations.uninstall(APPLICATION),
    "revoke": lambda tenant: tenant.allowed_tenants.revoke(APPLICATION, TENANT),
}
LOST: dict[str, Scripted] = {
    "closed": Closed(),
    "reset": Reset(),
    "cut": Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
    "503": error_response(503),
    "408": error_response(408),
}
UNAUTHORIZED = error_response(401)


class Tokens:
    """Returns a token a number of times, then raises; ``renew`` returns another if there is one."""

    def __init__(self, *given: str | OltError) -> None:
        self._given = list(given)

    def token(self, tenant_id: str | None) -> str:
        given = self._given.pop(0) if len(self._given) > 1 else self._given[0]
        if isinstance(given, OltError):
            raise given
        return given

    def renew(self, tenant_id: str | None, rejected: str) -> bool:
        return self._given != [TOKEN]

    def check(self, tenant_id: str | None) -> str | None:
        return None

    def tenant(self) -> str | None:
        return TENANT


def tenant_of(transport: Transport, *given: str | OltError) -> TenantClient:
    return client_of(transport, transport, Tokens(*given)).as_tenant(TENANT)


def failure(call: Call, tenant: TenantClient) -> OltError:
    with pytest.raises(OltError) as caught:
        call(tenant)
    return caught.value


writes = pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
lost = pytest.mark.parametrize("response", LOST.values(), ids=list(LOST))


@writes
@lost
@pytest.mark.parametrize("kind", [TokenError, ConfigurationError])
def test_no_token_for_a_repetition_keeps_the_mark(
    server: ScriptedServer,
    transport: Transport,
    write: Call,
    response: Scripted,
    kind: type[OltError],
) -> None:
    """An API token expires in the wait, or the token endpoint refuses."""
    server.enqueue(response)
    error = failure(write, tenant_of(transport, TOKEN, kind("no token")))
    assert isinstance(error, kind)
    assert error.may_have_changed


@writes
@lost
@pytest.mark.parametrize(
    "then", [TokenError("no token"), TOKEN], ids=["no new token", "refused with a new token"]
)
def test_a_401_after_a_lost_response_keeps_the_mark(
    server: ScriptedServer,
    transport: Transport,
    write: Call,
    response: Scripted,
    then: str | OltError,
) -> None:
    server.enqueue(response, UNAUTHORIZED, error_response(403))
    error = failure(write, tenant_of(transport, TOKEN, TOKEN, then, TOKEN))
    assert error.may_have_changed


@writes
def test_a_401_that_no_other_token_resolves_keeps_the_mark(
    server: ScriptedServer, transport: Transport, write: Call
) -> None:
    server.enqueue(Closed(), UNAUTHORIZED)
    error = failure(write, tenant_of(transport, TOKEN))
    assert isinstance(error, ApiError)
    assert error.may_have_changed


@writes
def test_a_wait_that_is_broken_off_keeps_the_mark(
    server: ScriptedServer, make_transport: MakeTransport, write: Call
) -> None:
    def broken_off(_: float) -> None:
        raise OltError("the engine is gone")

    server.enqueue(Closed())
    error = failure(write, tenant_of(make_transport(sleep=broken_off), TOKEN))
    assert error.may_have_changed


@writes
def test_an_unexpected_exception_is_one_of_ours_and_has_the_mark(
    server: ScriptedServer, make_transport: MakeTransport, write: Call
) -> None:
    def broken(_: float) -> None:
        raise RuntimeError("a bug")

    server.enqueue(Closed())
    error = failure(write, tenant_of(make_transport(sleep=broken), TOKEN))
    assert isinstance(error, RequestError)
    assert error.may_have_changed


@writes
@pytest.mark.parametrize("status", [401, 403, 404, 429])
def test_a_refusal_alone_changed_nothing(
    server: ScriptedServer, make_transport: MakeTransport, write: Call, status: int
) -> None:
    server.enqueue(error_response(status))
    assert not failure(write, tenant_of(make_transport(max_retries=0), TOKEN)).may_have_changed


@writes
def test_no_token_at_all_changed_nothing(transport: Transport, write: Call) -> None:
    assert not failure(write, tenant_of(transport, TokenError("no token"))).may_have_changed


@pytest.mark.parametrize(
    "response",
    [
        error_response(503),
        Closed(),
        ScriptedResponse(200, b"<"),
        data_response([]),
        ScriptedResponse(302),
    ],
)
def test_a_read_never_has_the_mark(
    server: ScriptedServer, make_transport: MakeTransport, response: Scripted
) -> None:
    server.always = response
    tenant = tenant_of(make_transport(max_retries=1), TOKEN)
    error = failure(lambda each: each.installations.get(APPLICATION), tenant)
    assert not error.may_have_changed
