"""The runtime client of a background application, with a real server."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import trustme
from requests.adapters import HTTPAdapter

from olt_provider.background import (
    ApiError,
    BackgroundClient,
    ConfigurationError,
    InstalledTenant,
    OltError,
    RequestError,
    TokenError,
)
from olt_provider.emulator import TENANT_A, Emulator, Fault
from tests.api.conftest import _no_proxy_and_no_certificates_from_outside, elsewhere, server
from tests.api.samples import issued, make_token
from tests.api.scripted_server import (
    Received,
    ScriptedResponse,
    ScriptedServer,
    data_response,
    error_response,
    json_response,
)
from tests.emulated import calls_of, emulator, new_tenant, owner, shared_emulator

__all__ = [
    "_no_proxy_and_no_certificates_from_outside",
    "elsewhere",
    "emulator",
    "owner",
    "server",
    "shared_emulator",
]

TOKEN = "/id/auth/realms/olt/protocol/openid-connect/token"
DEVICES = "/devices"
UNKNOWN = "d0000000-0000-4000-8000-00000000000d"

Connect = Callable[..., BackgroundClient]


@pytest.fixture
def application(emulator: Emulator, owner: str) -> dict[str, Any]:
    """An application as the platform registered it, installed in its owner's tenant."""
    registered = emulator.platform.register(owner, allowed_tenants=[owner])
    emulator.platform.install(registered["id"], owner)
    return registered


@pytest.fixture
def connect(emulator: Emulator, application: dict[str, Any], owner: str) -> Iterator[Connect]:
    """Makes clients of the emulator, which are closed at the end."""
    with ExitStack() as opened:

        def make(**changes: Any) -> BackgroundClient:
            client = application["oauth2Client"]
            arguments = {
                "client_id": client["id"],
                "client_secret": client["secret"],
                "tenant_id": owner,
                "api_url": emulator.api_url,
                "identity_url": emulator.identity_url,
                "max_retries": 0,
            }
            return opened.enter_context(BackgroundClient(**{**arguments, **changes}))

        yield make


@pytest.fixture
def client(connect: Connect) -> BackgroundClient:
    return connect()


def paths(emulator: Emulator) -> list[str | None]:
    return [call.template for call in calls_of(emulator)]


def tokens_fetched(emulator: Emulator) -> int:
    return paths(emulator).count(TOKEN)


def devices_url(client: BackgroundClient) -> str:
    return f"{client.api_url}{DEVICES}"


def names(client: BackgroundClient) -> list[str]:
    return [device.info.name for device in client.devices()]


# Devices, tenants and tokens


def test_devices_come_from_all_pages(
    emulator: Emulator, client: BackgroundClient, owner: str
) -> None:
    made = [f"Device {number}" for number in range(120)]
    for name in made:
        emulator.platform.add_device(owner, name=name)
    assert sorted(names(client)) == sorted(made)


def test_a_page_is_fetched_when_it_is_needed(
    emulator: Emulator, client: BackgroundClient, owner: str
) -> None:
    for number in range(120):
        emulator.platform.add_device(owner, name=f"Device {number}")
    next(client.devices())
    assert paths(emulator).count(DEVICES) == 1


def test_installed_tenants_have_ids_and_names(
    emulator: Emulator, client: BackgroundClient, application: dict[str, Any], owner: str
) -> None:
    other = new_tenant(emulator)
    emulator.platform.allow(application["id"], other)
    emulator.platform.install(application["id"], other)
    found = {(tenant.tenant_id, tenant.name) for tenant in client.installed_tenants()}
    assert found == {(each, f"Tenant {each[:8]}") for each in (owner, other)}
    assert all(isinstance(tenant, InstalledTenant) for tenant in client.installed_tenants())


