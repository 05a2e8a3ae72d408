from __future__ import annotations

import pytest

from olt_provider.api.client import TenantClient
from olt_provider.api.errors import RequestError
from tests.api.samples import OTHER_TENANT, TENANT
from tests.api.scripted_server import ScriptedServer, json_response, list_response


def tenants(*numbers: int) -> list[dict[str, str]]:
    return [{"tenantId": f"{n:08}-0000-4000-8000-000000000000", "name": str(n)} for n in numbers]


def test_installed_tenants_are_read_with_their_names(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.enqueue(list_response({"tenantId": TENANT, "name": "One"}, {"tenantId": OTHER_TENANT}))
    found = tenant.application_info.installed_tenants()
    assert [(item.tenant_id, item.name) for item in found] == [(TENANT, "One"), (OTHER_TENANT, "")]
    assert (server.only.method, server.only.path) == (
        "GET",
        "/v1/application-info/installed-tenants",
    )


def test_installed_tenants_are_read_from_every_page(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    meta = {"page": 0, "pageSize": 10}
    for first, last in ((0, 10), (10, 20), (20, 25)):
        server.enqueue(json_response({"data": tenants(*range(first, last)), "meta": meta}))
    assert len(tenant.application_info.installed_tenants()) == 25


@pytest.mark.parametrize("count", [1, 25, 100, 250])
@pytest.mark.parametrize("with_size", [True, False])
def test_installed_tenants_of_a_server_without_pages_are_read_once(
    server: ScriptedServer, tenant: TenantClient, count: int, with_size: bool
) -> None:
    meta = {"page": 0, "pageSize": count} if with_size else {}
    server.always = json_response({"data": tenants(*range(count)), "meta": meta})
    assert len(tenant.application_info.installed_tenants()) == count
    assert len(server.received) <= 2


@pytest.mark.parametrize("data", [None, {}, "x"])
def test_a_response_that_is_no_list_is_unusable(
    server: ScriptedServer, tenant: TenantClient, data: object
) -> None:
    server.enqueue(json_response({"data": data}))
    with pytest.raises(RequestError, match="a list was expected"):
        tenant.application_info.installed_tenants()
