"""Permissions: every call with every role."""

from __future__ import annotations

from typing import Any

import pytest

from olt_provider.emulator import TENANT_A, TENANT_B, Emulator
from tests.emulator.support import OWNED, Api, api, client_credentials, is_error

DEVELOPMENT, USE, DEVICES = "applications_development", "applications", "devices"
CALLS: list[tuple[str, str, str, Any]] = [
    (f"{DEVELOPMENT}:read", "GET", OWNED, None),
    (f"{DEVELOPMENT}:read", "GET", f"{OWNED}/ID", None),
    (f"{DEVELOPMENT}:read", "GET", f"{OWNED}/ID/allowed-tenants", None),
    (f"{DEVELOPMENT}:write", "POST", OWNED, {"name": "New"}),
    (f"{DEVELOPMENT}:write", "PATCH", f"{OWNED}/ID", {"name": "New"}),
    (f"{DEVELOPMENT}:write", "DELETE", f"{OWNED}/ID", None),
    (f"{DEVELOPMENT}:write", "POST", f"{OWNED}/ID/secret", None),
    (f"{DEVELOPMENT}:write", "PUT", f"{OWNED}/ID/allowed-tenants/{TENANT_B}", {}),
    (f"{DEVELOPMENT}:write", "DELETE", f"{OWNED}/ID/allowed-tenants/{TENANT_B}", None),
    (f"{USE}:read", "GET", "/applications", None),
    (f"{USE}:read", "GET", "/applications/ID", None),
    (f"{USE}:write", "PUT", "/applications/ID/installation", None),
    (f"{USE}:write", "DELETE", "/applications/ID/installation", None),
    (f"{DEVICES}:read", "GET", "/devices", None),
]
EVERYTHING = {permission for permission, *_ in CALLS}
ROLES = {
    "owner": EVERYTHING,
    "writer": EVERYTHING,
    "reader": {permission for permission in EVERYTHING if permission.endswith(":read")},
    "none": set(),
    **{permission: {permission} for permission in sorted(EVERYTHING)},
}
APPLICATION = "an application's own token"


@pytest.fixture
def application(emulator: Emulator) -> dict[str, Any]:
    """Owned by, allowed and installed in tenant A; allowed in tenant B."""
    one = emulator.platform.register(TENANT_A, allowed_tenants=[TENANT_A, TENANT_B])
    emulator.platform.install(one["id"], TENANT_A)
    return one


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("permission", "method", "path", "body"), CALLS)
def test_role_has_its_permissions_and_no_more(
    emulator: Emulator,
    application: dict[str, Any],
    role: str,
    permission: str,
    method: str,
    path: str,
    body: Any,
) -> None:
    before = emulator.platform.applications()
    installed = emulator.platform.installations()
    with api(emulator, TENANT_A, role) as client:
        response = client(method, path.replace("ID", application["id"]), body)
    if permission in ROLES[role]:
        assert response.status_code in (200, 204), response.text
    else:
        assert is_error(response, 403, "ID_FORBIDDEN")
        assert emulator.platform.applications() == before
        assert emulator.platform.installations() == installed


@pytest.mark.parametrize(("permission", "method", "path", "body"), CALLS)
def test_an_applications_own_token_counts_as_a_writer(
    emulator: Emulator,
    application: dict[str, Any],
    permission: str,
    method: str,
    path: str,
    body: Any,
) -> None:
    assert permission in ROLES["writer"]
    client = Api(emulator, client_credentials(emulator, application).json()["access_token"])
    response = client(method, path.replace("ID", application["id"]), body)
    client.close()
    assert response.status_code in (200, 204), response.text


@pytest.mark.parametrize(("permission", "method", "path", "body"), CALLS)
def test_without_permission_a_bad_request_is_refused_for_the_permission(
    emulator: Emulator, permission: str, method: str, path: str, body: Any
) -> None:
    with api(emulator, TENANT_A, "none") as client:
        response = client(method, path.replace("ID", "no-uuid"), data=b"{")
    assert is_error(response, 403, "ID_FORBIDDEN")


def test_a_role_can_be_taken_away_from_a_living_token(emulator: Emulator) -> None:
    with api(emulator, TENANT_A, "owner", subject="a user") as client:
        assert client("POST", OWNED, {"name": "x"}).status_code == 200
        emulator.platform.set_role("a user", "reader")
        assert is_error(client("POST", OWNED, {"name": "x"}), 403)
        assert client("GET", OWNED).status_code == 200


def test_an_unknown_role_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="unknown role 'admin'"):
        emulator.token(TENANT_A, "admin")


def test_installed_tenants_are_only_for_an_applications_own_token(
    emulator: Emulator, owner: Api, application: dict[str, Any]
) -> None:
    assert is_error(owner("GET", "/application-info/installed-tenants"), 403)
    client = Api(emulator, client_credentials(emulator, application).json()["access_token"])
    found = client.data("GET", "/application-info/installed-tenants")
    client.close()
    assert found == [{"tenantId": TENANT_A, "name": "Tenant A"}]


def test_installed_tenants_are_those_that_have_it_now(
    emulator: Emulator, application: dict[str, Any]
) -> None:
    client = Api(emulator, client_credentials(emulator, application).json()["access_token"])
    emulator.platform.install(application["id"], TENANT_B)
    both = client.data("GET", "/application-info/installed-tenants")
    emulator.platform.uninstall(application["id"], TENANT_B)
    one = client.data("GET", "/application-info/installed-tenants")
    client.close()
    assert {each["tenantId"] for each in both} == {TENANT_A, TENANT_B}
    assert {each["tenantId"] for each in one} == {TENANT_A}


def test_an_application_sees_the_devices_of_the_tenant_of_its_token_alone(
    emulator: Emulator, application: dict[str, Any]
) -> None:
    emulator.platform.install(application["id"], TENANT_B)
    names = []
    for tenant in (TENANT_A, TENANT_B):
        token = client_credentials(emulator, application, tenant).json()["access_token"]
        client = Api(emulator, token)
        names.append({each["info"]["name"] for each in client.data("GET", "/devices")})
        client.close()
    assert names[0]
    assert names[1]
    assert not names[0] & names[1]


@pytest.mark.parametrize("end", ["uninstall", "inactive", "delete"])
def test_an_application_loses_the_data_with_its_installation(
    emulator: Emulator, application: dict[str, Any], end: str
) -> None:
    client = Api(emulator, client_credentials(emulator, application).json()["access_token"])
    assert client("GET", "/devices").status_code == 200
    if end == "uninstall":
        emulator.platform.uninstall(application["id"], TENANT_A)
    elif end == "inactive":
        emulator.platform.patch(application["id"], status="inactive")
    else:
        emulator.platform.delete(application["id"])
    assert is_error(client("GET", "/devices"), 401 if end == "delete" else 403)
    client.close()
