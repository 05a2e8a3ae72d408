"""For any response, a call returns its documented result or raises an ``OltError`` of one line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from olt_provider.api.allowed_tenants import AllowedTenant
from olt_provider.api.application_info import InstalledTenant
from olt_provider.api.applications import Application, ApplicationPatch
from olt_provider.api.applications import ApplicationRegistration as Registration
from olt_provider.api.client import OltClient
from olt_provider.api.clock import ServerClock
from olt_provider.api.devices import Device
from olt_provider.api.errors import OltError
from olt_provider.api.identity import IssuedToken, RealmInfo
from olt_provider.api.installations import AvailableApplication, Installation
from olt_provider.api.model import parse
from olt_provider.api.tokens import ApiToken, Claims, read_claims, require_usable
from olt_provider.api.transport import Transport
from tests.api.conftest import client_of, close
from tests.api.samples import (
    APPLICATION,
    CLIENT,
    NOW,
    OTHER_TENANT,
    SECRET,
    TENANT,
    TOKEN,
    available,
    device,
    installation,
    issued,
    registered,
)
from tests.api.scripted_server import Raw, Scripted, ScriptedResponse, ScriptedServer
from tests.api.test_tokens import unsigned

repeatable = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["", TENANT, "confidental", "active", "2019-05-09T10:11:32.123Z", SECRET])
)
FIELDS = sorted(
    {
        "data",
        "meta",
        "pageSize",
        "errorCode",
        "errorMessage",
        "error",
        "secret",
        "public_key",
        "info",
        "installation",
        *registered(),
        *available(),
        *installation(),
        *device()["info"],
        *issued(),
    }
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
VALID = [registered(), available(installation=installation()), installation(), device(), issued()]


@st.composite
def bent(draw: st.DrawFn) -> Any:
    """A documented value with some fields replaced by any value, or missing."""
    value = dict(draw(st.sampled_from(VALID)))
    for name in draw(st.lists(st.sampled_from(sorted(value)), max_size=3, unique=True)):
        if draw(st.booleans()):
            value[name] = draw(values)
        else:
            del value[name]
    return value


@st.composite
def responses(draw: st.DrawFn) -> Scripted:
    value = draw(values | bent())
    body = draw(
        st.sampled_from([value, {"data": value}, {"data": [value]}, {"data": [value], "meta": {}}])
        .map(json.dumps)
        .map(str.encode)
        | st.binary(max_size=64)
    )
    if draw(st.integers(0, 9)) == 0:
        start = draw(st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]))
        return Raw(start + draw(st.binary(max_size=64)))
    status = draw(st.sampled_from([200, 200, 200, 201, 204, 302, 400, 404, 429, 500, 503]))
    line = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
    names = ["Content-Type", "Retry-After", "Date", "Location", "Content-Encoding", "Set-Cookie"]
    headers = draw(st.dictionaries(st.sampled_from(names), line, max_size=2))
    return ScriptedResponse(status, b"" if status == 204 else body, headers)


def require_one_line(error: OltError) -> None:
    text = str(error)
    assert text
    assert len(text.splitlines()) == 1


@pytest.fixture(scope="module")
def host() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


@pytest.fixture(scope="module")
def platform(host: ScriptedServer) -> Iterator[OltClient]:
    transport = Transport(host.url, request_timeout=5, max_retries=1, sleep=lambda _: None)
    token = ApiToken(SecretStr(TOKEN), origin="the token", clock=lambda: NOW)
    yield client_of(transport, transport, token)
    close(transport)


CALLS: dict[str, tuple[Callable[[OltClient], Any], type]] = {
    "register": (
        lambda c: c.as_tenant(TENANT).applications.register(Registration(name="x")),
        Application,
    ),
    "applications": (lambda c: list(c.as_tenant(TENANT).applications.list()), list),
    "get": (lambda c: c.as_tenant(TENANT).applications.get(APPLICATION), Application),
    "patch": (
        lambda c: c.as_tenant(TENANT).applications.patch(APPLICATION, ApplicationPatch(name="x")),
        Application,
    ),
    "delete": (lambda c: c.as_tenant(TENANT).applications.delete(APPLICATION), type(None)),
    "secret": (lambda c: c.as_tenant(TENANT).applications.new_secret(APPLICATION), SecretStr),
    "allowed": (lambda c: list(c.as_tenant(TENANT).allowed_tenants.list(APPLICATION)), list),
    "allow": (
        lambda c: c.as_tenant(TENANT).allowed_tenants.allow(APPLICATION, OTHER_TENANT),
        type(None),
    ),
    "revoke": (
        lambda c: c.as_tenant(TENANT).allowed_tenants.revoke(APPLICATION, OTHER_TENANT),
        type(None),
    ),
    "available": (lambda c: list(c.as_tenant(TENANT).installations.list()), list),
    "get available": (
        lambda c: c.as_tenant(TENANT).installations.get(APPLICATION),
        AvailableApplication,
    ),
    "install": (lambda c: c.as_tenant(TENANT).installations.install(APPLICATION), Installation),
    "uninstall": (lambda c: c.as_tenant(TENANT).installations.uninstall(APPLICATION), type(None)),
    "devices": (lambda c: list(c.as_tenant(TENANT).devices.list()), list),
    "tenants": (lambda c: c.as_tenant(TENANT).application_info.installed_tenants(), tuple),
    "credentials": (
        lambda c: c.identity.client_credentials(CLIENT, SecretStr(SECRET), tenant_id=TENANT),
        IssuedToken,
    ),
    "refresh": (lambda c: c.identity.refresh(SecretStr("r"), CLIENT), IssuedToken),
    "realm": (lambda c: c.identity.realm(), RealmInfo),
}


@pytest.mark.parametrize("call", list(CALLS))
@repeatable
@given(response=responses())
def test_any_response_to_a_call_is_its_result_or_an_error(
    host: ScriptedServer, platform: OltClient, call: str, response: Scripted
) -> None:
    send, promised = CALLS[call]
    host.always = response
    try:
        result = send(platform)
    except OltError as error:
        require_one_line(error)
    else:
        assert isinstance(result, promised)


MODELS: list[type[BaseModel]] = [
    Application,
    AllowedTenant,
    AvailableApplication,
    Installation,
    Device,
    InstalledTenant,
    IssuedToken,
    RealmInfo,
]


@pytest.mark.parametrize("model", MODELS)
@repeatable
@given(value=values | bent())
def test_any_value_is_a_model_or_an_error(model: type[BaseModel], value: Any) -> None:
    try:
        result = parse(model, value, source="GET /x")
    except OltError as error:
        require_one_line(error)
    else:
        assert isinstance(result, model)


claims = st.fixed_dictionaries(
    {}, optional={"tenant": scalars, "exp": scalars, "nbf": scalars, "iat": scalars}
).map(lambda payload: unsigned(json.dumps(payload).encode()))
tokens = (
    claims
    | st.binary(max_size=40).map(unsigned)
    | st.text(max_size=40)
    | st.text(st.sampled_from("ey.J0-_="), max_size=40)
)


@repeatable
@given(token=tokens)
def test_any_token_is_read_or_an_error(token: str) -> None:
    try:
        result = read_claims(token, origin="the token")
    except OltError as error:
        require_one_line(error)
    else:
        assert isinstance(result, Claims)


@repeatable
@given(token=claims, tenant=st.none() | st.just(TENANT), now=st.floats(0, 1e11))
def test_any_claims_are_usable_or_an_error(token: str, tenant: str | None, now: float) -> None:
    try:
        require_usable(
            read_claims(token, origin="the token"), origin="it", tenant_id=tenant, now=now
        )
    except OltError as error:
        require_one_line(error)


@repeatable
@given(header=st.text(max_size=40) | st.from_regex(r"\w{3}, \d\d \w{3} \d{1,5} [\d:]{8} [+-]\d{4}"))
def test_any_date_is_taken_note_of_or_passed_over(header: str) -> None:
    clock = ServerClock(lambda: 0.0)
    clock.observe(header)
    clock.at_least()
