"""Tokens as the identity server issues them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, FiniteFloat, SecretStr


class IssuedToken(BaseModel):
    """The answer of the token endpoint. OAuth spells its names in snake_case on the wire too.

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
    """The realm's public key: base64 DER without PEM armour. Tokens are RS256."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    public_key: str
