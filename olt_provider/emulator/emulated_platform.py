"""Direct access to the emulated platform's data, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from olt_provider.emulator.models import Change, DeviceInfo, Registration
from olt_provider.emulator.seed import DEVICE_TYPE
from olt_provider.emulator.state import State
from olt_provider.emulator.store.tenants import Tenant

T = TypeVar("T")


class EmulatedPlatform:
    """For assertions and manual changes, without permissions, faults and journal.

    Methods that change an application raise ``KeyError`` if it does not exist.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def applications(self, tenant_id: str | None = None) -> list[dict[str, Any]]:
        """Return a tenant's applications, or all, in the form of the API, without secrets."""
        tenant = tenant_id.lower() if tenant_id else None
        return [found.wire() for found in self._state.applications.list(tenant)]

    def application(self, application_id: str) -> dict[str, Any] | None:
        """Return one application, or None."""
        found = self._state.applications.get(application_id)
        return None if found is None else found.wire()

    def installations(self, application_id: str | None = None) -> list[dict[str, Any]]:
        """Return installations, of one application or all: applicationId, tenantId, createdAt."""
        ids = [application_id] if application_id else [each["id"] for each in self.applications()]
        return [
            {"applicationId": id_.lower(), **installation.wire()}
            for id_ in ids
            for installation in self._state.access.installations(id_)
        ]

    def register(
        self,
        tenant_id: str,
        *,
        name: str = "Application",
        teaser_description: str | None = None,
        url: str | None = None,
        with_public_oauth2_client: bool = False,
        redirect_uris: Sequence[str] = (),
        allowed_tenants: Mapping[str, str] | Sequence[str] = (),
        status: str = "active",
    ) -> dict[str, Any]:
        """Register an application. The response contains its secret.

        :param allowed_tenants: Tenant ID to comment, or just the IDs.

        Raises ``ValueError`` if the API would refuse it.
        """
        comments = (
            allowed_tenants
            if isinstance(allowed_tenants, Mapping)
            else dict.fromkeys(allowed_tenants, "")
        )
        body: dict[str, Any] = {
            "name": name,
            "withPublicOauth2Client": with_public_oauth2_client,
            "redirectUris": list(redirect_uris),
            "allowedTenants": [
                {"tenantId": tenant, "comment": comment} for tenant, comment in comments.items()
            ],
        }
        if teaser_description is not None:
            body["teaserDescription"] = teaser_description
        if url is not None:
            body["url"] = url
        registered = self._state.applications.register(tenant_id, Registration.model_validate(body))
        response = registered.wire()
        if status != "active":
            self.patch(registered.id, status=status)
            response["status"] = status
        return response

    def patch(self, application_id: str, **wire: Any) -> dict[str, Any]:
        """Change an application. The arguments have the wire's names (``redirectUris=[...]``)."""
        body = Change.model_validate(wire)
        return _required(self._state.applications.change(application_id, body)).wire()

    def allow(self, application_id: str, tenant_id: str, comment: str = "") -> dict[str, Any]:
        """Allow a tenant, or change its comment."""
        self._known(application_id)
        return self._state.access.allow(application_id, tenant_id, comment).wire()

    def revoke(self, application_id: str, tenant_id: str) -> None:
        """Revoke a tenant. Raises ``KeyError`` if it was not allowed."""
        if not self._state.access.revoke(application_id, tenant_id):
            raise KeyError(tenant_id)

    def install(self, application_id: str, tenant_id: str) -> dict[str, Any]:
        """Install the application in the tenant, whether it is allowed or not."""
        self._known(application_id)
        return self._state.access.install(application_id, tenant_id).wire()

    def uninstall(self, application_id: str, tenant_id: str) -> None:
        """Uninstall the application. Raises ``KeyError`` if it is not installed."""
        if not self._state.access.uninstall(application_id, tenant_id):
            raise KeyError(tenant_id)

    def delete(self, application_id: str) -> None:
        """Delete an application and its installations."""
        if not self._state.applications.delete(application_id):
            raise KeyError(application_id)

    def new_secret(self, application_id: str) -> str:
        """Rotate the client secret. The old one is invalid at once."""
        secret = _required(self._state.applications.new_secret(application_id)).secret
        return _required(secret)

    def secret_is_valid(self, client_id: str, secret: str) -> bool:
        """Whether it is the client's present secret."""
        return self._state.applications.secret_is_valid(client_id, secret)

    def set_role(self, sub: str, role: str) -> None:
        """Change a user's role, from the next request on."""
        self._state.tenants.set_role(sub, role)

    def add_tenant(self, tenant_id: str, name: str) -> Tenant:
        """Add a tenant, or rename it."""
        return self._state.tenants.add_tenant(tenant_id, name)

    def add_device(
        self,
        tenant_id: str,
        *,
        name: str = "Device",
        description: str = "",
        tags: Sequence[str] = (),
        location: str = "",
    ) -> dict[str, Any]:
        """Add a device to a tenant."""
        info = DeviceInfo(
            name=name,
            description=description,
            device_type_id=DEVICE_TYPE,
            tags=list(tags),
            location=location,
        )
        return self._state.tenants.add_device(tenant_id, None, info).wire()

    def _known(self, application_id: str) -> None:
        if self._state.applications.get(application_id) is None:
            raise KeyError(application_id)


def _required(found: T | None) -> T:
    if found is None:
        raise KeyError("no such application")
    return found
