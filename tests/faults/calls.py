"""Every call that the API client can make, and what of its response a fault changes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from olt_provider.emulator.contract import TOKEN_PATH

APPLICATIONS: Final = "/application-developer/applications"
ONE: Final = f"{APPLICATIONS}/{{applicationId}}"
ALLOWED: Final = f"{ONE}/allowed-tenants"


class Call(NamedTuple):
    """A method of a client class, with its request."""

    method: str
    path: str
    field: str | None = None
    """The most important field of the response; None: the response has no body."""
    unused: str | None = None
    """The reason why no operation makes this call, if none does."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


NOT_CALLED: Final = "no operation makes this call: it is there for programs and for the tests"
SAME_REQUESTS: Final = "the same requests as `list`, whose items are read in part"

CALLS: Final[Mapping[str, Call]] = MappingProxyType(
    {
        "applications.register": Call("POST", APPLICATIONS, "data.oauth2Client.secret"),
        "applications.list": Call("GET", APPLICATIONS, "data.0.id"),
        "applications.listed": Call("GET", APPLICATIONS, "data.0.id", SAME_REQUESTS),
        "applications.names": Call("GET", APPLICATIONS, "data.0.id", SAME_REQUESTS),
        "applications.entries": Call("GET", APPLICATIONS, "data.0.id", SAME_REQUESTS),
        "applications.pages": Call("GET", APPLICATIONS, "data.0.id"),
        "applications.get": Call("GET", ONE, "data.allowedTenants"),
        "applications.patch": Call("PATCH", ONE, "data.oauth2Client"),
        "applications.delete": Call("DELETE", ONE),
        "applications.new_secret": Call("POST", f"{ONE}/secret", "data.oauth2Client.secret"),
        "allowed_tenants.list": Call("GET", ALLOWED, "data.0.tenantId", NOT_CALLED),
        "allowed_tenants.allow": Call("PUT", f"{ALLOWED}/{{tenantId}}", "data.tenantId"),
        "allowed_tenants.revoke": Call("DELETE", f"{ALLOWED}/{{tenantId}}"),
        "installations.list": Call("GET", "/applications", "data.0.id"),
        "installations.listed": Call("GET", "/applications", "data.0.id", SAME_REQUESTS),
        "installations.pages": Call("GET", "/applications", "data.0.id"),
        "installations.get": Call("GET", "/applications/{applicationId}", "data.available"),
        "installations.install": Call(
            "PUT", "/applications/{applicationId}/installation", "data.tenantId"
        ),
        "installations.uninstall": Call("DELETE", "/applications/{applicationId}/installation"),
        "devices.list": Call("GET", "/devices", "data.0.id", NOT_CALLED),
        "application_info.installed_tenants": Call(
            "GET", "/application-info/installed-tenants", "data.0.tenantId", NOT_CALLED
        ),
        "identity.client_credentials": Call("POST", TOKEN_PATH, "access_token"),
        "identity.refresh": Call("POST", TOKEN_PATH, "access_token"),
        "identity.realm": Call("GET", "/id/auth/realms/olt", "public_key", NOT_CALLED),
    }
)
"""By group and method of the client, as the code calls it."""
