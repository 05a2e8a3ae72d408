from __future__ import annotations

from typing import Any

import pytest

from olt_provider.emulator import TENANT_A, TENANT_B, Emulator
from tests.emulator.support import OWNED, TENANT_C, Api, is_error


def _path(application: dict[str, Any], tenant: str = "") -> str:
    return f"{OWNED}/{application['id']}/allowed-tenants" + (f"/{tenant}" if tenant else "")


def test_a_registration_allows_tenants_with_and_without_a_comment(owner: Api) -> None:
    wanted = [{"tenantId": TENANT_A, "comment": "the owner"}, {"tenantId": TENANT_B}]
    allowed = owner.register(allowedTenants=wanted)["allowedTenants"]
    assert all(set(each) == {"tenantId", "createdAt", "installed", "comment"} for each in allowed)
    assert [(each["tenantId"], each["installed"], each["comment"]) for each in allowed] == [
        (TENANT_A, False, "the owner"),
        (TENANT_B, False, ""),
    ]


@pytest.mark.parametrize(("body", "comment"), [({"comment": "pilot"}, "pilot"), ({}, "")])
def test_a_tenant_can_be_allowed(owner: Api, body: dict[str, str], comment: str) -> None:
    one = owner.register()
    returned = owner.data("PUT", _path(one, TENANT_B), body)
    assert (returned["tenantId"], returned["comment"]) == (TENANT_B, comment)
    assert owner.data("GET", _path(one)) == [returned]
    assert owner.data("GET", f"{OWNED}/{one['id']}")["allowedTenants"] == [returned]


def test_a_tenant_can_be_allowed_without_a_body(owner: Api) -> None:
    assert owner.data("PUT", _path(owner.register(), TENANT_B))["comment"] == ""


def test_allowing_once_more_changes_the_comment_alone(owner: Api) -> None:
    one = owner.register()
    first = owner.data("PUT", _path(one, TENANT_B), {"comment": "old"})
    second = owner.data("PUT", _path(one, TENANT_B), {"comment": "new"})
    assert second == {**first, "comment": "new"}
    assert owner.data("GET", _path(one)) == [second]


def test_list_shows_which_tenants_have_it_installed(emulator: Emulator, owner: Api) -> None:
    one = emulator.platform.register(TENANT_A, allowed_tenants=[TENANT_A, TENANT_B])
    emulator.platform.install(one["id"], TENANT_B)
    seen = {each["tenantId"]: each["installed"] for each in owner.data("GET", _path(one))}
    assert seen == {TENANT_A: False, TENANT_B: True}


def test_the_list_leaves_out_the_totals(owner: Api) -> None:
    response = owner("GET", _path(owner.register()), params={"page": 2, "pageSize": 5}).json()
    assert response == {"data": [], "meta": {"page": 2, "pageSize": 5}}


def test_allowed_tenants_inside_an_application_are_complete(emulator: Emulator, owner: Api) -> None:
    tenants = [f"d0000000-0000-4000-8000-{number:012}" for number in range(150)]
    one = emulator.platform.register(TENANT_A, allowed_tenants=tenants)
    assert len(owner.data("GET", f"{OWNED}/{one['id']}")["allowedTenants"]) == 150
    assert len(owner.data("GET", OWNED)[0]["allowedTenants"]) == 150
    assert len(owner.data("GET", _path(one))) == 10


def test_a_revoked_tenant_is_no_longer_in_the_list_though_installed(
    emulator: Emulator, owner: Api
) -> None:
    one = emulator.platform.register(TENANT_A, allowed_tenants=[TENANT_A, TENANT_B])
    emulator.platform.install(one["id"], TENANT_B)
    response = owner("DELETE", _path(one, TENANT_B))
    assert (response.status_code, response.content) == (204, b"")
    assert [each["tenantId"] for each in owner.data("GET", _path(one))] == [TENANT_A]
    assert len(emulator.platform.installations(one["id"])) == 1


def test_a_tenant_that_is_not_allowed_cannot_be_revoked(owner: Api) -> None:
    assert is_error(owner("DELETE", _path(owner.register(), TENANT_C)), 404)


@pytest.mark.parametrize(
    ("tenant", "body"),
    [("b", {}), (TENANT_B, {"comment": None}), (TENANT_B, {"comment": 1}), (TENANT_B, {"x": ""})],
)
def test_bad_request_allows_no_tenant(owner: Api, tenant: str, body: dict[str, Any]) -> None:
    one = owner.register()
    assert is_error(owner("PUT", _path(one, tenant), body), 400)
    assert owner.data("GET", _path(one)) == []
