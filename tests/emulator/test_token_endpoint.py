"""The grants of the token endpoint, and its refusals."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
import requests

from olt_provider.emulator import PORTAL_CLIENT, TENANT_A, TENANT_B, Emulator
from tests.emulator.support import (
    OWNED,
    TENANT_C,
    TIMEOUT,
    TOKEN,
    UNKNOWN,
    Api,
    ask_token,
    client_credentials,
)


def _refused(response: requests.Response, status: int, error: str) -> bool:
    body = response.json()
    assert set(body) == {"error", "error_description"}
    assert (response.status_code, body["error"]) == (status, error), response.text
    assert body["error_description"]
    return True


def _session(token: str) -> str:
    return str(jwt.decode(token, options={"verify_signature": False})["session_state"])


def _tenant(response: requests.Response) -> str:
    assert response.status_code == 200, response.text
    token = response.json()["access_token"]
    return str(jwt.decode(token, options={"verify_signature": False})["tenant"])


@pytest.fixture
def application(emulator: Emulator) -> dict[str, Any]:
    """Allowed in A and B, installed in A."""
    one = emulator.platform.register(
        TENANT_A, allowed_tenants=[TENANT_A, TENANT_B], with_public_oauth2_client=True
    )
    emulator.platform.install(one["id"], TENANT_A)
    return one


def test_a_token_is_for_a_tenant_that_has_it_installed(
    emulator: Emulator, application: dict[str, Any]
) -> None:
    assert _tenant(client_credentials(emulator, application)) == TENANT_A


@pytest.mark.parametrize("tenant", [TENANT_B, TENANT_C, UNKNOWN, "b"])
def test_there_is_no_token_for_other_tenants(
    emulator: Emulator, application: dict[str, Any], tenant: str
) -> None:
    assert _refused(client_credentials(emulator, application, tenant), 400, "invalid_grant")


def test_there_is_no_token_without_a_tenant(
    emulator: Emulator, application: dict[str, Any]
) -> None:
    assert _refused(client_credentials(emulator, application, None), 400, "invalid_request")


def test_there_is_no_token_of_an_inactive_application(
    emulator: Emulator, application: dict[str, Any]
) -> None:
    emulator.platform.patch(application["id"], status="inactive")
    assert _refused(client_credentials(emulator, application), 400, "invalid_grant")


def test_there_is_a_token_where_it_was_revoked_and_is_still_installed(
    emulator: Emulator, application: dict[str, Any]
) -> None:
    emulator.platform.revoke(application["id"], TENANT_A)
    assert _tenant(client_credentials(emulator, application)) == TENANT_A


@pytest.mark.parametrize("tenant", [TENANT_A, TENANT_B, None])
def test_wrong_secret_is_reported_for_any_tenant(
    emulator: Emulator, application: dict[str, Any], tenant: str | None
) -> None:
    response = client_credentials(emulator, application, tenant, client_secret="wrong")
    assert _refused(response, 401, "unauthorized_client")


def test_a_missing_secret_is_refused(emulator: Emulator, application: dict[str, Any]) -> None:
    client = application["oauth2Client"]["id"]
    response = ask_token(emulator, TENANT_A, grant_type="client_credentials", client_id=client)
    assert _refused(response, 401, "unauthorized_client")


@pytest.mark.parametrize("client", [UNKNOWN, "", "unknown"])
def test_an_unknown_client_is_refused(
    emulator: Emulator, application: dict[str, Any], client: str
) -> None:
    response = client_credentials(emulator, application, client_id=client)
    assert _refused(response, 401, "invalid_client")


def test_a_deleted_application_is_an_unknown_client(
    emulator: Emulator, application: dict[str, Any]
) -> None:
    emulator.platform.delete(application["id"])
    assert _refused(client_credentials(emulator, application), 401, "invalid_client")


def test_a_public_client_gets_no_token_of_its_own(
    emulator: Emulator, application: dict[str, Any]
) -> None:
    public = application["publicOauth2Client"]["id"]
    response = client_credentials(emulator, application, client_id=public)
    assert _refused(response, 401, "unauthorized_client")


@pytest.mark.parametrize(
    ("grant", "error"), [("password", "unsupported_grant_type"), (None, "invalid_request")]
)
def test_other_grants_are_refused(emulator: Emulator, grant: str | None, error: str) -> None:
    assert _refused(ask_token(emulator, TENANT_A, grant_type=grant), 400, error)


def test_a_form_that_is_json_is_refused(emulator: Emulator, application: dict[str, Any]) -> None:
    client = application["oauth2Client"]
    body = {
        "grant_type": "client_credentials",
        "client_id": client["id"],
        "client_secret": client["secret"],
    }
    url = emulator.identity_url + TOKEN
    response = requests.post(url, json=body, headers={"tenant": TENANT_A}, timeout=TIMEOUT)
    assert _refused(response, 400, "invalid_request")


def test_a_refresh_without_a_tenant_keeps_the_tenant(emulator: Emulator) -> None:
    token = emulator.refresh_token([TENANT_B, TENANT_A])
    assert _tenant(_refresh(emulator, token)) == TENANT_B


@pytest.mark.parametrize("tenant", [TENANT_A, TENANT_B])
def test_a_refresh_gives_a_token_of_the_tenant_that_is_asked_for(
    emulator: Emulator, tenant: str
) -> None:
    token = emulator.refresh_token([TENANT_A, TENANT_B])
    assert _tenant(_refresh(emulator, token, tenant)) == tenant


def test_a_refresh_for_a_tenant_where_the_user_may_not_act_is_refused(
    emulator: Emulator,
) -> None:
    token = emulator.refresh_token([TENANT_A])
    assert _refused(_refresh(emulator, token, TENANT_B), 400, "invalid_grant")


def test_the_token_of_a_refresh_has_the_role_of_its_user(emulator: Emulator) -> None:
    token = emulator.refresh_token([TENANT_A], role="reader")
    client = Api(emulator, _refresh(emulator, token).json()["access_token"])
    assert client("GET", OWNED).status_code == 200
    assert client("POST", OWNED, {"name": "x"}).status_code == 403
    client.close()


def test_the_new_refresh_token_keeps_the_tenant_it_was_made_for(emulator: Emulator) -> None:
    token = emulator.refresh_token([TENANT_A, TENANT_B])
    second = _refresh(emulator, token, TENANT_B).json()["refresh_token"]
    assert _tenant(_refresh(emulator, second)) == TENANT_B
    assert _tenant(_refresh(emulator, token)) == TENANT_A


@pytest.mark.parametrize(
    "kind", ["expired", "of the future", "cut off", "an access token", "of the session", "odd"]
)
def test_a_bad_refresh_token_is_refused(emulator: Emulator, kind: str) -> None:
    good = emulator.refresh_token([TENANT_A])
    bad = {
        "expired": emulator.refresh_token([TENANT_A], lifetime=-1),
        "of the future": emulator.refresh_token([TENANT_A], issued_at=2**31),
        "cut off": good[:-5],
        "an access token": emulator.token(TENANT_A),
        "of the session": emulator.token(TENANT_A, session_state=_session(good)),
        "odd": "abc",
    }
    assert _refused(_refresh(emulator, bad[kind]), 400, "invalid_grant")


def test_a_missing_refresh_token_is_refused(emulator: Emulator) -> None:
    response = ask_token(emulator, grant_type="refresh_token", client_id=PORTAL_CLIENT)
    assert _refused(response, 400, "invalid_request")


def test_a_refresh_token_is_for_its_client_alone(
    emulator: Emulator, application: dict[str, Any]
) -> None:
    token = emulator.refresh_token([TENANT_A], application["publicOauth2Client"]["id"])
    assert _refused(_refresh(emulator, token), 400, "invalid_grant")


def test_a_public_client_refreshes_without_a_secret(
    emulator: Emulator, application: dict[str, Any]
) -> None:
    client = application["publicOauth2Client"]["id"]
    token = emulator.refresh_token([TENANT_A], client)
    assert _tenant(_refresh(emulator, token, client_id=client)) == TENANT_A


def test_a_confidential_client_refreshes_with_its_secret_alone(
    emulator: Emulator, application: dict[str, Any]
) -> None:
    client = application["oauth2Client"]
    token = emulator.refresh_token([TENANT_A], client["id"])
    bare = _refresh(emulator, token, client_id=client["id"])
    assert _refused(bare, 401, "unauthorized_client")
    full = _refresh(emulator, token, client_id=client["id"], client_secret=client["secret"])
    assert _tenant(full) == TENANT_A


def test_an_application_may_refresh_where_it_is_installed(
    emulator: Emulator, application: dict[str, Any]
) -> None:
    client = application["oauth2Client"]
    token = client_credentials(emulator, application).json()["refresh_token"]
    form = {"client_id": client["id"], "client_secret": client["secret"]}
    assert _tenant(_refresh(emulator, token, **form)) == TENANT_A
    assert _refused(_refresh(emulator, token, TENANT_B, **form), 400, "invalid_grant")
    emulator.platform.install(application["id"], TENANT_B)
    assert _tenant(_refresh(emulator, token, TENANT_B, **form)) == TENANT_B


def test_a_new_secret_ends_refreshing_with_the_one_before(
    emulator: Emulator, application: dict[str, Any]
) -> None:
    client = application["oauth2Client"]
    token = client_credentials(emulator, application).json()["refresh_token"]
    emulator.platform.new_secret(application["id"])
    form = {"client_id": client["id"], "client_secret": client["secret"]}
    assert _refused(_refresh(emulator, token, **form), 401, "unauthorized_client")


def _refresh(
    emulator: Emulator, token: str, tenant: str | None = None, **form: str
) -> requests.Response:
    fields = {"grant_type": "refresh_token", "client_id": PORTAL_CLIENT, **form}
    return ask_token(emulator, tenant, refresh_token=token, **fields)
