"""The identity server: the calls of a Keycloak that the contract describes."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Header, Request

from olt_provider.emulator import contract
from olt_provider.emulator.authentication import StateOf
from olt_provider.emulator.models import IssuedToken, OAuthError, RealmInfo
from olt_provider.emulator.problems import OAuthRefusal
from olt_provider.emulator.seed import PORTAL_CLIENT
from olt_provider.emulator.state import State
from olt_provider.emulator.store.tenants import Session
from olt_provider.emulator.tokens import InvalidToken

router = APIRouter()
FORM: Final = "application/x-www-form-urlencoded"
_TEXT: Final = {"type": "string"}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "oneOf": [
                        {
                            "type": "object",
                            "required": ["grant_type", "client_id", "client_secret"],
                            "properties": {
                                "grant_type": {"type": "string", "enum": ["client_credentials"]},
                                "client_id": _TEXT,
                                "client_secret": _TEXT,
                            },
                        },
                        {
                            "type": "object",
                            "required": ["grant_type", "client_id", "refresh_token"],
                            "properties": {
                                "grant_type": {"type": "string", "enum": ["refresh_token"]},
                                "client_id": _TEXT,
                                "client_secret": _TEXT,
                                "refresh_token": _TEXT,
                            },
                        },
                    ]
                }
            }
        },
    }
}


@router.get(contract.REALM_PATH)
async def realm(state: StateOf) -> RealmInfo:
    """Return the realm and the public key of its tokens."""
    return RealmInfo(realm="olt", public_key=state.tokens.public_key)


@router.post(
    contract.TOKEN_PATH,
    openapi_extra=_BODY,
    responses={
        400: {"model": OAuthError, "description": "Refused"},
        401: {"model": OAuthError, "description": "Unknown client, or not its secret"},
    },
)
async def token(
    request: Request, state: StateOf, tenant: Annotated[str | None, Header()] = None
) -> IssuedToken:
    """Issue a token."""
    body = (await request.body()).decode("utf-8", "replace")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    form = dict(parse_qsl(body, keep_blank_values=True)) if kind == FORM else {}
    grants = {"client_credentials": _client_credentials, "refresh_token": _refresh_token}
    if not form.get("grant_type"):
        raise OAuthRefusal("invalid_request", "Missing form parameter: grant_type")
    grant = grants.get(form["grant_type"])
    if grant is None:
        raise OAuthRefusal("unsupported_grant_type", "Unsupported grant_type")
    session = grant(state, form, tenant.strip().lower() if tenant else None)
    return issue(state, session, request.client.host if request.client else "127.0.0.1")


def issue(state: State, session: Session, address: str) -> IssuedToken:
    """Issue the pair of tokens of a session."""
    state.tenants.open_session(session)
    client_id = session.client_id
    return IssuedToken(
        access_token=state.tokens.access(
            sub=session.sub,
            client_id=client_id,
            tenant_id=session.tenant_id,
            session_id=session.id,
            address=address,
        ),
        expires_in=contract.ACCESS_LIFETIME,
        refresh_expires_in=contract.REFRESH_LIFETIME,
        refresh_token=state.tokens.refresh(
            sub=session.sub, client_id=client_id, session_id=session.id
        ),
        token_type="bearer",  # noqa: S106 (a type, not a token)
        not_before_policy=0,
        session_state=session.id,
        scope=contract.SCOPE,
    )


def _client_credentials(state: State, form: dict[str, str], tenant: str | None) -> Session:
    client_id = _authenticated(state, form)
    client = state.applications.client(client_id)
    if client is None or client.public:
        raise _client_refusal(
            "unauthorized_client", "Client not enabled to retrieve service account"
        )
    if tenant is None:
        raise OAuthRefusal("invalid_request", "Missing header: tenant")
    _may_use(state, client.application_id, tenant)
    return Session(str(uuid.uuid4()), client.sub, client_id, tenant)


def _refresh_token(state: State, form: dict[str, str], tenant: str | None) -> Session:
    client_id = _authenticated(state, form)
    if not form.get("refresh_token"):
        raise OAuthRefusal("invalid_request", "No refresh token")
    try:
        claims = state.tokens.verified(form["refresh_token"], "Refresh")
    except InvalidToken:
        raise OAuthRefusal("invalid_grant", "Invalid refresh token") from None
    session = state.tenants.session(str(claims.get("session_state")))
    if session is None:
        raise OAuthRefusal("invalid_grant", "Session not active")
    if client_id != session.client_id or claims["azp"] != client_id:
        raise OAuthRefusal(
            "invalid_grant",
            "Invalid refresh token. Token client and authorized client don't match",
        )
    wanted = tenant or session.tenant_id
    application_id = state.applications.by_sub(session.sub)
    if application_id is not None:
        _may_use(state, application_id, wanted)
    elif not state.tenants.is_member(session.sub, wanted):
        raise OAuthRefusal("invalid_grant", "User is not permitted in this tenant")
    return Session(str(uuid.uuid4()), session.sub, client_id, wanted)


def _authenticated(state: State, form: dict[str, str]) -> str:
    """The client that the form authenticates."""
    client_id, secret = form.get("client_id", "").lower(), form.get("client_secret")
    if client_id == PORTAL_CLIENT:
        return client_id
    client = state.applications.client(client_id)
    if client is None:
        raise _client_refusal("invalid_client", "Invalid client credentials")
    if client.public:
        return client_id
    if secret is None:
        raise _client_refusal("unauthorized_client", "Client secret not provided in request")
    if not state.applications.secret_is_valid(client_id, secret):
        raise _client_refusal("unauthorized_client", "Invalid client secret")
    return client_id


def _may_use(state: State, application_id: str, tenant_id: str) -> None:
    # The secret was right, so these refusals do not concern the client.
    application = state.applications.get(application_id)
    if application is None or application.status != "active":
        raise OAuthRefusal("invalid_grant", "The application is not active")
    if not state.access.is_installed(application_id, tenant_id):
        raise OAuthRefusal("invalid_grant", "The application is not installed in this tenant")


def _client_refusal(error: str, description: str) -> OAuthRefusal:
    return OAuthRefusal(error, description, status=contract.ASSUMED_CLIENT_ERROR_STATUS)
