"""Values of the platform's contract, and assumptions where no public source defines them.

Names that begin with ``ASSUMED`` are assumptions; changing one here changes the emulator.
Assumptions that are rules and not values are implemented with the calls:

- Statuses: POST, PUT and PATCH 200, DELETE 204 (``routes``).
- A body with a field that the contract lacks is a 400, and types are exact (``models.Body``).
- A field that was never given is absent; a cleared ``url`` is returned as null, a cleared
  ``teaserDescription`` as "" (``store.applications``).
- Allowing a tenant again changes only the comment; of equal tenants in a registration the last
  counts.
- Any UUID can be allowed: whether it is a tenant is not checked.
- Revoking a tenant that is not allowed, and uninstalling what is not installed, is a 404.
- An application that is visible but not available cannot be installed, nor again: 403.
- A revoked application keeps its access while it is installed. Uninstalled or inactive: 403;
  deleted: 401. A rotation does not invalidate tokens that were issued before.
- The secret is checked before the tenant: ``invalid_client`` and ``unauthorized_client`` concern
  the client alone, and a tenant without access is ``invalid_grant`` (``routes.identity``).
- Of the meta block, allowed tenants and installed tenants omit the totals, and
  ``/applications`` has ``totalSize``. Installed tenants are one page (``variants`` changes it).
- A user has one role in all tenants.
"""

from __future__ import annotations

from typing import Final

BASE_PATH: Final = "/v1"
REALM_PATH: Final = "/id/auth/realms/olt"
TOKEN_PATH: Final = f"{REALM_PATH}/protocol/openid-connect/token"
ADMIN_PATH: Final = "/_emulator"

ACCESS_LIFETIME: Final = 864_000
"""Lifetime of an access token in seconds: 10 days."""
REFRESH_LIFETIME: Final = 950_400
"""Lifetime of a refresh token in seconds: 11 days."""
SCOPE: Final = "olt-applications"

DEFAULT_PAGE_SIZE: Final = 10
MAX_PAGE_SIZE: Final = 100
ASSUMED_MAX_PAGE: Final = 2**31 - 1
"""The largest page number. A larger one is a 400 and not an overflow of the database."""

UUID: Final = r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
"""An ID. Responses hold it in lower case."""
ASSUMED_ABSOLUTE_URL: Final = r"^[A-Za-z][A-Za-z0-9+.\-]*://[^\x00-\x20\x7f]+$"
ASSUMED_REDIRECT_URI: Final = r"^[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20\x7f*]+$"
"""Custom schemes (``com.example:/callback``) are accepted, wildcards are not."""
ASSUMED_NAME: Final = r"\S"
"""A name needs one visible character."""

CLIENT_TYPE: Final = "confidental"
"""In the platform's spelling."""
SECRET_BYTES: Final = 12
"""Bytes that encode to 16 URL-safe characters."""

ASSUMED_READ: Final = frozenset({"applications_development:read", "applications:read"})
ASSUMED_DEVICES: Final = frozenset({"devices:read"})
"""The permission to read devices. No public document names it; all roles but ``none`` have it."""
ASSUMED_WRITE: Final = frozenset({"applications_development:write", "applications:write"})
PERMISSIONS: Final[dict[str, frozenset[str]]] = {
    "owner": ASSUMED_READ | ASSUMED_WRITE | ASSUMED_DEVICES,
    "writer": ASSUMED_READ | ASSUMED_WRITE | ASSUMED_DEVICES,
    "reader": ASSUMED_READ | ASSUMED_DEVICES,
    "none": frozenset(),
}
"""The permissions by role. A custom role is written as its permissions, separated by spaces."""
ALL_PERMISSIONS: Final = PERMISSIONS["owner"]
APPLICATION_ROLE: Final = "writer"
"""The role of an application's own token."""

APP_AVAILABLE: Final = "APP_AVAILABLE"
ASSUMED_APP_INACTIVE: Final = "APP_INACTIVE"
ASSUMED_APP_NOT_ALLOWED: Final = "APP_NOT_ALLOWED"
"""The code of an application that was revoked while it was installed."""

ASSUMED_BAD_REQUEST: Final = "BAD_REQUEST"
ASSUMED_UNAUTHORIZED: Final = ("UNAUTHORIZED", "The access token is missing, invalid or expired")
ASSUMED_NOT_FOUND: Final = ("NOT_FOUND", "The resource does not exist or you have no access to it")
"""The message for a missing resource and for one of another tenant."""
NOT_PERMITTED: Final = ("ID_FORBIDDEN", "User is not permitted to access this resource")
NO_ACCESS: Final = ("NO_ACCESS_TO_RESOURCE", "Access to resource is forbidden")
ASSUMED_SERVER_ERROR: Final = ("INTERNAL_SERVER_ERROR", "Internal server error")

ASSUMED_CLIENT_ERROR_STATUS: Final = 401
"""Of ``invalid_client`` and ``unauthorized_client``. All other refusals of a token are 400."""


def permissions(role: str) -> frozenset[str]:
    """Return the permissions of a role: one of the four, or permissions separated by spaces.

    Raises ``ValueError`` for a permission that no call requires.
    """
    if role in PERMISSIONS:
        return PERMISSIONS[role]
    custom = frozenset(role.split())
    if not custom or not custom <= ALL_PERMISSIONS:
        known = ", ".join([*PERMISSIONS, *sorted(ALL_PERMISSIONS)])
        raise ValueError(f"unknown role {role!r}; known roles and permissions: {known}")
    return custom


def fault_envelope(status: int) -> tuple[str, str]:
    """Return code and message of an injected error."""
    known = {401: ASSUMED_UNAUTHORIZED, 403: NOT_PERMITTED, 404: ASSUMED_NOT_FOUND}
    return known.get(status, (f"STATUS_{status}", "Something went wrong, as the fault demands"))