def test_the_session_reaches_the_api_with_the_applications_token(
    emulator: Emulator, client: BackgroundClient, owner: str
) -> None:
    emulator.platform.add_device(owner, name="RGB LED")
    response = client.session.get(devices_url(client), params={"pageSize": 5})
    assert [item["info"]["name"] for item in response.json()["data"]] == ["RGB LED"]


@pytest.mark.parametrize("environment", ["prod", "int"])
def test_an_environment_picks_the_host(environment: str) -> None:
    hosts = {"prod": "api.lightelligence.io", "int": "api.int.olt-dev.io"}
    with BackgroundClient("id", "secret", TENANT_A, environment=environment) as client:
        assert client.api_url == f"https://{hosts[environment]}/v1"


def test_a_tenant_may_be_written_in_capitals(connect: Connect, owner: str) -> None:
    client = connect(tenant_id=f" {owner.upper()}\n")
    assert names(client) == []
    assert client.tenant_id == owner


def connections(session: requests.Session | None, url: str) -> int:
    assert session is not None
    return len(session.get_adapter(url).poolmanager.pools)  # type: ignore[attr-defined]


def test_leaving_it_closes_the_connections(connect: Connect) -> None:
    with connect() as client:
        client.session.get(devices_url(client))
        names(client)
        transports = [client._client._api, client._client._identity]
        sessions = [client.session, *(each._session for each in transports)]
        assert [connections(each, client.api_url) for each in sessions] == [1, 1, 1]
    assert [connections(each, client.api_url) for each in sessions] == [0, 0, 0]


# Tokens


def test_making_a_client_calls_nothing(emulator: Emulator, client: BackgroundClient) -> None:
    assert paths(emulator) == []


def test_one_token_serves_all_calls(emulator: Emulator, client: BackgroundClient) -> None:
    names(client)
    client.installed_tenants()
    client.session.get(devices_url(client))
    assert tokens_fetched(emulator) == 1


def test_threads_share_one_token(emulator: Emulator, client: BackgroundClient) -> None:
    together = threading.Barrier(8)

    def ask(number: int) -> int:
        together.wait(10)
        if number % 2:
            return len(names(client))
        return len(client.session.get(devices_url(client)).json()["data"])

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {0}
    assert tokens_fetched(emulator) == 1


@pytest.mark.parametrize(("passed", "fetched"), [(864000 - 61, 1), (864000 - 60, 2)])
def test_a_token_is_renewed_shortly_before_it_expires(
    emulator: Emulator,
    connect: Connect,
    passed: float,
    fetched: int,
) -> None:
    now = [1000.0]
    client = connect()
    client._client.tokens._tokens._clock = lambda: now[0]  # type: ignore[attr-defined]
    client.session.get(devices_url(client))
    now[0] += passed
    client.session.get(devices_url(client))
    assert tokens_fetched(emulator) == fetched


def rejecting(emulator: Emulator, times: int = 1, after: int = 0) -> None:
    emulator.add_fault(
        Fault(method="GET", path=DEVICES, kind="status", status=401, times=times, after=after)
    )


def test_a_401_between_pages_costs_one_token_and_no_device(
    emulator: Emulator, client: BackgroundClient, owner: str
) -> None:
    for number in range(120):
        emulator.platform.add_device(owner, name=f"Device {number}")
    rejecting(emulator, after=1)
    assert len(set(names(client))) == 120
    assert tokens_fetched(emulator) == 2


def test_a_401_in_the_session_costs_one_token(emulator: Emulator, client: BackgroundClient) -> None:
    rejecting(emulator)
    response = client.session.get(devices_url(client))
    assert response.status_code == 200
    assert [each.status_code for each in response.history] == [401]
    assert tokens_fetched(emulator) == 2


