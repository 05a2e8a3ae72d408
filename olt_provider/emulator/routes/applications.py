"""``/applications``: for the tenant that uses the application."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query, Response
from pydantic import BeforeValidator
from pydantic.json_schema import SkipJsonSchema

from olt_provider.emulator import contract, problems
from olt_provider.emulator.authentication import HIDDEN, ActorOf, StateOf, guarded
from olt_provider.emulator.models import AvailableApplication, Data, Installation, Page
from olt_provider.emulator.paging import PagingOf

router = guarded("applications", "/applications")
ONE = "/{applicationId}"
Id = Annotated[str, Path(alias="applicationId", pattern=contract.UUID)]


def _true_or_false(value: Any) -> Any:
    # The library would accept "True", "on" and "1" too.
    if value not in ("true", "false", None):
        raise ValueError("true or false is expected")
    return value


Installed = Annotated[bool | SkipJsonSchema[None], BeforeValidator(_true_or_false), Query()]


@router.get("", response_model_exclude_unset=True)
async def list_(
    paging: PagingOf,
    actor: ActorOf,
    state: StateOf,
    installed: Installed = None,
) -> Page[AvailableApplication]:
    """List the available and the installed applications; the total is ``totalSize``."""
    found = state.access.views(actor.tenant_id, installed, paging.limit, paging.offset)
    total = state.access.count_views(actor.tenant_id, installed)
    return Page(data=found, meta=paging.total_size(total))


@router.get(ONE, responses=HIDDEN, response_model_exclude_unset=True)
async def get(id_: Id, actor: ActorOf, state: StateOf) -> Data[AvailableApplication]:
    """Read an application."""
    seen = state.access.view(actor.tenant_id, id_)
    if seen is None:
        raise problems.not_found()
    return Data(data=seen)


@router.put(f"{ONE}/installation", responses=HIDDEN, response_model_exclude_unset=True)
async def install(id_: Id, actor: ActorOf, state: StateOf) -> Data[Installation]:
    """Install an application; repeating it changes nothing."""
    seen = state.access.view(actor.tenant_id, id_)
    if seen is None:
        raise problems.not_found()
    if not seen.available:
        raise problems.no_access()
    return Data(data=state.access.install(id_, actor.tenant_id))


@router.delete(f"{ONE}/installation", responses=HIDDEN, status_code=204)
async def uninstall(id_: Id, actor: ActorOf, state: StateOf) -> Response:
    """Uninstall an application, also if it was revoked or is inactive."""
    if not state.access.uninstall(id_, actor.tenant_id):
        raise problems.not_found()
    return Response(status_code=204)
