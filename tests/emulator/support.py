"""A plain HTTP client for the emulator, independent of the provider's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import requests

from olt_provider.emulator import TENANT_A, Emulator

TENANT_C: Final = "c0000000-0000-4000-8000-00000000000c"
"""Owns and uses nothing."""
UNKNOWN: Final = "00000000-0000-4000-8000-000000000000"
OWNED: Final = "/application-developer/applications"
TOKEN: Final = "/id/auth/realms/olt/protocol/openid-connect/token"
TIMEOUT: Final = 20


class Api:
    """Calls with one token."""

    def __init__(self, emulator: Emulator, token: str | None) -> None:
        self.emulator = emulator
        self._session = requests.Session()
        self._session.trust_env = False
        if token is not None:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        if body is not None:
            more["json"] = body
        more.setdefault("allow_redirects", False)
        url = self.emulator.api_url + path
        return self._session.request(method, url, timeout=TIMEOUT, **more)

    def data(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        response = self(method, path, body, **more)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def register(self, **fields: Any) -> dict[str, Any]:
        registered: dict[str, Any] = self.data("POST", OWNED, {"name": "Sample", **fields})
        return registered

    def close(self) -> None:
        self._session.close()


@contextmanager
def api(
    emulator: Emulator, tenant_id: str = TENANT_A, role: str = "owner", **claims: Any
) -> Iterator[Api]:
    """Calls of a new user with that role in that tenant."""
    client = Api(emulator, emulator.token(tenant_id, role, **claims))
    try:
        yield client
    finally:
        client.close()


def ask_token(
    emulator: Emulator, tenant: str | None = None, **form: str | None
) -> requests.Response:
    """Request a token from the token endpoint."""
    return requests.post(
        emulator.identity_url + TOKEN,
        data={name: value for name, value in form.items() if value is not None},
        headers={"tenant": tenant} if tenant else {},
        timeout=TIMEOUT,
    )


def client_credentials(
    emulator: Emulator, application: dict[str, Any], tenant: str | None = TENANT_A, **form: str
) -> requests.Response:
    """Request an application's own token."""
    client = application["oauth2Client"]
    return ask_token(
        emulator,
        tenant,
        **{
            "grant_type": "client_credentials",
            "client_id": client["id"],
            "client_secret": client["secret"],
            **form,
        },
    )


def is_error(response: requests.Response, status: int, code: str | None = None) -> bool:
    """Whether a response is the platform's error envelope only."""
    if response.status_code != status:
        raise AssertionError(f"{response.status_code} instead of {status}: {response.text}")
    body = response.json()
    assert set(body) == {"errorMessage", "errorCode"}
    assert all(isinstance(value, str) and value for value in body.values())
    return code is None or bool(body["errorCode"] == code)
