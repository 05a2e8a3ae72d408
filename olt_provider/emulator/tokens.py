"""RS256 tokens with the claims of the platform's tokens."""

from __future__ import annotations

import base64
import functools
import hashlib
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from olt_provider.emulator import contract
from olt_provider.emulator.store.database import Database

ALGORITHM: Final = "RS256"
KEY_BITS: Final = 2048
CACHED_TOKENS: Final = 1024


class InvalidToken(Exception):  # noqa: N818 (a refusal, not a failure)
    """A token that is not accepted, for any reason."""


@functools.cache
def _key_of_this_process() -> rsa.RSAPrivateKey:
    # Generating a key is the slowest step of the start, so the emulators of a process share one.
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def signing_key(db: Database) -> rsa.RSAPrivateKey:
    """Return the key of a database, which is stored on the first call."""
    with db.transaction():
        row = db.row("SELECT pem FROM keys")
        if row is not None:
            stored = serialization.load_pem_private_key(row["pem"], password=None)
            if isinstance(stored, rsa.RSAPrivateKey):
                return stored
        key = _key_of_this_process()
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        db.change("INSERT INTO keys VALUES (?)", (pem,))
        return key


class Tokens:
    """Issues tokens and verifies them."""

    def __init__(self, key: rsa.RSAPrivateKey, issuer: str) -> None:
        self._key = key
        self._public = key.public_key()
        self.issuer = issuer
        der = self._public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.public_key = base64.b64encode(der).decode("ascii")
        """For the realm info: base64 of the DER form, no PEM armour."""
        digest = hashlib.sha256(der).digest()
        # Verifying takes most of the time of a simple request.
        self._decoded = functools.lru_cache(maxsize=CACHED_TOKENS)(self._decode)
        self._kid = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    def access(
        self,
        *,
        sub: str,
        client_id: str,
        tenant_id: str,
        session_id: str | None = None,
        lifetime: int = contract.ACCESS_LIFETIME,
        issued_at: int | None = None,
        address: str = "127.0.0.1",
        others: Mapping[str, Any] | None = None,
    ) -> str:
        """Issue an access token. ``others`` are claims to add or replace; None removes one."""
        claims = self._common(
            typ="Bearer",
            sub=sub,
            client_id=client_id,
            session_id=session_id,
            lifetime=lifetime,
            issued_at=issued_at,
        )
        claims |= {
            "acr": "1",
            "allowed-origins": ["*"],
            "clientId": client_id,
            "clientHost": address,
            "clientAddress": address,
            "tenant": tenant_id,
        }
        claims |= others or {}
        return self._signed({name: value for name, value in claims.items() if value is not None})

    def refresh(
        self,
        *,
        sub: str,
        client_id: str,
        session_id: str,
        lifetime: int = contract.REFRESH_LIFETIME,
        issued_at: int | None = None,
    ) -> str:
        """Issue a refresh token. It does not contain a tenant."""
        claims = self._common(
            typ="Refresh",
            sub=sub,
            client_id=client_id,
            session_id=session_id,
            lifetime=lifetime,
            issued_at=issued_at,
        )
        return self._signed(claims)

    def verified(self, token: str, typ: str) -> Mapping[str, Any]:
        """Return the claims of a token of this emulator and of that type, which is valid now.

        Raises ``InvalidToken`` for any other token.
        """
        try:
            claims = self._decoded(token)
        except (jwt.PyJWTError, ValueError):
            raise InvalidToken from None
        # Only the expiry can have changed since the last verification.
        if claims.get("typ") != typ or int(claims["exp"]) <= time.time():
            raise InvalidToken
        return claims

    def _decode(self, token: str) -> Mapping[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            self._public,
            algorithms=[ALGORITHM],
            issuer=self.issuer,
            options={"require": ["exp", "iat", "iss", "sub", "azp"], "verify_aud": False},
        )
        return claims

    def _common(
        self,
        *,
        typ: str,
        sub: str,
        client_id: str,
        session_id: str | None,
        lifetime: int,
        issued_at: int | None,
    ) -> dict[str, Any]:
        now = int(time.time()) if issued_at is None else issued_at
        return {
            "jti": str(uuid.uuid4()),
            "exp": now + lifetime,
            "nbf": 0,
            "iat": now,
            "iss": self.issuer,
            "aud": client_id,
            "sub": sub,
            "typ": typ,
            "azp": client_id,
            "auth_time": 0,
            "session_state": session_id or str(uuid.uuid4()),
            "resource_access": {},
            "scope": contract.SCOPE,
        }

    def _signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self._kid})
