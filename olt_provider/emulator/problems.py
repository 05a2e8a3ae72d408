"""Error responses in the form of the platform, of the identity server, and of a gateway (HTML)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from olt_provider.emulator import contract
from olt_provider.emulator.models import Error, OAuthError


class Refusal(Exception):  # noqa: N818 (a response, not a failure)
    """An error response of the API."""

    def __init__(self, status: int, code_and_message: tuple[str, str]) -> None:
        super().__init__(code_and_message[1])
        self.status = status
        self.code, self.message = code_and_message


class OAuthRefusal(Exception):  # noqa: N818 (a response, not a failure)
    """An error response of the token endpoint."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description


def unauthorized() -> Refusal:
    """Return a 401: no valid token."""
    return Refusal(401, contract.ASSUMED_UNAUTHORIZED)


def not_permitted() -> Refusal:
    """Return a 403: the role lacks the permission."""
    return Refusal(403, contract.NOT_PERMITTED)


def no_access() -> Refusal:
    """Return a 403: the application is visible, but not available."""
    return Refusal(403, contract.NO_ACCESS)


def not_found() -> Refusal:
    """Return a 404: the resource is missing or belongs to another tenant."""
    return Refusal(404, contract.ASSUMED_NOT_FOUND)


def hidden() -> Response:
    """Return the response of ``not_found``."""
    return envelope(404, *contract.ASSUMED_NOT_FOUND)


def envelope(status: int, code: str, message: str) -> Response:
    """Return an error response of the API."""
    headers = {"www-authenticate": 'Bearer realm="olt"'} if status == 401 else None
    return JSONResponse(
        Error(error_code=code, error_message=message).wire(), status, headers=headers
    )


def gateway_page(status: int, title: str) -> Response:
    """Return the HTML page of a gateway in front of the platform, for an unknown path."""
    page = (
        f"<html>\n<head><title>{status} {title}</title></head>\n"
        f"<body>\n<center><h1>{status} {title}</h1></center>\n</body>\n</html>\n"
    )
    return HTMLResponse(page, status)


def handle(app: FastAPI) -> None:
    """Return all errors of an application in the form of the platform.

    Its ``state.routes`` are those that exist, perhaps for another method.
    """

    @app.exception_handler(Refusal)
    async def _refused(_request: Request, refusal: Refusal) -> Response:
        return envelope(refusal.status, refusal.code, refusal.message)

    @app.exception_handler(OAuthRefusal)
    async def _oauth_refused(_request: Request, refusal: OAuthRefusal) -> Response:
        body = OAuthError(error=refusal.error, error_description=refusal.description)
        return JSONResponse(body.model_dump(), refusal.status)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> Response:
        return envelope(400, contract.ASSUMED_BAD_REQUEST, summary(error.errors()))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        if error.status_code not in (404, 405):
            return envelope(error.status_code, contract.ASSUMED_BAD_REQUEST, str(error.detail))
        page = gateway_page(error.status_code, str(error.detail))
        if error.status_code == 405:
            # The framework names only the methods of the first route with that path.
            page.headers["allow"] = ", ".join(_methods(app, request))
        return page

    @app.exception_handler(Exception)
    async def _broken(_request: Request, _error: Exception) -> Response:
        return envelope(500, *contract.ASSUMED_SERVER_ERROR)


def _methods(app: FastAPI, request: Request) -> list[str]:
    path = request.scope["path"].removeprefix(request.scope["root_path"])
    routes: Sequence[APIRoute] = app.state.routes
    found = (route.methods for route in routes if route.path_regex.match(path))
    return sorted({method for methods in found for method in methods or ()})


def summary(errors: Sequence[Any]) -> str:
    """Summarise validation errors without the values, which may be secret."""
    return "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in errors)
