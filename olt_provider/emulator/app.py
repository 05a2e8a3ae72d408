"""The emulated platform as one ASGI application."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from olt_provider._version import __version__
from olt_provider.emulator import contract, problems
from olt_provider.emulator.connection import App, Receive, Scope, Send
from olt_provider.emulator.fault_middleware import FaultMiddleware
from olt_provider.emulator.routes import (
    admin,
    application_developer,
    application_info,
    applications,
    devices,
    identity,
)
from olt_provider.emulator.same_site import refusing_foreign
from olt_provider.emulator.state import State

TITLE = "OLT platform (emulated)"
ROUTERS = (
    application_developer.router,
    applications.router,
    devices.router,
    application_info.router,
    identity.router,
)
ROUTES = tuple(
    route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)
)
DESCRIPTION = "OAuth2 applications on the OLT platform. All data is made up and local."


def create_api(state: State) -> FastAPI:
    """Create the API that the contract describes, below ``/v1``."""
    api = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    api.state.emulated = state
    api.state.routes = ROUTES
    for router in ROUTERS:
        api.include_router(router)
    problems.handle(api)
    return api


def create_admin(state: State, api: FastAPI) -> FastAPI:
    """Create the emulator's own endpoints, below ``/_emulator``."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.emulated = state
    app.state.routes = [route for route in admin.router.routes if isinstance(route, APIRoute)]
    app.include_router(admin.router)
    problems.handle(app)

    @app.get(f"{contract.ADMIN_PATH}/openapi.json")
    async def _openapi() -> dict[str, Any]:
        return openapi(api, state)

    return app


def openapi(api: FastAPI, state: State) -> dict[str, Any]:
    """Return the OpenAPI document of the contract's calls."""
    document = get_openapi(
        title=TITLE,
        version=__version__,
        description=DESCRIPTION,
        routes=api.routes,
        servers=[{"url": state.url}],
    )
    # An invalid request is a 400 in the platform's envelope; the framework's 422 never occurs.
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
    return document


def create_app(state: State) -> App:
    """Create the whole application: the API with journal and faults, and the own endpoints."""
    api = create_api(state)
    admin_app = create_admin(state, api)
    platform = FaultMiddleware(api, ROUTES, state)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(f"{contract.ADMIN_PATH}/"):
            await admin_app(scope, receive, send)
        else:
            await platform(scope, receive, send)

    return refusing_foreign(app, urlsplit(state.url).hostname or "")
