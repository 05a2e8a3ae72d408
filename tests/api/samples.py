"""Documents in the platform's form, and tokens with its claims."""

from __future__ import annotations

from typing import Any

import jwt

TENANT = "b1747579-355d-4b7a-aa72-c2336d3a7211"
OTHER_TENANT = "0c9e3d35-4f0b-4e0e-9f57-0d4b7b1a8d11"
APPLICATION = "9aa3b618-8cd2-4dc0-b7a1-da6df60af254"
CLIENT = "44c11af1-c549-4c18-98bd-bcef92c8b45b"
SECRET = "vr7i9-P9brKIGYIQ"
NOW = 1_557_396_692.0
"""When a token of ``make_token`` was issued; the clock of the tests."""


def make_token(**claims: Any) -> str:
    """Return a token with the relevant claims; ``None`` omits one."""
    payload = {"tenant": TENANT, "iat": NOW, "nbf": 0, "exp": NOW + 864000, **claims}
    kept = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(kept, "a key that only has to be long enough", algorithm="HS256")


TOKEN = make_token()


def application(**changes: Any) -> dict[str, Any]:
    """Return a registered application in the platform's actual form, without its secret."""
    return {
        "id": APPLICATION,
        "name": "Sample Application",
        "withPublicOauth2Client": False,
        "oauth2Client": {"id": CLIENT, "type": "confidental"},
        "tenantId": TENANT,
        "status": "active",
        "createdAt": "2019-05-09T10:11:32.123Z",
        "updatedAt": "2019-05-09T10:11:33.456Z",
        "allowedTenants": [
            {
                "tenantId": OTHER_TENANT,
                "createdAt": "2019-05-09T10:11:32.124Z",
                "installed": True,
                "comment": "",
            }
        ],
        **changes,
    }


def registered(**changes: Any) -> dict[str, Any]:
    """Return the response to a registration, the only one with the secret."""
    client = {"id": CLIENT, "secret": SECRET, "type": "confidental"}
    return application(oauth2Client=client, **changes)


def available(**changes: Any) -> dict[str, Any]:
    """Return an application in the view of a tenant that may use it."""
    return {
        "id": APPLICATION,
        "name": "Sample Application",
        "available": True,
        "availableCode": "APP_AVAILABLE",
        **changes,
    }


def installation(**changes: Any) -> dict[str, Any]:
    """The response to an installation."""
    return {"tenantId": TENANT, "createdAt": "2019-05-09T11:00:00.000Z", **changes}


def device(**changes: Any) -> dict[str, Any]:
    """A device of a tenant."""
    info = {
        "name": "RGB LED",
        "description": "",
        "deviceTypeId": "04f14462-b44f-493c-aa2c-dd6d1c439ec3",
        "tags": [],
        "location": "",
    }
    return {"id": "383b8c61-a9c7-487f-b4e1-66fad753e546", "info": info, **changes}


def issued(**changes: Any) -> dict[str, Any]:
    """The response of the token endpoint."""
    return {
        "access_token": TOKEN,
        "expires_in": 863999,
        "refresh_expires_in": 950399,
        "refresh_token": "the.refresh.token",
        "token_type": "bearer",
        "not-before-policy": 0,
        "session_state": "006688b1-13f1-4baf-a741-7857ffa9636f",
        "scope": "olt-applications",
        **changes,
    }
