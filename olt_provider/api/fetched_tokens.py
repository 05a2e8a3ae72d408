"""Tokens from the token endpoint, cached per tenant until they expire."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from pydantic import SecretStr

from olt_provider.api.errors import ApiError, ConfigurationError, OltError, TokenError
from olt_provider.api.identity import IdentityClient, IssuedToken
from olt_provider.api.ids import canonical_id
from olt_provider.api.options import Naming, as_parameter
from olt_provider.api.redaction import shown
from olt_provider.api.token_remedies import REFUSED_CLIENT, has_to_be_installed, token_remedy
from olt_provider.api.tokens import read_claims, require_refreshable

RENEWAL_MARGIN: Final = 60.0
"""Seconds before its expiry at which a token is replaced; at most 1/10 of its life."""


@dataclass(frozen=True)
class _Kept:
    token: str = field(repr=False)
    good_until: float


class FetchedTokens:
    """One cached token per tenant, fetched on first use, once for all threads.

    ``grant`` requests a token of a tenant. ``remedy`` returns what to do if that is refused.
    ``identity_url`` is the name of the parameter with the token endpoint's URL.
    """

    def __init__(
        self,
        grant: Callable[[str], IssuedToken],
        *,
        origin: str,
        remedy: Callable[[str, ApiError], str],
        identity_url: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._grant = grant
        self._identity_url = identity_url
        self._origin = origin
        self._remedy = remedy
        self._clock = clock
        self._lock = threading.Lock()
        self._fetching: dict[str, threading.Lock] = {}
        self._kept: dict[str, _Kept] = {}

    def token(self, tenant_id: str | None) -> str:
        """Return a valid token of the tenant. Raises ``TokenError`` if none can be fetched."""
        if tenant_id is None:
            raise TokenError(f"{self._origin} can be authenticated as several tenants: name one")
        tenant = canonical_id(tenant_id)
        with self._lock:
            fetching = self._fetching.setdefault(tenant, threading.Lock())
        with fetching:
            kept = self._kept.get(tenant)
            if kept is None or self._clock() >= kept.good_until:
                kept = self._kept[tenant] = self._fetch(tenant)
            return kept.token

    def renew(self, tenant_id: str | None, rejected: str) -> bool:
        """Drop a token that the platform rejected, so that the next call fetches another."""
        tenant = canonical_id(tenant_id or "")
        with self._lock:
            fetching = self._fetching.setdefault(tenant, threading.Lock())
        with fetching:
            kept = self._kept.get(tenant)
            if kept is not None and kept.token == rejected:
                del self._kept[tenant]
        return True

    def _fetch(self, tenant: str) -> _Kept:
        requested_at = self._clock()
        try:
            issued = self._grant(tenant)
        except ApiError as error:
            raise TokenError(f"{error}; {self._remedy(tenant, error)}") from None
        except OltError as error:
            raise TokenError(f"no token for tenant {tenant}: {error}") from None
        token = issued.access_token.get_secret_value()
        try:
            claims = read_claims(token, origin="it")
        except ConfigurationError:  # its remedies are for tokens that a user has set
            raise TokenError(
                f"{self._origin} yielded no access token of the OLT platform for tenant {tenant}; "
                f"check {self._identity_url}"
            ) from None
        if claims.tenant != tenant:
            raise TokenError(
                f"{self._origin} yielded a token of tenant {shown(claims.tenant, 60)} instead of "
                f"{tenant}, so they cannot be authenticated as {tenant}"
            )
        margin = min(RENEWAL_MARGIN, issued.expires_in / 10)
        return _Kept(token, requested_at + issued.expires_in - margin)


class ClientCredentials:
    """The client-credentials grant: a token of each tenant that has the application installed."""

    def __init__(
        self,
        identity: IdentityClient,
        client_id: str,
        client_secret: SecretStr,
        *,
        naming: Naming = as_parameter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._naming = naming
        self._tokens = FetchedTokens(
            lambda tenant: identity.client_credentials(client_id, client_secret, tenant_id=tenant),
            origin=f"the client credentials in {naming('client_id')} and {naming('client_secret')}",
            remedy=self._remedy,
            identity_url=naming("identity_url"),
            clock=clock,
        )
        self.token = self._tokens.token
        self.renew = self._tokens.renew

    def check(self, tenant_id: str | None) -> str | None:
        """Return nothing, because only a request shows whether they are valid."""
        return None

    def tenant(self) -> str | None:
        """``None``, because there may be tokens of several tenants."""
        return None

    def _remedy(self, tenant: str, error: ApiError) -> str:
        refused = has_to_be_installed(tenant)
        if error.error_code in REFUSED_CLIENT:
            fields = f"{self._naming('client_id')} and {self._naming('client_secret')}"
            refused = f"check {fields} (a new secret makes the one before it invalid); {refused}"
        return token_remedy(error, address=self._naming("identity_url"), refused=refused)


class RefreshToken:
    """The refresh-token grant: a token of each tenant of the user.

    If a response holds a newer refresh token, it replaces the old one, in this process only.
    """

    def __init__(
        self,
        identity: IdentityClient,
        refresh_token: SecretStr,
        client_id: str,
        client_secret: SecretStr | None,
        *,
        naming: Naming = as_parameter,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._identity = identity
        self._origin = f"the refresh token in {naming('refresh_token')}"
        self._refresh_token = refresh_token
        self._client_id = client_id
        self._client_secret = client_secret
        self._naming = naming
        self._now = now
        self._one_at_a_time = threading.Lock()
        self._tokens = FetchedTokens(
            self._refresh,
            origin=self._origin,
            remedy=self._remedy,
            identity_url=naming("identity_url"),
            clock=clock,
        )
        self.token = self._tokens.token
        self.renew = self._tokens.renew

    def _refresh(self, tenant: str) -> IssuedToken:
        with self._one_at_a_time:
            issued = self._identity.refresh(
                self._refresh_token,
                self._client_id,
                client_secret=self._client_secret,
                tenant_id=tenant,
            )
            if issued.refresh_token is not None:
                self._refresh_token = issued.refresh_token
        return issued

    def check(self, tenant_id: str | None) -> str | None:
        """Raise ``ConfigurationError`` if the refresh token's claims show that it has expired."""
        require_refreshable(self._refresh_token, origin=self._origin, now=self._now())
        return None

    def tenant(self) -> str | None:
        """``None``, because there may be tokens of several tenants."""
        return None

    def _remedy(self, tenant: str, error: ApiError) -> str:
        secret = ["client_secret"] if self._client_secret else []
        *first, last = map(self._naming, ["refresh_token", "client_id", *secret])
        refused = f"check {', '.join(first)} and {last}"
        if error.error_code == "invalid_grant":
            refused = (
                "the refresh token has expired (it lives 11 days), was revoked, may have been used "
                f"before where each can be used once, or its user lacks access to tenant {tenant}: "
                f"get a new one from the portal and set {self._naming('refresh_token')}"
            )
        return token_remedy(error, address=self._naming("identity_url"), refused=refused)
