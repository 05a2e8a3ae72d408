"""Access tokens: their claims, and the sources that they come from.

The platform takes the tenant of a call from its token, so every call names a tenant and gets that
tenant's token from a ``TokenSource``. Claims are read without verification: the platform decides
whether a token is accepted.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from typing import Protocol

from pydantic import SecretStr

from olt_provider.api.errors import ConfigurationError, WrongTenantError
from olt_provider.api.ids import canonical_id

CLOCK_SKEW = 60.0
"""The tolerated difference between this machine's clock and the platform's, in seconds."""


SOON = 3600.0
"""Seconds before a token's expiry from which on a warning is shown."""


class Claims:
    """The claims of an access token: its tenant, and when it is valid (seconds since 1970, UTC).

    ``not_before`` and ``issued_at`` are ``None`` if the token has no such claim. The platform's own
    tokens have ``nbf: 0``, which means the same.
    """

    def __init__(
        self, tenant: str, expires_at: float, not_before: float | None, issued_at: float | None
    ) -> None:
        self.tenant = tenant
        self.expires_at = expires_at
        self.not_before = not_before
        self.issued_at = issued_at


def read_claims(token: str, *, origin: str) -> Claims:
    """Read the claims of an access token, unverified. ``origin`` names the token in errors.

    Raises ``ConfigurationError`` if it is not a JWT with a ``tenant`` and an ``exp`` claim.
    """
    import jwt  # imported here, because most operations read no token

    try:
        # PyJWT before 2.13 accepts any character at the end
        payload = jwt.decode(token.encode("ascii"), options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise ConfigurationError(
            f"{origin} is malformed: it is not a JSON Web Token; copy the API token again from the "
            "Developer Area of the OLT portal"
        ) from None
    tenant, expires_at = payload.get("tenant"), _moment(payload.get("exp"))
    if not isinstance(tenant, str) or not tenant.strip() or not tenant.isprintable():
        raise ConfigurationError(
            f'{origin} has no "tenant" claim, so it is not an access token of the OLT platform '
            "(a refresh token has none)"
        )
    if expires_at is None:
        raise ConfigurationError(f'{origin} has no "exp" claim, so it is not an OLT access token')
    return Claims(
        canonical_id(tenant),
        expires_at,
        _moment(payload.get("nbf")),
        _moment(payload.get("iat")),
    )


def _moment(value: object) -> float | None:
    """Return a time claim; ``None`` if it is missing or no time: text, NaN, out of range."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value == 0:
        return None
    with suppress(OverflowError):
        moment = float(value)
        return moment if math.isfinite(moment) else None
    return None


def require_usable(claims: Claims, *, origin: str, tenant_id: str | None, now: float) -> None:
    """Raise if a token is of another tenant (``WrongTenantError``), expired or not yet valid.

    A clock that is off by up to ``CLOCK_SKEW`` is tolerated. ``tenant_id`` ``None``: any tenant.
    """
    if tenant_id is not None and claims.tenant != canonical_id(tenant_id):
        raise WrongTenantError(
            f"{origin} is of tenant {claims.tenant}, but this resource belongs to tenant "
            f"{canonical_id(tenant_id)}; set the credentials of that tenant"
        )
    if now > claims.expires_at + CLOCK_SKEW:
        raise ConfigurationError(
            f"{origin} for tenant {claims.tenant} expired at {utc(claims.expires_at)}, "
            f"{_duration(now - claims.expires_at)} ago{_age(claims, now)}; set a new one (an API "
            "token lives 10 days)"
        )
    if claims.not_before is not None and now < claims.not_before - CLOCK_SKEW:
        raise ConfigurationError(
            f"{origin} for tenant {claims.tenant} is not valid before {utc(claims.not_before)}, "
            f"{_duration(claims.not_before - now)} from now; check this machine's clock"
        )


def _age(claims: Claims, now: float) -> str:
    if claims.issued_at is None:
        return ""
    return f" (it was issued {_duration(now - claims.issued_at)} ago)"


def utc(moment: float) -> str:
    """Format seconds since 1970."""
    try:
        text = datetime.fromtimestamp(moment, tz=timezone.utc).isoformat(timespec="seconds")
    except (OverflowError, OSError, ValueError):
        return "an impossible time"
    return text.replace("+00:00", "Z")


def _duration(seconds: float) -> str:
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return "less than a minute"


def require_refreshable(token: SecretStr, *, origin: str, now: float) -> None:
    """Raise ``ConfigurationError`` if the claims of a refresh token show that it has expired.

    An opaque token passes: only the token endpoint can decide.
    """
    expires_at = refresh_expiry(token)
    if expires_at is not None and now > expires_at + CLOCK_SKEW:
        raise ConfigurationError(
            f"{origin} expired at {utc(expires_at)}, {_duration(now - expires_at)} ago: get a new "
            "one from the portal (a refresh token lives 11 days)"
        )


def refresh_expiry(token: SecretStr) -> float | None:
    """The expiry of a refresh token, in seconds since 1970; ``None`` if opaque or unlimited."""
    import jwt

    try:
        payload = jwt.decode(token.get_secret_value(), options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    return _moment(payload.get("exp"))


class TokenSource(Protocol):
    """A source of tokens, one per tenant."""

    def token(self, tenant_id: str | None) -> str:
        """Return a usable access token of ``tenant_id`` (``None``: of the source's only tenant).

        Raises ``ConfigurationError``, which names the setting to change, if there is none, and
        ``TokenError`` if none could be fetched.
        """

    def renew(self, tenant_id: str | None, rejected: str) -> bool:
        """Whether another token can be had than the one that the platform ``rejected``."""

    def check(self, tenant_id: str | None) -> str | None:
        """Raise the errors of ``token`` that can be detected without a request.

        ``tenant_id`` ``None``: it is not known yet. Returns a warning if there is one, such as a
        token that expires soon.
        """

    def tenant(self) -> str | None:
        """The only tenant of this source, or ``None`` if it may have tokens of several."""


class ApiToken:
    """The portal's API token: one token, of the tenant in its ``tenant`` claim."""

    def __init__(
        self, token: SecretStr, *, origin: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._token = token
        self._origin = origin
        self._clock = clock
        self._claims: Claims | None = None

    def _read(self) -> Claims:
        if self._claims is None:
            self._claims = read_claims(self._token.get_secret_value(), origin=self._origin)
        return self._claims

    def tenant(self) -> str | None:
        return self._read().tenant

    def check(self, tenant_id: str | None) -> str | None:
        claims, now = self._read(), self._clock()
        require_usable(claims, origin=self._origin, tenant_id=tenant_id, now=now)
        if claims.expires_at - now > SOON:
            return None
        return (
            f"{self._origin} for tenant {claims.tenant} expires at {utc(claims.expires_at)}, "
            f"{_duration(claims.expires_at - now)} from now: set a new one"
        )

    def renew(self, tenant_id: str | None, rejected: str) -> bool:
        return False

    def token(self, tenant_id: str | None) -> str:
        self.check(tenant_id)
        return self._token.get_secret_value()


class TenantTokens:
    """One API token per tenant. Each must belong to the tenant under whose ID it is set."""

    def __init__(
        self,
        tokens: Mapping[str, SecretStr],
        *,
        origin: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._origin = origin
        self._tokens = {
            canonical_id(tenant): ApiToken(
                token, origin=f"the token of tenant {canonical_id(tenant)} in {origin}", clock=clock
            )
            for tenant, token in tokens.items()
        }

    def tenant(self) -> str | None:
        """The tenant of the only token, else ``None``."""
        return next(iter(self._tokens)) if len(self._tokens) == 1 else None

    def _of(self, tenant_id: str | None) -> tuple[ApiToken, str]:
        tenant = canonical_id(tenant_id) if tenant_id else self.tenant()
        if tenant is None:
            raise ConfigurationError(f"{self._origin} has tokens of several tenants: name one")
        if tenant not in self._tokens:
            raise ConfigurationError(
                f"{self._origin} has no token of tenant {tenant}, only of "
                f"{', '.join(sorted(self._tokens))}"
            )
        return self._tokens[tenant], tenant

    def check(self, tenant_id: str | None) -> str | None:
        if tenant_id is None and self.tenant() is None:
            return None  # the tenant, and so the token, is not known yet
        token, tenant = self._of(tenant_id)
        return token.check(tenant)

    def token(self, tenant_id: str | None) -> str:
        token, tenant = self._of(tenant_id)
        return token.token(tenant)

    def renew(self, tenant_id: str | None, rejected: str) -> bool:
        return False
