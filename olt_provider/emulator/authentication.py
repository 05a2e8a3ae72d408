"""Authentication: the caller of a request, and its permissions."""

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
    """The caller of a request."""

    sub: str
    tenant_id: str
    application_id: str | None
    """The application, if the token is an application's own; else None."""
    permissions: frozenset[str]


async def state(request: Request) -> State:
    """Return the state that the endpoints share."""
    found: State = request.app.state.emulated
    return found


async def actor(request: Request) -> Actor:
    """Return the caller, which the route has authenticated."""
    found: Actor = request.state.actor
    return found


def authenticate(state: State, authorization: str) -> Actor:
    """Return the caller of a request with this ``Authorization`` header.

    Raises ``Refusal``: 401 without a valid token, 403 if an application no longer has access to the
    tenant.
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
    """Return a router whose calls need ``{area}:read``, or ``{area}:write`` for changes.

    The permission is checked before the body is validated.
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
