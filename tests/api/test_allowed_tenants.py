from __future__ import annotations

from datetime import datetime, timezone

import pytest

from olt_provider.api.client import TenantClient
from olt_provider.api.errors import ConfigurationError
from tests.api.samples import APPLICATION, OTHER_TENANT
from tests.api.scripted_server import ScriptedResponse, ScriptedServer, data_response, list_response

ALL = f"/v1/application-developer/applications/{APPLICATION}/allowed-tenants"
ONE = f"{ALL}/{OTHER_TENANT}"


def test_the_list_is_asked_for_by_page(server: ScriptedServer, tenant: TenantClient) -> None:
    server.enqueue(list_response())
    list(tenant.allowed_tenants.list(APPLICATION))
    assert (server.only.method, server.only.path) == ("GET", ALL)
    assert server.only.query == {"page": "0", "pageSize": "100"}


def test_the_list_holds_all_that_is_documented(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    entry = {
        "tenantId": OTHER_TENANT,
        "createdAt": "2019-05-09T10:11:32.124Z",
        "installed": True,
        "comment": "partner",
    }
    server.enqueue(list_response(entry))
    (allowed,) = tenant.allowed_tenants.list(APPLICATION)
    assert allowed.model_dump() == {
        "tenant_id": OTHER_TENANT,
        "created_at": datetime(2019, 5, 9, 10, 11, 32, 124000, tzinfo=timezone.utc),
        "installed": True,
        "comment": "partner",
    }


@pytest.mark.parametrize(
    "response", [data_response({"tenantId": OTHER_TENANT}), ScriptedResponse(204)]
)
def test_a_tenant_is_allowed_with_a_put(
    server: ScriptedServer, tenant: TenantClient, response: ScriptedResponse
) -> None:
    server.enqueue(response)
    tenant.allowed_tenants.allow(APPLICATION, OTHER_TENANT, "partner")
    assert (server.only.method, server.only.target) == ("PUT", ONE)


def test_the_comment_is_sent(server: ScriptedServer, tenant: TenantClient) -> None:
    server.enqueue(data_response({}))
    tenant.allowed_tenants.allow(APPLICATION, OTHER_TENANT, "partner")
    assert server.only.json == {"comment": "partner"}


def test_no_comment_is_sent_as_an_empty_one_so_that_an_old_one_goes(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(data_response({}))
    tenant.allowed_tenants.allow(APPLICATION, OTHER_TENANT)
    assert server.only.json == {"comment": ""}


@pytest.mark.parametrize("response", [ScriptedResponse(204), data_response({})])
def test_a_tenant_is_revoked_with_a_delete(
    server: ScriptedServer, tenant: TenantClient, response: ScriptedResponse
) -> None:
    server.enqueue(response)
    tenant.allowed_tenants.revoke(APPLICATION, OTHER_TENANT)
    assert (server.only.method, server.only.target, server.only.body) == ("DELETE", ONE, b"")


@pytest.mark.parametrize("wrong", ["", "..", "a/b"])
def test_what_is_no_tenant_id_never_becomes_a_path(
    server: ScriptedServer, tenant: TenantClient, wrong: str
) -> None:
    with pytest.raises(ConfigurationError, match="tenant ID"):
        tenant.allowed_tenants.revoke(APPLICATION, wrong)
    assert server.received == []
