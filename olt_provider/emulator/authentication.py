"""The caller of a request, and its permissions."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Security
from fastapi.responses import Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from olt_provider.emulator import contract, problems
from olt_provider.emulator.models import Error
from olt_provider.emulator.state import State
from olt_provider.emulator.tokens import InvalidToken

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", scheme_name="token")
_UUID = re.compile(contract.UUID)

REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": Error, "description": "Bad request"},
    401: {"model": Error, "description": "Missing, invalid or expired token"},
    403: {"model": Error, "description": "Permission missing"},
}
HIDDEN: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Error, "description": "No access, or it does not exist"}
}


@dataclass(frozen=True)
class Actor:
    """The holder of the token."""

    sub: str
    tenant_id: str
    application_id: str | None
    """The application whose own token it is, else None."""
    permissions: frozenset[str]


async def state(request: Request) -> State:
    """What the endpoints share."""
    found: State = request.app.state.emulated
    return found


async def actor(request: Request) -> Actor:
    """The caller, which the route has authenticated."""
    found: Actor = request.state.actor
    return found


def authenticate(state: State, authorization: str) -> Actor:
    """Who holds the token of an ``Authorization`` header.

    Raises ``Refusal``: 401 without an accepted token, 403 where an application may not act for
    the tenant any more.
    """
    scheme, _, token = authorization.partition(" ")
    try:
        claims = state.tokens.verified(token.strip(), "Bearer")
    except InvalidToken:
        raise problems.unauthorized() from None
    sub, tenant_id = claims["sub"], claims.get("tenant")
    if scheme.lower() != "bearer" or not isinstance(tenant_id, str) or not _UUID.match(tenant_id):
        raise problems.unauthorized()
    tenant_id = tenant_id.lower()
    role = state.tenants.role(sub)
    if role is not None:
        return Actor(sub, tenant_id, None, contract.permissions(role))
    application_id = state.applications.by_sub(sub)
    application = application_id and state.applications.get(application_id)
    if not application:
        raise problems.unauthorized()
    if application.status != "active" or not state.access.is_installed(application.id, tenant_id):
        raise problems.no_access()
    allowed = contract.permissions(contract.APPLICATION_ROLE)
    return Actor(sub, tenant_id, application.id, allowed)


def guarded(area: str, prefix: str) -> APIRouter:
    """A router whose calls need ``{area}:read``, or ``{area}:write`` where they change something.

    The permission comes before all else, the body's validation too.
    """

    class Guarded(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handler = super().get_route_handler()
            needed = f"{area}:{'read' if self.methods == {'GET'} else 'write'}"

            async def guard(request: Request) -> Response:
                header = request.headers.get("authorization", "")
                request.state.actor = who = authenticate(request.app.state.emulated, header)
                if area and needed not in who.permissions:
                    raise problems.not_permitted()
                return await handler(request)

            return guard

    return APIRouter(
        prefix=prefix,
        route_class=Guarded,
        responses=REFUSALS,
        dependencies=[Security(_bearer)],
    )


StateOf = Annotated[State, Depends(state)]
ActorOf = Annotated[Actor, Depends(actor)]
