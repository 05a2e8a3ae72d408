"""Tokens: their claims, and which of them are accepted."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from olt_provider.emulator import TENANT_A, TENANT_B, Emulator
from tests.emulator.support import OWNED, TIMEOUT, Api, client_credentials, is_error

# The claims of the pair of tokens in the platform's own document on background applications.
ACCESS = {
    "jti": "8c8e0012-eaab-4dc6-bfb8-b552547a2b0a",
    "exp": 1558260692,
    "nbf": 0,
    "iat": 1557396692,
    "iss": "https://id.dev.olt-dev.io/v1/id/auth/realms/olt",
    "aud": "28f83819-199f-4410-ae7f-722176512b93",
    "sub": "6f3d60d0-be30-4cba-a955-73063011487c",
    "typ": "Bearer",
    "azp": "28f83819-199f-4410-ae7f-722176512b93",
    "auth_time": 0,
    "session_state": "006688b1-13f1-4baf-a741-7857ffa9636f",
    "acr": "1",
    "allowed-origins": ["*"],
    "resource_access": {},
    "scope": "olt-applications",
    "clientId": "28f83819-199f-4410-ae7f-722176512b93",
    "clientHost": "10.240.0.66",
    "clientAddress": "10.240.0.66",
    "tenant": "b1747579-355d-4b7a-aa72-c2336d3a7211",
}
REFRESH = {
    name: value
    for name, value in ACCESS.items()
    if name not in {"acr", "allowed-origins", "clientId", "clientHost", "clientAddress", "tenant"}
} | {"typ": "Refresh"}
ISSUED: dict[str, Any] = {
    "access_token": "",
    "expires_in": 863999,
    "refresh_expires_in": 950399,
    "refresh_token": "",
    "token_type": "bearer",
    "not-before-policy": 0,
    "session_state": "006688b1-13f1-4baf-a741-7857ffa9636f",
    "scope": "olt-applications",
}


def _claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def _shape(values: dict[str, Any]) -> dict[str, type]:
    return {name: type(value) for name, value in values.items()}


@pytest.fixture
def issued(emulator: Emulator) -> dict[str, Any]:
    """What the token endpoint returns to an application."""
    one = emulator.platform.register(TENANT_A, allowed_tenants=[TENANT_A])
    emulator.platform.install(one["id"], TENANT_A)
    response: dict[str, Any] = client_credentials(emulator, one).json()
    return response


def test_the_response_of_the_token_endpoint_is_of_the_real_shape(issued: dict[str, Any]) -> None:
    assert _shape(issued) == _shape(ISSUED)
    assert issued["token_type"] == "bearer"
    assert issued["scope"] == "olt-applications"


def test_an_access_token_carries_exactly_the_real_claims(issued: dict[str, Any]) -> None:
    assert _shape(_claims(issued["access_token"])) == _shape(ACCESS)


def test_a_refresh_token_carries_exactly_the_real_claims(issued: dict[str, Any]) -> None:
    assert _shape(_claims(issued["refresh_token"])) == _shape(REFRESH)


def test_a_token_of_the_portal_carries_exactly_the_real_claims(emulator: Emulator) -> None:
    assert _shape(_claims(emulator.token(TENANT_A))) == _shape(ACCESS)
    assert _shape(_claims(emulator.refresh_token([TENANT_A]))) == _shape(REFRESH)


def test_the_claims_that_are_equal_in_the_real_tokens_are_equal(issued: dict[str, Any]) -> None:
    access, refresh = _claims(issued["access_token"]), _claims(issued["refresh_token"])
    assert access["azp"] == access["aud"] == access["clientId"]
    same = ("sub", "azp", "aud", "iss", "session_state", "scope")
    assert [access[name] for name in same] == [refresh[name] for name in same]
    assert issued["session_state"] == access["session_state"]
    assert (access["nbf"], refresh["nbf"]) == (0, 0)


def test_the_header_is_that_of_the_real_tokens(issued: dict[str, Any]) -> None:
    header = jwt.get_unverified_header(issued["access_token"])
    assert set(header) == {"alg", "typ", "kid"}
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")


def test_tokens_live_as_long_as_the_real_ones(issued: dict[str, Any]) -> None:
    access, refresh = _claims(issued["access_token"]), _claims(issued["refresh_token"])
    assert access["exp"] - access["iat"] == issued["expires_in"] == 864000
    assert refresh["exp"] - refresh["iat"] == issued["refresh_expires_in"] == 950400


def test_the_token_is_of_the_tenant_that_was_asked_for(issued: dict[str, Any]) -> None:
    assert _claims(issued["access_token"])["tenant"] == TENANT_A


def test_realm_returns_the_key_that_verifies_its_tokens(
    emulator: Emulator, issued: dict[str, Any]
) -> None:
    url = f"{emulator.identity_url}/id/auth/realms/olt"
    encoded = requests.get(url, timeout=TIMEOUT).json()["public_key"]
    key = load_der_public_key(base64.b64decode(encoded, validate=True))
    assert isinstance(key, rsa.RSAPublicKey)
    for token in (issued["access_token"], issued["refresh_token"]):
        jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False}, issuer=url)


def test_a_token_can_be_given_other_claims(emulator: Emulator) -> None:
    claims = _claims(emulator.token(TENANT_A, tenant=TENANT_B, acr=None, more=[1]))
    assert (claims["tenant"], claims["more"]) == (TENANT_B, [1])
    assert "acr" not in claims


def _forged(emulator: Emulator) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(_claims(emulator.token(TENANT_A)), key, algorithm="RS256")


def _unsigned(emulator: Emulator) -> str:
    return jwt.encode(_claims(emulator.token(TENANT_A)), "", algorithm="none")


BAD: dict[str, Callable[[Emulator], str | None]] = {
    "no token": lambda _: None,
    "nothing": lambda _: "",
    "not a token": lambda _: "abc",
    "cut off": lambda emulator: emulator.token(TENANT_A)[:-5],
    "of another key": _forged,
    "unsigned": _unsigned,
    "of another issuer": lambda emulator: emulator.token(TENANT_A, iss="https://example.com"),
    "expired": lambda emulator: emulator.token(TENANT_A, lifetime=-1),
    "of the future": lambda emulator: emulator.token(TENANT_A, issued_at=int(time.time()) + 3600),
    "not yet valid": lambda emulator: emulator.token(TENANT_A, nbf=int(time.time()) + 3600),
    "without tenant": lambda emulator: emulator.token(TENANT_A, tenant=None),
    "of an odd tenant": lambda emulator: emulator.token(TENANT_A, tenant="a"),
    "without expiry": lambda emulator: emulator.token(TENANT_A, exp=None),
    "without a role": lambda emulator: emulator.token(TENANT_A, role=None),
    "of another type": lambda emulator: emulator.token(TENANT_A, typ="Refresh"),
    "a refresh token": lambda emulator: emulator.refresh_token([TENANT_A]),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_token_is_refused(emulator: Emulator, kind: str) -> None:
    client = Api(emulator, BAD[kind](emulator))
    response = client("GET", OWNED)
    client.close()
    assert is_error(response, 401)


def test_a_token_that_was_accepted_is_refused_once_it_has_expired(
    emulator: Emulator, owner: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert owner("GET", OWNED).status_code == 200
    later = SimpleNamespace(time=lambda: time.time() + 864001)
    monkeypatch.setattr("olt_provider.emulator.tokens.time", later)
    assert is_error(owner("GET", OWNED), 401)


def test_another_scheme_is_refused(emulator: Emulator) -> None:
    client = Api(emulator, None)
    headers = {"Authorization": f"Basic {emulator.token(TENANT_A)}"}
    assert is_error(client("GET", OWNED, headers=headers), 401)
    client.close()


def test_a_token_of_another_emulator_is_refused(emulator: Emulator) -> None:
    with Emulator.start() as other:
        client = Api(emulator, other.token(TENANT_A))
        assert is_error(client("GET", OWNED), 401)
        client.close()


def test_without_a_token_a_bad_request_is_refused_for_the_token(emulator: Emulator) -> None:
    client = Api(emulator, None)
    assert is_error(client("POST", OWNED, data=b"{"), 401)
    client.close()