class Forgetful(ScriptedServer):
    """A platform that takes every token but the first that it issued."""

    def __init__(self, tenant: str) -> None:
        super().__init__()
        self.tokens = [make_token(tenant=tenant, jti=str(number)) for number in range(3)]

    def take(self, received: Received) -> ScriptedResponse:
        super().take(received)
        if received.method == "POST":
            return json_response(issued(access_token=self.tokens[self.issued - 1]))
        refused = received.headers["Authorization"] == f"Bearer {self.tokens[0]}"
        return error_response(401) if refused else data_response([])

    @property
    def issued(self) -> int:
        return sum(each.method == "POST" for each in self.received)


def test_a_401_in_all_threads_costs_one_token(connect: Connect, owner: str) -> None:
    together = threading.Barrier(4)
    platform = Forgetful(owner)
    with platform:
        client = connect(api_url=platform.url, identity_url=platform.url)

        def ask() -> int:
            together.wait(10)
            return client.session.get(devices_url(client)).status_code

        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(ask) for _ in range(4)]
            assert {each.result(30) for each in asked} == {200}
        assert platform.issued == 2


def test_a_second_401_is_the_response(emulator: Emulator, client: BackgroundClient) -> None:
    rejecting(emulator, times=2)
    assert client.session.get(devices_url(client)).status_code == 401
    rejecting(emulator, times=2)
    with pytest.raises(ApiError, match="401") as caught:
        names(client)
    assert caught.value.status == 401


def test_a_body_that_is_a_stream_is_not_sent_twice(
    emulator: Emulator, client: BackgroundClient
) -> None:
    path = "/application-developer/applications"
    emulator.add_fault(Fault(method="POST", path=path, kind="status", status=401))
    response = client.session.post(f"{client.api_url}{path}", data=iter([b"{}"]))
    assert response.status_code == 401
    assert paths(emulator).count(path) == 1


def test_a_body_is_sent_again_after_a_401(
    emulator: Emulator, client: BackgroundClient, owner: str
) -> None:
    path = "/application-developer/applications"
    emulator.add_fault(Fault(method="POST", path=path, kind="status", status=401))
    response = client.session.post(f"{client.api_url}{path}", json={"name": "By an application"})
    assert response.status_code == 200
    assert "By an application" in {each["name"] for each in emulator.platform.applications(owner)}


def test_a_secret_of_odd_characters_reaches_the_token_endpoint(connect: Connect) -> None:
    odd = "a+b&c=d %é"
    seed = {
        "id": UNKNOWN,
        "clientId": "c0000000-0000-4000-8000-00000000000c",
        "clientSecret": odd,
        "registration": {"name": "Odd", "allowedTenants": [{"tenantId": TENANT_A}]},
        "installedIn": [TENANT_A],
    }
    tenant = {"id": TENANT_A, "name": "A", "devices": [{"name": "RGB LED"}], "applications": [seed]}
    with Emulator.start({"tenants": [tenant]}) as emulator:
        client = connect(
            client_id=seed["clientId"],
            client_secret=odd,
            tenant_id=TENANT_A,
            api_url=emulator.api_url,
            identity_url=emulator.identity_url,
        )
        assert names(client) == ["RGB LED"]


# Errors: one line, with cause and remedy


def error_of(client: BackgroundClient) -> str:
    """The error that fetching devices gives; it is the session's too, where it is the token's."""
    with pytest.raises(OltError) as caught:
        names(client)
    if isinstance(caught.value, TokenError):
        with pytest.raises(TokenError) as again:
            client.session.get(devices_url(client))
        assert str(again.value) == str(caught.value)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_wrong_secret_is_named(connect: Connect) -> None:
    message = error_of(connect(client_secret="not-the-secret"))
    assert "unauthorized_client: Invalid client secret" in message
    assert "check client_id and client_secret" in message


def test_an_unknown_client_is_named(connect: Connect) -> None:
    message = error_of(connect(client_id=UNKNOWN))
    assert "invalid_client" in message
    assert "check client_id and client_secret" in message


def test_a_tenant_without_the_application_is_named(emulator: Emulator, connect: Connect) -> None:
    other = new_tenant(emulator)
    message = error_of(connect(tenant_id=other))
    assert "The application is not installed in this tenant" in message
    assert f"has to be active and installed in tenant {other}" in message


