"""Look up existing applications and installations. No look-up returns a secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from olt_provider.api.applications import Application
from olt_provider.api.clock import format_timestamp
from olt_provider.api.ids import canonical_id
from olt_provider.lifecycle.application.model import allowed_in
from olt_provider.lifecycle.installation import operations as installation
from olt_provider.lifecycle.installation.model import InstallationInputs
from olt_provider.lifecycle.provider_context import ProviderContext


@dataclass(frozen=True)
class ApplicationResult:
    """An application of the platform. Times are RFC 3339 in UTC."""

    id: str
    name: str
    tenant_id: str
    client_id: str
    client_type: str
    public_client_id: str | None
    with_public_oauth2_client: bool
    redirect_uris: Sequence[str]
    teaser_description: str
    url: str | None
    status: str
    allowed_tenants: Mapping[str, str]
    """Tenant ID -> comment."""
    installed_tenants: Sequence[str]
    """The allowed tenants that have it installed."""
    created_at: str


@dataclass(frozen=True)
class InstallationResult:
    """An installation of the platform."""

    id: str
    application_id: str
    tenant_id: str
    installed_at: str
    """RFC 3339 in UTC."""


def get_application(
    context: ProviderContext, application_id: str, tenant_id: str | None
) -> ApplicationResult:
    """Read an application: ``GET .../{applicationId}``. Raises ``OltError`` if there is none."""
    client = context.session(_tenant(context, tenant_id)).client
    return _result(client.applications.get(canonical_id(application_id)))


def list_applications(context: ProviderContext, tenant_id: str | None) -> list[ApplicationResult]:
    """List a tenant's applications by name: a ``GET`` per 100 applications. Raises ``OltError``."""
    client = context.session(_tenant(context, tenant_id)).client
    found = [_result(item) for item in client.applications.list()]
    return sorted(found, key=lambda item: (item.name, item.id))


def find_applications(
    context: ProviderContext, name: str, tenant_id: str | None
) -> list[ApplicationResult]:
    """List a tenant's applications with exactly this name. Raises ``OltError``."""
    return [item for item in list_applications(context, tenant_id) if item.name == name]


def get_installation(
    context: ProviderContext, application_id: str, tenant_id: str | None
) -> InstallationResult:
    """Read an installation: ``GET /applications/{applicationId}``. Raises ``OltError``."""
    inputs = InstallationInputs(canonical_id(application_id), _tenant(context, tenant_id))
    state = installation.get(context, inputs)
    return InstallationResult(
        state.id, state.inputs.application_id, state.inputs.tenant_id, state.installed_at
    )


def _tenant(context: ProviderContext, tenant_id: str | None) -> str:
    return canonical_id(tenant_id) if tenant_id else context.default_tenant()


def _result(application: Application) -> ApplicationResult:
    public = application.public_oauth2_client
    return ApplicationResult(
        id=application.id,
        name=application.name,
        tenant_id=application.tenant_id,
        client_id=application.oauth2_client.id,
        client_type=application.oauth2_client.type,
        public_client_id=None if public is None else public.id,
        with_public_oauth2_client=application.with_public_oauth2_client,
        redirect_uris=sorted(application.redirect_uris),
        teaser_description=application.teaser_description,
        url=application.url,
        status=application.status,
        allowed_tenants=allowed_in(application),
        installed_tenants=sorted(
            item.tenant_id for item in application.allowed_tenants if item.installed
        ),
        created_at=format_timestamp(application.created_at),
    )
