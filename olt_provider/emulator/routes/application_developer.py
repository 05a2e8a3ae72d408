"""``/application-developer/applications``: for the tenant that owns the application."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Response

from olt_provider.emulator import contract, problems
from olt_provider.emulator.authentication import HIDDEN, ActorOf, StateOf, guarded
from olt_provider.emulator.models import (
    AllowedTenant,
    Application,
    Change,
    Comment,
    Data,
    NewSecret,
    Page,
    Registration,
)
from olt_provider.emulator.paging import PagingOf
from olt_provider.emulator.state import State

router = guarded("applications_development", "/application-developer/applications")
ONE = "/{applicationId}"
TENANTS = f"{ONE}/allowed-tenants"
Id = Annotated[str, Path(alias="applicationId", pattern=contract.UUID)]
TenantId = Annotated[str, Path(alias="tenantId", pattern=contract.UUID)]


def _owned(state: State, application_id: str, tenant_id: str) -> Application:
    application = state.applications.get(application_id, tenant_id)
    if application is None:
        raise problems.not_found()
    return application


@router.post("", response_model_exclude_unset=True)
async def register(body: Registration, actor: ActorOf, state: StateOf) -> Data[Application]:
    """Register an application. Only this response contains its secret."""
    return Data(data=state.applications.register(actor.tenant_id, body))


@router.get("", response_model_exclude_unset=True)
async def list_(paging: PagingOf, actor: ActorOf, state: StateOf) -> Page[Application]:
    """List the tenant's applications."""
    found = state.applications.list(actor.tenant_id, paging.limit, paging.offset)
    return Page(data=found, meta=paging.totals(state.applications.count(actor.tenant_id)))


@router.get(ONE, responses=HIDDEN, response_model_exclude_unset=True)
async def get(id_: Id, actor: ActorOf, state: StateOf) -> Data[Application]:
    """Read an application."""
    return Data(data=_owned(state, id_, actor.tenant_id))


@router.patch(ONE, responses=HIDDEN, response_model_exclude_unset=True)
async def change(id_: Id, body: Change, actor: ActorOf, state: StateOf) -> Data[Application]:
    """Change the fields in the body."""
    _owned(state, id_, actor.tenant_id)
    changed = state.applications.change(id_, body)
    if changed is None:
        raise problems.not_found()
    return Data(data=changed)


@router.delete(ONE, responses=HIDDEN, status_code=204)
async def delete(id_: Id, actor: ActorOf, state: StateOf) -> Response:
    """Delete an application and its installations."""
    _owned(state, id_, actor.tenant_id)
    state.applications.delete(id_)
    return Response(status_code=204)


@router.post(f"{ONE}/secret", responses=HIDDEN, response_model_exclude_unset=True)
async def new_secret(id_: Id, actor: ActorOf, state: StateOf) -> Data[NewSecret]:
    """Rotate the client secret. The old one is invalid at once."""
    _owned(state, id_, actor.tenant_id)
    client = state.applications.new_secret(id_)
    if client is None:
        raise problems.not_found()
    return Data(data=NewSecret(oauth2_client=client))


@router.get(TENANTS, responses=HIDDEN, response_model_exclude_unset=True)
async def allowed_tenants(
    id_: Id, paging: PagingOf, actor: ActorOf, state: StateOf
) -> Page[AllowedTenant]:
    """List the tenants that may install the application; without totals."""
    _owned(state, id_, actor.tenant_id)
    found = state.access.allowed(id_, None, paging.limit, paging.offset)
    return Page(data=found, meta=paging.bare())


@router.put(f"{TENANTS}/{{tenantId}}", responses=HIDDEN, response_model_exclude_unset=True)
async def allow(
    id_: Id, tenant_id: TenantId, actor: ActorOf, state: StateOf, body: Comment | None = None
) -> Data[AllowedTenant]:
    """Allow a tenant, or change its comment."""
    _owned(state, id_, actor.tenant_id)
    return Data(data=state.access.allow(id_, tenant_id, body.comment if body else ""))


@router.delete(f"{TENANTS}/{{tenantId}}", responses=HIDDEN, status_code=204)
async def revoke(id_: Id, tenant_id: TenantId, actor: ActorOf, state: StateOf) -> Response:
    """Revoke a tenant."""
    _owned(state, id_, actor.tenant_id)
    if not state.access.revoke(id_, tenant_id):
        raise problems.not_found()
    return Response(status_code=204)
