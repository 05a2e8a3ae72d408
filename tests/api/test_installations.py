from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from pydantic import SecretStr

from olt_provider.api.client import TenantClient
from olt_provider.api.errors import ConfigurationError, RequestError
from olt_provider.api.tokens import ApiToken
from tests.api.conftest import MakeTransport, client_of
from tests.api.samples import APPLICATION, NOW, TENANT, TOKEN, available, installation
from tests.api.scripted_server import (
    ScriptedResponse,
    ScriptedServer,
    data_response,
    json_response,
    list_response,
)

ONE = f"/v1/applications/{APPLICATION}"
INSTALLATION = f"{ONE}/installation"
INSTALLED_AT = datetime(2019, 5, 9, 11, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("installed", "query"),
    [(None, {}), (True, {"installed": "true"}), (False, {"installed": "false"})],
)
def test_the_list_is_asked_for_by_page_and_by_what_is_installed(
    server: ScriptedServer, tenant: TenantClient, installed: bool | None, query: dict[str, str]
) -> None:
    server.enqueue(list_response())
    list(tenant.installations.list(installed=installed))
    assert (server.only.method, server.only.path) == ("GET", "/v1/applications")
    assert server.only.query == {"page": "0", "pageSize": "100", **query}


def test_every_page_is_asked_for_by_what_is_installed(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(json_response({"data": [available()] * 100}), list_response())
    list(tenant.installations.list(installed=True))
    assert [sent.query["installed"] for sent in server.received] == ["true", "true"]


def test_the_list_returns_all_applications(server: ScriptedServer, tenant: TenantClient) -> None:
    server.enqueue(list_response(available(name="a"), available(name="b")))
    assert [item.name for item in tenant.installations.list()] == ["a", "b"]


@pytest.mark.parametrize("odd", [{"id": APPLICATION}, {"available": True}, 7, None])
def test_list_leaves_out_what_cannot_be_read_and_reports_it(
    server: ScriptedServer, make_transport: MakeTransport, odd: Any
) -> None:
    reports: list[str] = []
    server.enqueue(list_response(odd, available(name="a")))
    transport = make_transport(notify=reports.append)
    token = ApiToken(SecretStr(TOKEN), origin="the API token", clock=lambda: NOW)
    tenant = client_of(transport, transport, token).as_tenant(TENANT)
    assert [item.name for item in tenant.installations.list()] == ["a"]
    (report,) = reports
    assert report.startswith("left out of a list: GET /applications: ")


def test_one_application_is_got_by_its_id(server: ScriptedServer, tenant: TenantClient) -> None:
    server.enqueue(data_response(available()))
    tenant.installations.get(APPLICATION)
    assert (server.only.method, server.only.target, server.only.body) == ("GET", ONE, b"")


def test_an_installed_application_shows_where_and_since_when(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(data_response(available(installation=installation())))
    found = tenant.installations.get(APPLICATION).installation
    assert found is not None
    assert (found.tenant_id, found.created_at) == (TENANT, INSTALLED_AT)


@pytest.mark.parametrize("value", [available(), available(installation=None)])
def test_an_application_that_is_not_installed_has_no_installation(
    server: ScriptedServer, tenant: TenantClient, value: dict[str, Any]
) -> None:
    server.enqueue(data_response(value))
    assert tenant.installations.get(APPLICATION).installation is None


def test_a_revoked_application_shows_as_unavailable(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(data_response(available(available=False, installation=installation())))
    assert tenant.installations.get(APPLICATION).available is False


@pytest.mark.parametrize("code", [{}, {"availableCode": None}, {"availableCode": ""}])
def test_there_may_be_no_available_code(
    server: ScriptedServer, tenant: TenantClient, code: dict[str, str | None]
) -> None:
    value = {"id": APPLICATION, "name": "x", "available": True, **code}
    server.enqueue(data_response(value))
    assert tenant.installations.get(APPLICATION).available_code is None


@pytest.mark.parametrize("status", [200, 201])
def test_an_application_is_installed_with_an_empty_put(
    server: ScriptedServer, tenant: TenantClient, status: int
) -> None:
    server.enqueue(data_response(installation(), status))
    tenant.installations.install(APPLICATION)
    sent = server.only
    assert (sent.method, sent.target, sent.body) == ("PUT", INSTALLATION, b"")


def test_the_response_to_an_installation_shows_where_and_since_when(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(data_response(installation()))
    made = tenant.installations.install(APPLICATION)
    assert (made.tenant_id, made.created_at) == (TENANT, INSTALLED_AT)


@pytest.mark.parametrize("response", [ScriptedResponse(204), data_response({})])
def test_an_application_is_uninstalled_with_a_delete(
    server: ScriptedServer, tenant: TenantClient, response: ScriptedResponse
) -> None:
    server.enqueue(response)
    tenant.installations.uninstall(APPLICATION)
    sent = server.only
    assert (sent.method, sent.target, sent.body) == ("DELETE", INSTALLATION, b"")


@pytest.mark.parametrize(
    "response",
    [ScriptedResponse(204), ScriptedResponse(200), data_response({"tenantId": TENANT})],
    ids=["204", "empty 200", "without a time"],
)
def test_an_installation_whose_response_lacks_it_is_read(
    server: ScriptedServer, tenant: TenantClient, response: ScriptedResponse
) -> None:
    server.enqueue(response, data_response(available(installation=installation())))
    assert tenant.installations.install(APPLICATION).tenant_id == TENANT
    assert [sent.method for sent in server.received] == ["PUT", "GET"]


def test_a_success_that_installed_nothing_is_an_error(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(ScriptedResponse(204), data_response(available()))
    with pytest.raises(RequestError, match=r'PUT .* has no "data"'):
        tenant.installations.install(APPLICATION)


def test_an_installation_without_a_tenant_is_an_unusable_response(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(data_response({"createdAt": "2019-05-09T11:00:00.000Z"}))
    with pytest.raises(RequestError, match="tenantId: Field required"):
        tenant.installations.install(APPLICATION)


@pytest.mark.parametrize("wrong", ["", "..", "a/b"])
def test_what_is_no_id_never_becomes_a_path(
    server: ScriptedServer, tenant: TenantClient, wrong: str
) -> None:
    with pytest.raises(ConfigurationError, match="application ID"):
        tenant.installations.install(wrong)
    assert server.received == []
