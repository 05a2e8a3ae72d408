"""The owner's endpoints, without the allowed tenants."""

from __future__ import annotations

import re
from typing import Any

import pytest

from olt_provider.emulator import TENANT_A, TENANT_B, Emulator
from tests.emulator.support import OWNED, UNKNOWN, Api, api, client_credentials, is_error

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
FIELDS = {
    "id",
    "name",
    "withPublicOauth2Client",
    "oauth2Client",
    "tenantId",
    "status",
    "createdAt",
    "updatedAt",
    "allowedTenants",
}


def test_a_registration_returns_exactly_the_fields_of_the_platform(owner: Api) -> None:
    registered = owner.register()
    assert set(registered) == FIELDS
    assert set(registered["oauth2Client"]) == {"id", "secret", "type"}


def test_a_registration_returns_the_types_of_the_platform(owner: Api) -> None:
    registered = owner.register()
    assert UUID.fullmatch(registered["id"])
    assert UUID.fullmatch(registered["oauth2Client"]["id"])
    assert registered["id"] != registered["oauth2Client"]["id"]
    assert TIME.fullmatch(registered["createdAt"])
    assert TIME.fullmatch(registered["updatedAt"])
    assert registered["withPublicOauth2Client"] is False
    assert registered["tenantId"] == TENANT_A
    assert registered["status"] == "active"
    assert registered["allowedTenants"] == []


def test_the_type_is_spelled_as_the_platform_spells_it(owner: Api) -> None:
    assert owner.register()["oauth2Client"]["type"] == "confidental"


def test_a_secret_is_16_url_safe_characters(owner: Api) -> None:
    secrets = {owner.register()["oauth2Client"]["secret"] for _ in range(5)}
    assert len(secrets) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{16}", secret) for secret in secrets)


def test_only_a_registration_and_a_rotation_return_the_secret(owner: Api) -> None:
    one = owner.register()
    path = f"{OWNED}/{one['id']}"
    shown = [
        owner.data("GET", path),
        owner.data("GET", OWNED)[0],
        owner.data("PATCH", path, {"name": "New"}),
    ]
    assert all(set(each["oauth2Client"]) == {"id", "type"} for each in shown)


def test_the_secret_is_not_in_the_database(emulator: Emulator, owner: Api) -> None:
    secret = owner.register()["oauth2Client"]["secret"]
    db = emulator._state.db
    stored = [tuple(row) for row in db.rows("SELECT * FROM applications")]
    assert stored
    assert secret not in repr(stored)


def test_what_was_registered_comes_back(owner: Api) -> None:
    sent = {
        "name": "Sample Application",
        "teaserDescription": "Reads devices",
        "url": "https://example.com/app",
        "withPublicOauth2Client": True,
        "redirectUris": ["https://example.com/back", "com.example:/back"],
    }
    registered = owner.register(**sent)
    got = owner.data("GET", f"{OWNED}/{registered['id']}")
    assert {name: got[name] for name in sent} == sent


def test_a_public_client_is_there_only_where_it_is_wanted(owner: Api) -> None:
    public = owner.register(withPublicOauth2Client=True)["publicOauth2Client"]
    assert set(public) == {"id", "type"}
    assert UUID.fullmatch(public["id"])
    assert public["type"] == "public"
    assert "publicOauth2Client" not in owner.register()


@pytest.mark.parametrize("given", [{}, {"redirectUris": []}])
def test_redirect_uris_are_absent_when_there_are_none(owner: Api, given: dict[str, Any]) -> None:
    registered = owner.register(**given)
    assert "redirectUris" not in registered
    assert "redirectUris" not in owner.data("GET", f"{OWNED}/{registered['id']}")


def test_names_are_not_unique(owner: Api) -> None:
    ids = {owner.register(name="Same")["id"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": " "},
        {"name": None},
        {"name": 1},
        {"name": "x", "url": ""},
        {"name": "x", "url": "example.com/app"},
        {"name": "x", "url": "/app"},
        {"name": "x", "teaserDescription": None},
        {"name": "x", "withPublicOauth2Client": "yes"},
        {"name": "x", "redirectUris": "https://example.com"},
        {"name": "x", "redirectUris": ["https://*.example.com"]},
        {"name": "x", "redirectUris": ["back"]},
        {"name": "x", "allowedTenants": [{}]},
        {"name": "x", "allowedTenants": [{"tenantId": "b"}]},
        {"name": "x", "allowedTenants": [{"tenantId": TENANT_B, "comment": None}]},
        {"name": "x", "allowedTenants": [TENANT_B]},
        {"name": "x", "status": "active"},
        {"name": "x", "with_public_oauth2_client": True},
        [],
        "x",
    ],
)
def test_a_bad_registration_is_refused_and_registers_nothing(
    emulator: Emulator, owner: Api, body: Any
) -> None:
    assert is_error(owner("POST", OWNED, body), 400)
    assert emulator.platform.applications() == []


