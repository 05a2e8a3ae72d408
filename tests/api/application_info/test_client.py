from __future__ import annotations

import pytest

from olt_provider.api.client import TenantClient
from olt_provider.api.errors import RequestError
from tests.api.samples import OTHER_TENANT, TENANT
from tests.api.scripted_server import ScriptedServer, json_answer


def test_the_installed_tenants_are_asked_for_with_one_plain_get(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.answers(json_answer({"data": []}))
    tenant.application_info.installed_tenants()
    sent = server.only
    assert (sent.method, sent.target) == ("GET", "/v1/application-info/installed-tenants")


def test_the_installed_tenants_are_told_with_their_names(
    server: ScriptedServer, tenant: TenantClient
) -> None:
    server.answers(
        json_answer({"data": [{"tenantId": TENANT, "name": "One"}, {"tenantId": OTHER_TENANT}]})
    )
    told = tenant.application_info.installed_tenants()
    assert [(item.tenant_id, item.name) for item in told] == [(TENANT, "One"), (OTHER_TENANT, "")]


@pytest.mark.parametrize("data", [None, {}, "x"])
def test_an_answer_that_is_no_list_is_unusable(
    server: ScriptedServer, tenant: TenantClient, data: object
) -> None:
    server.answers(json_answer({"data": data}))
    with pytest.raises(RequestError, match="a list was expected"):
        tenant.application_info.installed_tenants()
