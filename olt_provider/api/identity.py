"""The token endpoint of the identity server, a Keycloak with the realm ``olt``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, FiniteFloat, SecretStr

from olt_provider.api.ids import segment
from olt_provider.api.model import parse
from olt_provider.api.redaction import SECRET_FIELDS, remember
from olt_provider.api.request import Request
from olt_provider.api.transport import Transport

REALM = "/id/auth/realms/olt"
TOKEN = f"{REALM}/protocol/openid-connect/token"


class IssuedToken(BaseModel):
    """The response of the token endpoint. OAuth names are in snake_case on the wire too.

    ``expires_in`` and ``refresh_expires_in`` are in seconds from now.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    access_token: SecretStr
    expires_in: FiniteFloat
    refresh_token: SecretStr | None = None
    refresh_expires_in: FiniteFloat | None = None
    token_type: str = "bearer"  # noqa: S105 - the name of a kind, not a secret
    scope: str = ""


class RealmInfo(BaseModel):
    """The realm's public key for RS256 tokens, as base64 DER without PEM armour."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    public_key: str


class IdentityClient:
    """Requests tokens. ``ApiError.error_code`` is the OAuth error, such as ``invalid_client``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def client_credentials(
        self, client_id: str, client_secret: SecretStr, *, tenant_id: str
    ) -> IssuedToken:
        """Request a token of a tenant that has the application installed (``client_credentials``).

        Raises ``ApiError`` if the request is refused, ``RequestError`` if no usable response
        arrives and ``ConfigurationError`` if ``tenant_id`` is not a UUID.
        """
        return self._grant(
            {
                "grant_type": "client_credentials",
                "client_id": client_id,
                "client_secret": client_secret.get_secret_value(),
            },
            tenant_id,
        )

    def refresh(
        self,
        refresh_token: SecretStr,
        client_id: str,
        *,
        client_secret: SecretStr | None = None,
        tenant_id: str | None = None,
    ) -> IssuedToken:
        """Request a token of ``tenant_id``, or of the same tenant as before (``refresh_token``).

        ``client_secret`` is for confidential clients. Raises ``ApiError`` if the request is refused
        and ``RequestError`` if no usable response arrives.
        """
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token.get_secret_value(),
            "client_id": client_id,
        }
        if client_secret is not None:
            form["client_secret"] = client_secret.get_secret_value()
        return self._grant(form, tenant_id)

    def realm(self) -> RealmInfo:
        """Read the realm and its public key: ``GET``."""
        response = self._transport.send(Request("GET", REALM))
        return parse(RealmInfo, response, source=f"GET {REALM}")

    def _grant(self, form: dict[str, str], tenant_id: str | None) -> IssuedToken:
        headers = {}
        if tenant_id is not None:
            headers["tenant"] = segment(tenant_id, what="tenant ID")
        for key in SECRET_FIELDS & form.keys():
            remember(form[key])
        response = self._transport.send(
            Request("POST", TOKEN, tenant=tenant_id, form=form, headers=headers)
        )
        return parse(IssuedToken, response, source=f"POST {TOKEN}")