@pytest.mark.parametrize("content", [b"{", b"\xff", b"", b'"\\ud800"', b"[" * 5000])
def test_a_body_that_is_not_json_is_a_bad_request(owner: Api, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert is_error(owner("POST", OWNED, data=content, headers=headers), 400)


def test_a_body_without_the_content_type_is_a_bad_request(owner: Api) -> None:
    assert is_error(owner("POST", OWNED, data=b'{"name": "x"}'), 400)


def test_a_bad_request_does_not_repeat_what_was_sent(owner: Api) -> None:
    response = owner("POST", OWNED, {"name": "x", "url": "s3cr3t", "s3cr3t": ["s3cr3t"]})
    assert is_error(response, 400)
    assert response.json()["errorMessage"].count("s3cr3t") <= 1  # the name of the unknown field


def test_a_patch_leaves_alone_what_is_absent(owner: Api) -> None:
    sent = {
        "teaserDescription": "Reads devices",
        "url": "https://example.com/app",
        "withPublicOauth2Client": True,
        "redirectUris": ["https://example.com/back"],
        "allowedTenants": [{"tenantId": TENANT_B, "comment": "pilot"}],
    }
    before = owner.data("GET", f"{OWNED}/{owner.register(**sent)['id']}")
    after = owner.data("PATCH", f"{OWNED}/{before['id']}", {"name": "New"})
    assert after["updatedAt"] >= before["updatedAt"]
    del before["updatedAt"], after["updatedAt"]
    assert after == {**before, "name": "New"}


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "New"},
        {"teaserDescription": "New"},
        {"url": "https://example.com/new"},
        {"withPublicOauth2Client": True},
        {"redirectUris": ["https://example.com/new"]},
        {"status": "inactive"},
        {"name": "New", "status": "inactive", "url": None},
    ],
)
def test_a_patch_changes_what_is_there(owner: Api, changes: dict[str, Any]) -> None:
    path = f"{OWNED}/{owner.register(url='https://example.com')['id']}"
    returned = owner.data("PATCH", path, changes)
    got = owner.data("GET", path)
    assert returned == got
    assert {name: got[name] for name in changes} == changes


def test_cleared_fields_come_back_unset(owner: Api) -> None:
    full = owner.register(
        teaserDescription="x", url="https://example.com", redirectUris=["https://example.com/b"]
    )
    clear: dict[str, Any] = {"teaserDescription": "", "url": None, "redirectUris": []}
    cleared = owner.data("PATCH", f"{OWNED}/{full['id']}", clear)
    assert cleared["teaserDescription"] == ""
    assert cleared["url"] is None
    assert "redirectUris" not in cleared


def test_the_public_client_goes_when_it_is_no_longer_wanted(owner: Api) -> None:
    path = f"{OWNED}/{owner.register(withPublicOauth2Client=True)['id']}"
    changed = owner.data("PATCH", path, {"withPublicOauth2Client": False})
    assert "publicOauth2Client" not in changed
    assert changed["withPublicOauth2Client"] is False


def test_the_public_client_stays_when_it_is_wanted_again(owner: Api) -> None:
    registered = owner.register(withPublicOauth2Client=True)
    changed = owner.data("PATCH", f"{OWNED}/{registered['id']}", {"withPublicOauth2Client": True})
    assert changed["publicOauth2Client"] == registered["publicOauth2Client"]


@pytest.mark.parametrize(
    "body",
    [
        {"url": ""},
        {"name": None},
        {"name": ""},
        {"teaserDescription": None},
        {"redirectUris": None},
        {"redirectUris": ["https://example.com/*"]},
        {"status": "gone"},
        {"status": None},
        {"allowedTenants": []},
        {"tenantId": TENANT_B},
        {"oauth2Client": {}},
    ],
)
def test_a_bad_patch_is_refused_and_changes_nothing(owner: Api, body: dict[str, Any]) -> None:
    path = f"{OWNED}/{owner.register(url='https://example.com')['id']}"
    before = owner.data("GET", path)
    assert is_error(owner("PATCH", path, {"teaserDescription": "New", **body}), 400)
    assert owner.data("GET", path) == before