def test_an_inactive_application_is_an_error_with_the_remedy(
    emulator: Emulator, client: BackgroundClient, application: dict[str, Any], owner: str
) -> None:
    emulator.platform.patch(application["id"], status="inactive")
    message = error_of(client)
    assert "The application is not active" in message
    assert f"has to be active and installed in tenant {owner}" in message


def test_an_application_that_is_removed_meanwhile_is_an_error_with_the_remedy(
    emulator: Emulator, client: BackgroundClient, application: dict[str, Any], owner: str
) -> None:
    names(client)
    emulator.platform.uninstall(application["id"], owner)
    message = error_of(client)
    assert "returned 403 NO_ACCESS_TO_RESOURCE" in message
    assert f"has to be active and installed in tenant {owner}" in message


def test_a_token_of_another_tenant_is_not_used(server: ScriptedServer, connect: Connect) -> None:
    server.always = json_response(issued(access_token=make_token(tenant=UNKNOWN)))
    client = connect(api_url=server.url, identity_url=server.url)
    assert f"yielded a token of tenant {UNKNOWN} instead of" in error_of(client)
    assert {each.method for each in server.received} == {"POST"}


@pytest.mark.parametrize(
    "response",
    [
        json_response({}),
        json_response([]),
        json_response(None),
        json_response({"error": "odd", "error_description": "but 200"}),
        json_response(issued(access_token=5)),
        json_response(issued(access_token=None)),
        json_response(issued(access_token="not-a-jwt")),
        json_response(issued(expires_in="soon")),
        json_response(issued(expires_in=1e400)),
        json_response(issued(expires_in=[1])),
        ScriptedResponse(200, b"<html></html>", {"Content-Type": "text/html"}),
        ScriptedResponse(200, b""),
    ],
    ids=str,
)
def test_a_response_that_is_no_token_is_an_error(
    server: ScriptedServer, connect: Connect, response: ScriptedResponse
) -> None:
    server.always = response
    client = connect(api_url=server.url, identity_url=server.url)
    with pytest.raises(TokenError):
        names(client)
    assert error_of(client)


def test_a_token_endpoint_that_is_busy_is_asked_again(emulator: Emulator, connect: Connect) -> None:
    emulator.add_fault(
        Fault(method="POST", path=TOKEN, kind="status", status=503, retry_after=0, times=2)
    )
    assert names(connect(max_retries=2)) == []
    assert tokens_fetched(emulator) == 3


