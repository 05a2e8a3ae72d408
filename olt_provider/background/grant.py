"""The client-credentials grant: Authlib makes its request, our transport carries it."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

import requests
from pydantic import SecretStr
from requests.adapters import BaseAdapter

from olt_provider.api.errors import ApiError, ConfigurationError, RequestError
from olt_provider.api.identity.client import TOKEN
from olt_provider.api.identity.domain import IssuedToken
from olt_provider.api.model import parse
from olt_provider.api.request import Request
from olt_provider.api.transport import Transport


class ClientCredentialsGrant:
    """Fetches tokens of tenants that have the application installed."""

    def __init__(self, transport: Transport, client_id: str, client_secret: SecretStr) -> None:
        self._transport = transport
        self._client_id = client_id
        self._client_secret = client_secret

    def __call__(self, tenant: str) -> IssuedToken:
        """``POST`` of the token endpoint with the ``tenant`` header.

        Raises ``ApiError`` for a refusal, ``RequestError`` for an unusable answer and
        ``ConfigurationError`` where Authlib is not installed.
        """
        try:
            from authlib.common.errors import AuthlibBaseError
            from authlib.integrations.requests_client import OAuth2Session
        except ImportError:
            raise ConfigurationError(
                "Authlib is missing: run `pip install 'pulumi-olt[background]'`"
            ) from None
        with OAuth2Session(
            self._client_id,
            self._client_secret.get_secret_value(),
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the name of a method
        ) as oauth:
            oauth.mount(self._transport.base_url, _Carrier(self._transport))
            try:
                token = oauth.fetch_token(
                    f"{self._transport.base_url}{TOKEN}",
                    grant_type="client_credentials",
                    headers={"tenant": tenant},
                )
            except (AuthlibBaseError, ValueError, TypeError, OverflowError):
                raise RequestError(
                    f"POST {TOKEN}: the answer is no token", sent=True, temporary=False
                ) from None
        return parse(IssuedToken, dict(token), source=f"POST {TOKEN}")


class _Carrier(BaseAdapter):
    """So that the request is repeated, limited and refused as all others are."""

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self._transport = transport

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        tenant = request.headers["tenant"]
        body = request.body or ""
        text = body.decode() if isinstance(body, bytes) else body
        form = dict(parse_qsl(text, keep_blank_values=True))
        answer = self._transport.send(
            Request("POST", TOKEN, tenant=tenant, form=form, headers={"tenant": tenant})
        )
        response = requests.Response()
        response.request = request
        response.status_code = 200
        response.raw = BytesIO(json.dumps(answer).encode())
        return response

    def close(self) -> None:
        """The transport is not ours to close."""


def remedy(tenant: str, error: ApiError) -> str:
    """What to do about a refusal of the token endpoint."""
    if error.error_code in {"invalid_client", "unauthorized_client"}:
        return "check client_id and client_secret (a new secret makes the one before it invalid)"
    if not error.from_platform:
        return "check environment or identity_url"
    return has_to_be_installed(tenant)


def has_to_be_installed(tenant: str) -> str:
    """What to do about a refusal where the credentials are right."""
    return f"the application has to be active, and installed in tenant {tenant}"