def test_a_deleted_application_is_gone(owner: Api) -> None:
    path = f"{OWNED}/{owner.register()['id']}"
    response = owner("DELETE", path)
    assert (response.status_code, response.content) == (204, b"")
    assert is_error(owner("GET", path), 404)
    assert is_error(owner("DELETE", path), 404)


def test_deleting_removes_the_installations(emulator: Emulator, owner: Api, neighbour: Api) -> None:
    one = emulator.platform.register(TENANT_A, allowed_tenants=[TENANT_B])
    emulator.platform.install(one["id"], TENANT_B)
    owner("DELETE", f"{OWNED}/{one['id']}")
    assert neighbour.data("GET", "/applications") == []
    assert emulator.platform.installations() == []


def test_a_new_secret_ends_the_one_before_at_once(emulator: Emulator, owner: Api) -> None:
    one = owner.register(allowedTenants=[{"tenantId": TENANT_A}])
    owner("PUT", f"/applications/{one['id']}/installation")
    returned = owner.data("POST", f"{OWNED}/{one['id']}/secret")
    assert set(returned) == {"oauth2Client"}
    new = returned["oauth2Client"]
    assert set(new) == {"id", "secret", "type"}
    assert new["id"] == one["oauth2Client"]["id"]
    assert new["secret"] != one["oauth2Client"]["secret"]
    assert client_credentials(emulator, one).status_code == 401
    assert client_credentials(emulator, {"oauth2Client": new}).status_code == 200


def test_a_list_has_the_tenants_own_applications_in_order(emulator: Emulator, owner: Api) -> None:
    mine = [emulator.platform.register(TENANT_A, name=name)["id"] for name in ("b", "a", "c")]
    emulator.platform.register(TENANT_B)
    assert [each["id"] for each in owner.data("GET", OWNED)] == mine


CALLS = [
    ("GET", "", None),
    ("PATCH", "", {"name": "New"}),
    ("DELETE", "", None),
    ("POST", "/secret", None),
    ("GET", "/allowed-tenants", None),
    ("PUT", f"/allowed-tenants/{TENANT_A}", None),
    ("DELETE", f"/allowed-tenants/{TENANT_A}", None),
]


@pytest.mark.parametrize(("method", "rest", "body"), CALLS)
def test_what_belongs_to_another_tenant_looks_like_what_does_not_exist(
    emulator: Emulator, neighbour: Api, method: str, rest: str, body: Any
) -> None:
    theirs = emulator.platform.register(TENANT_A, allowed_tenants=[TENANT_A])
    hidden = neighbour(method, f"{OWNED}/{theirs['id']}{rest}", body)
    missing = neighbour(method, f"{OWNED}/{UNKNOWN}{rest}", body)
    assert is_error(hidden, 404)
    assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)
    theirs["oauth2Client"].pop("secret")
    assert emulator.platform.application(theirs["id"]) == theirs


@pytest.mark.parametrize(("method", "rest", "body"), CALLS)
def test_an_id_that_is_no_uuid_is_a_bad_request(
    owner: Api, method: str, rest: str, body: Any
) -> None:
    assert is_error(owner(method, f"{OWNED}/no-uuid{rest}", body), 400)


def test_ids_may_be_in_capitals_and_come_back_small(owner: Api) -> None:
    one = owner.register(allowedTenants=[{"tenantId": TENANT_B.upper()}])
    assert one["allowedTenants"][0]["tenantId"] == TENANT_B
    assert owner.data("GET", f"{OWNED}/{one['id'].upper()}")["id"] == one["id"]


def test_an_application_may_register_with_its_own_token(emulator: Emulator, owner: Api) -> None:
    deployer = owner.register(allowedTenants=[{"tenantId": TENANT_A}])
    owner("PUT", f"/applications/{deployer['id']}/installation")
    token = client_credentials(emulator, deployer).json()["access_token"]
    its = Api(emulator, token)
    registered = its.register(name="By the deployer")
    its.close()
    assert emulator.platform.application(registered["id"]) is not None
    with api(emulator, TENANT_A) as someone:
        assert someone.data("GET", f"{OWNED}/{registered['id']}")["name"] == "By the deployer"