def test_a_wrong_host_is_named_by_its_argument(server: ScriptedServer, connect: Connect) -> None:
    server.always = ScriptedResponse(404, b"<html></html>", {"Content-Type": "text/html"})
    message = error_of(connect(identity_url=server.url))
    assert "check identity_url" in message
    message = error_of(connect(api_url=server.url))
    assert f"is {server.url} the platform's address?" in message
    assert "installed" not in message


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"api_url": "http://example.com/v1"}, r"^api_url is .* plain http:// is only allowed to"),
        ({"identity_url": "http://example.com"}, r"^identity_url is .* plain http://"),
        ({"api_url": "example.com"}, r"^api_url"),
        ({"api_url": "https://someone:hidden@example.com"}, r"^api_url must not hold a user name"),
        ({"api_url": None}, r"^identity_url is set without api_url: .* environment and neither"),
        ({"identity_url": None}, r"^api_url is set without identity_url: "),
        (
            {"identity_url": None, "environment": "int"},
            r"^api_url is set without identity_url and beside environment: ",
        ),
        ({"environment": "moon"}, r"^environment is 'moon'.* prod, preview, int, dev"),
        ({"tenant_id": "a"}, r"^tenant_id 'a' is not a UUID: set it as the portal shows it$"),
        ({"tenant_id": ""}, "^tenant_id is empty"),
        ({"client_id": " "}, "^client_id is empty"),
        ({"client_secret": None}, "^client_secret is empty"),
        ({"request_timeout": 0}, "^request_timeout must be a number from 1 to 600"),
        ({"max_retries": 21}, "^max_retries must be a number from 0 to 20"),
        ({"ca_bundle": "/nowhere.pem"}, "^ca_bundle must be a PEM file"),
    ],
)
def test_an_unusable_argument_is_named(connect: Connect, wrong: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        connect(**wrong)
    assert "olt:" not in str(caught.value)
    assert "OLT_" not in str(caught.value)


# Secrets


def reachable(value: object, seen: dict[int, object]) -> Iterator[object]:
    """Everything that hangs on an object of ours."""
    if id(value) in seen or isinstance(value, str | bytes | int | type):
        return
    seen[id(value)] = value
    yield value
    for each in getattr(value, "__dict__", {}).values():
        yield from reachable(each, seen)


def test_no_repr_shows_secret_or_token(client: BackgroundClient, application: Any) -> None:
    names(client)
    token = client.session.get(devices_url(client)).request.headers["Authorization"][7:]
    shown = " ".join(repr(each) for each in reachable(client, {}))
    assert "BackgroundClient(client_id=" in shown
    assert application["oauth2Client"]["secret"] not in shown
    assert token not in shown


def test_no_error_shows_a_secret_that_a_response_echoes(
    server: ScriptedServer, connect: Connect, application: dict[str, Any]
) -> None:
    secret = application["oauth2Client"]["secret"]
    server.always = json_response({"error": "odd", "error_description": f"got {secret}"}, 400)
    message = error_of(connect(identity_url=server.url))
    assert "got [secret]" in message
    assert secret not in message


# The session: hosts that receive the token


def test_another_host_gets_no_token(client: BackgroundClient, elsewhere: ScriptedServer) -> None:
    elsewhere.always = json_response({})
    api_host = urlsplit(client.api_url).netloc
    client.session.get(elsewhere.url)
    client.session.get(elsewhere.url.replace("http://", f"http://{api_host}@"))
    client.session.get(elsewhere.url.replace("127.0.0.1", "localhost"))
    tokens = [each.headers.get("Authorization", "") for each in elsewhere.received]
    assert len(tokens) == 3
    assert not any(token.startswith("Bearer") for token in tokens)


def test_no_token_is_fetched_for_another_host(
    emulator: Emulator, client: BackgroundClient, elsewhere: ScriptedServer
) -> None:
    elsewhere.always = json_response({})
    client.session.get(elsewhere.url)
    assert paths(emulator) == []


@pytest.mark.parametrize("target", ["elsewhere", "same host"])
def test_a_redirect_of_the_api_is_returned_not_followed(
    emulator: Emulator, client: BackgroundClient, elsewhere: ScriptedServer, target: str
) -> None:
    location = elsewhere.url if target == "elsewhere" else f"{client.api_url}/applications"
    emulator.add_fault(Fault(path=DEVICES, kind="redirect", location=location))
    response = client.session.get(devices_url(client))
    assert response.is_redirect
    assert response.headers["Location"] == location
    assert elsewhere.received == []
    assert "/applications" not in paths(emulator)


def test_a_redirect_is_an_error_of_a_typed_call(
    emulator: Emulator, client: BackgroundClient, elsewhere: ScriptedServer
) -> None:
    emulator.add_fault(Fault(path=DEVICES, kind="redirect", location=elsewhere.url))
    with pytest.raises(RequestError, match=r"redirects are not followed.* set the right base URL"):
        names(client)
    assert elsewhere.received == []


def test_a_redirect_of_another_host_to_the_api_brings_no_token(
    emulator: Emulator, client: BackgroundClient, elsewhere: ScriptedServer
) -> None:
    elsewhere.always = ScriptedResponse(302, b"", {"Location": devices_url(client)})
    assert client.session.get(elsewhere.url).status_code == 401
    assert tokens_fetched(emulator) == 0


def test_a_token_that_the_caller_sets_is_not_replaced(
    emulator: Emulator, client: BackgroundClient
) -> None:
    response = client.session.get(devices_url(client), auth=("someone", "else"))
    assert response.status_code == 401
    assert paths(emulator) == [DEVICES]


def test_no_proxy_comes_between_this_machine_and_itself(
    client: BackgroundClient, elsewhere: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", elsewhere.url)
    assert client.session.get(devices_url(client)).status_code == 200
    assert elsewhere.received == []


class Recording(HTTPAdapter):
    """Remembers how it was asked to send."""

    def __init__(self) -> None:
        super().__init__()
        self.timeouts: list[Any] = []

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        self.timeouts.append(options["timeout"])
        return super().send(request, **options)


def test_a_request_without_a_timeout_has_the_default(connect: Connect) -> None:
    client = connect(request_timeout=17)
    recording = Recording()
    client.session.mount(client.api_url, recording)
    client.session.get(devices_url(client))
    client.session.get(devices_url(client), timeout=3)
    assert recording.timeouts == [(10.0, 17.0), 3]


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def private(
    authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """Arguments for an application on a platform with certificates of a private authority."""
    folder = tmp_path_factory.mktemp("tls")
    issued_to = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued_to.private_key_pem.write_to_path(str(folder / "key.pem"))
    issued_to.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    with Emulator.start(tls=(folder / "cert.pem", folder / "key.pem")) as emulator:
        registered = emulator.platform.register(TENANT_A, allowed_tenants=[TENANT_A])
        emulator.platform.install(registered["id"], TENANT_A)
        yield {
            "client_id": registered["oauth2Client"]["id"],
            "client_secret": registered["oauth2Client"]["secret"],
            "tenant_id": TENANT_A,
            "api_url": emulator.api_url,
            "identity_url": emulator.identity_url,
            "ca_bundle": str(folder / "ca.pem"),
        }


def test_a_private_authority_is_trusted_where_its_file_is_given(
    connect: Connect, private: dict[str, Any]
) -> None:
    client = connect(**private)
    assert len(names(client)) == 3
    assert client.session.get(devices_url(client)).status_code == 200


def test_a_private_authority_is_not_trusted_by_itself(
    connect: Connect, private: dict[str, Any]
) -> None:
    message = error_of(connect(**{**private, "ca_bundle": None}))
    assert "the TLS certificate of 127.0.0.1" in message
    assert "set ca_bundle to its PEM file" in message


def test_the_environment_does_not_replace_the_authority(
    connect: Connect, private: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "other.pem"))
    client = connect(**private)
    assert client.session.get(devices_url(client)).status_code == 200


def test_the_session_verifies_certificates(
    connect: Connect, private: dict[str, Any], tmp_path: Path
) -> None:
    client = connect(**private)
    names(client)
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    client.session._ca_bundle = str(tmp_path / "other.pem")  # type: ignore[attr-defined]
    with pytest.raises(requests.exceptions.SSLError):
        client.session.get(devices_url(client))


def test_verification_cannot_be_switched_off(connect: Connect, private: dict[str, Any]) -> None:
    client = connect(**private)
    with pytest.raises(ConfigurationError, match="certificates are always verified"):
        client.session.get(devices_url(client), verify=False)
    client.session.verify = False
    with pytest.raises(ConfigurationError, match="certificates are always verified"):
        client.session.get(devices_url(client))


# Imports


IMPORTED = """
import json, sys
import olt_provider.background
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_importing_it_imports_no_pulumi_and_no_extra() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED], check=True, capture_output=True, text=True
    )
    imported = set(json.loads(done.stdout))
    assert {"olt_provider", "requests"} <= imported
    assert imported.isdisjoint({"pulumi", "grpc", "cryptography", "fastapi", "typer"})
