from __future__ import annotations

import pytest

from olt_provider.emulator import TENANT_A, TENANT_B, Emulator
from tests.emulator.support import UNKNOWN, Api, is_error


def _one(id_: object) -> str:
    return f"/applications/{id_}"


def _installation(id_: object) -> str:
    return f"/applications/{id_}/installation"


@pytest.fixture
def id_(emulator: Emulator) -> str:
    """An application of tenant A that tenant B is allowed to install."""
    return str(emulator.platform.register(TENANT_A, allowed_tenants=[TENANT_B])["id"])


def test_installing_returns_tenant_and_time(neighbour: Api, id_: str) -> None:
    installed = neighbour.data("PUT", _installation(id_))
    assert set(installed) == {"tenantId", "createdAt"}
    assert installed["tenantId"] == TENANT_B


def test_an_installation_is_verified_by_get(neighbour: Api, id_: str) -> None:
    installed = neighbour.data("PUT", _installation(id_))
    seen = neighbour.data("GET", _one(id_))
    assert seen == {
        "id": id_,
        "name": "Application",
        "available": True,
        "availableCode": "APP_AVAILABLE",
        "installation": installed,
    }


def test_what_is_available_and_not_installed_has_no_installation(neighbour: Api, id_: str) -> None:
    assert "installation" not in neighbour.data("GET", _one(id_))


def test_installing_once_more_is_harmless(neighbour: Api, id_: str) -> None:
    first = neighbour.data("PUT", _installation(id_))
    assert neighbour.data("PUT", _installation(id_)) == first


def test_the_owner_too_must_be_allowed(owner: Api, id_: str) -> None:
    assert is_error(owner("PUT", _installation(id_)), 404)
    assert is_error(owner("GET", _one(id_)), 404)


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("PUT", "/installation")])
def test_what_a_tenant_is_not_allowed_looks_like_what_does_not_exist(
    stranger: Api, id_: str, method: str, rest: str
) -> None:
    hidden = stranger(method, _one(id_) + rest)
    missing = stranger(method, _one(UNKNOWN) + rest)
    assert is_error(hidden, 404)
    assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)


def test_an_inactive_application_cannot_be_installed(
    emulator: Emulator, neighbour: Api, id_: str
) -> None:
    emulator.platform.patch(id_, status="inactive")
    assert is_error(neighbour("PUT", _installation(id_)), 403, "NO_ACCESS_TO_RESOURCE")
    assert neighbour.data("GET", _one(id_))["available"] is False
    assert emulator.platform.installations() == []


def test_uninstalling(emulator: Emulator, neighbour: Api, id_: str) -> None:
    neighbour.data("PUT", _installation(id_))
    response = neighbour("DELETE", _installation(id_))
    assert (response.status_code, response.content) == (204, b"")
    assert emulator.platform.installations(id_) == []
    assert is_error(neighbour("DELETE", _installation(id_)), 404)


def test_uninstalling_what_is_unknown_is_a_404(neighbour: Api) -> None:
    assert is_error(neighbour("DELETE", _installation(UNKNOWN)), 404)


def test_a_revoked_tenant_still_sees_what_it_installed_as_not_available(
    emulator: Emulator, neighbour: Api, id_: str
) -> None:
    installed = neighbour.data("PUT", _installation(id_))
    emulator.platform.revoke(id_, TENANT_B)
    seen = neighbour.data("GET", _one(id_))
    assert seen["available"] is False
    assert seen["availableCode"] != "APP_AVAILABLE"
    assert seen["installation"] == installed
    assert neighbour.data("GET", "/applications") == [seen]


def test_a_revoked_tenant_cannot_install_again_but_may_uninstall(
    emulator: Emulator, neighbour: Api, id_: str
) -> None:
    neighbour.data("PUT", _installation(id_))
    emulator.platform.revoke(id_, TENANT_B)
    assert is_error(neighbour("PUT", _installation(id_)), 403)
    assert neighbour("DELETE", _installation(id_)).status_code == 204
    assert is_error(neighbour("GET", _one(id_)), 404)
    assert is_error(neighbour("DELETE", _installation(id_)), 404)


@pytest.mark.parametrize(
    ("params", "expected"),
    [({}, {"both", "open"}), ({"installed": "true"}, {"both"}), ({"installed": "false"}, {"open"})],
)
def test_the_list_can_be_narrowed(
    emulator: Emulator, neighbour: Api, params: dict[str, str], expected: set[str]
) -> None:
    platform = emulator.platform
    platform.register(TENANT_A, name="hidden")
    platform.register(TENANT_A, name="open", allowed_tenants=[TENANT_B])
    both = platform.register(TENANT_A, name="both", allowed_tenants=[TENANT_B])
    platform.install(both["id"], TENANT_B)
    response = neighbour("GET", "/applications", params=params).json()
    assert {each["name"] for each in response["data"]} == expected
    assert response["meta"] == {"page": 0, "pageSize": 10, "totalSize": len(expected)}


@pytest.mark.parametrize("installed", ["True", "1", "", "yes"])
def test_the_list_is_narrowed_by_true_or_false_alone(neighbour: Api, installed: str) -> None:
    assert is_error(neighbour("GET", "/applications", params={"installed": installed}), 400)


def test_installations_of_tenants_do_not_mix(
    emulator: Emulator, neighbour: Api, owner: Api
) -> None:
    one = emulator.platform.register(TENANT_A, allowed_tenants=[TENANT_A, TENANT_B])
    neighbour.data("PUT", _installation(one["id"]))
    assert "installation" not in owner.data("GET", _one(one["id"]))
    assert is_error(owner("DELETE", _installation(one["id"])), 404)
    assert len(emulator.platform.installations(one["id"])) == 1


def test_an_id_that_is_no_uuid_is_a_bad_request(neighbour: Api) -> None:
    assert is_error(neighbour("GET", _one("no-uuid")), 400)
    assert is_error(neighbour("PUT", _installation("no-uuid")), 400)
    assert is_error(neighbour("DELETE", _installation("no-uuid")), 400)
