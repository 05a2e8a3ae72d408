"""The emulator's own endpoints, ``/_emulator``."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
import requests

from olt_provider.emulator import TENANT_A, TENANT_B, Emulator, Fault
from tests.emulator.support import OWNED, TENANT_C, TIMEOUT, Api


def _ask(emulator: Emulator, method: str, path: str, body: Any = None) -> requests.Response:
    url = emulator.api_url.removesuffix("/v1") + f"/_emulator/{path}"
    return requests.request(method, url, json=body, timeout=TIMEOUT)


def test_health(emulator: Emulator) -> None:
    assert _ask(emulator, "GET", "health").json() == {"status": "up"}


def test_tenants(emulator: Emulator) -> None:
    assert _ask(emulator, "GET", "tenants").json() == [
        {"id": TENANT_A, "name": "Tenant A"},
        {"id": TENANT_B, "name": "Tenant B"},
        {"id": TENANT_C, "name": "Tenant C"},
    ]


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("reader", 403)])
def test_a_token_of_a_role(emulator: Emulator, role: str, status: int) -> None:
    response = _ask(emulator, "POST", "token", {"tenantId": TENANT_B, "role": role}).json()
    client = Api(emulator, response["token"])
    assert client("POST", OWNED, {"name": "x"}).status_code == status
    client.close()


def test_a_token_with_a_lifetime(emulator: Emulator) -> None:
    body = {"tenantId": TENANT_B, "lifetime": 60}
    token = _ask(emulator, "POST", "token", body).json()["token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 60


@pytest.mark.parametrize(
    "body", [{}, {"tenantId": "b"}, {"tenantId": TENANT_B, "role": "x"}, {"tenant": TENANT_B}]
)
def test_a_bad_request_for_a_token(emulator: Emulator, body: dict[str, str]) -> None:
    assert _ask(emulator, "POST", "token", body).status_code == 400


def test_faults_can_be_set_listed_and_cleared(emulator: Emulator, owner: Api) -> None:
    body = {"method": "GET", "path": "/devices", "kind": "status", "status": 503, "times": 2}
    assert _ask(emulator, "POST", "faults", body).status_code == 200
    assert owner("GET", "/devices").status_code == 503
    (listed,) = _ask(emulator, "GET", "faults").json()
    assert {name: listed[name] for name in body} == body
    assert listed["fired"] == 1
    assert _ask(emulator, "DELETE", "faults").status_code == 200
    assert owner("GET", "/devices").status_code == 200


@pytest.mark.parametrize("body", [{}, {"kind": "explode"}, {"kind": "status"}])
def test_a_bad_fault_is_refused(emulator: Emulator, body: dict[str, str]) -> None:
    assert _ask(emulator, "POST", "faults", body).status_code == 400
    assert _ask(emulator, "GET", "faults").json() == []


def test_calls_can_be_listed_and_cleared(emulator: Emulator, owner: Api) -> None:
    owner("GET", "/devices")
    response = _ask(emulator, "GET", "calls").json()
    assert [(call["method"], call["path"]) for call in response["calls"]] == [("GET", "/devices")]
    assert response["connections"] >= 1
    _ask(emulator, "DELETE", "calls")
    assert _ask(emulator, "GET", "calls").json()["calls"] == []


def test_a_reset(emulator: Emulator, owner: Api) -> None:
    owner.register()
    emulator.add_fault(Fault(kind="status", status=503))
    assert _ask(emulator, "POST", "reset").status_code == 200
    assert emulator.platform.applications() == []
    assert _ask(emulator, "GET", "faults").json() == []
    assert owner("GET", "/devices").status_code == 200


def test_the_administration_is_not_in_the_journal(emulator: Emulator) -> None:
    emulator.clear_calls()
    _ask(emulator, "GET", "health")
    assert emulator.calls == []
