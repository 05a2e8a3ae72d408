"""Select the token source for a client's credentials."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from pydantic import SecretStr

from olt_provider.api.errors import ConfigurationError
from olt_provider.api.fetched_tokens import ClientCredentials, RefreshToken
from olt_provider.api.identity import IdentityClient
from olt_provider.api.ids import segment
from olt_provider.api.options import Naming, as_parameter
from olt_provider.api.redaction import remember
from olt_provider.api.tokens import ApiToken, TenantTokens, TokenSource

FIELDS: Final = ("api_token", "tenant_tokens", "client_id", "client_secret", "refresh_token")
SINGLE_SECRETS: Final = ("api_token", "client_secret", "refresh_token")


class Source(NamedTuple):
    """The fields of one kind of token source."""

    needed: frozenset[str]
    optional: frozenset[str] = frozenset()


SOURCES: Final = (
    Source(frozenset({"api_token"})),
    Source(frozenset({"tenant_tokens"})),
    Source(frozenset({"client_id", "client_secret"})),
    Source(frozenset({"refresh_token", "client_id"}), frozenset({"client_secret"})),
)


@dataclass(frozen=True)
class Credentials:
    """The credentials of a client, of which exactly one token source is set."""

    api_token: str | None = field(default=None, repr=False)
    tenant_tokens: Mapping[str, object] | None = field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)

    def token_source(self, identity: IdentityClient, naming: Naming = as_parameter) -> TokenSource:
        """Return the token source. Makes no API calls.

        Raises ``ConfigurationError`` if the fields are not those of exactly one source, or are
        unreadable.
        """
        _require_one_source([each for each in FIELDS if getattr(self, each)], naming)
        for each in SINGLE_SECRETS:
            remember(getattr(self, each))
        if self.api_token:
            token = SecretStr(self.api_token)
            return ApiToken(token, origin=f"the API token in {naming('api_token')}")
        if self.tenant_tokens:
            origin = naming("tenant_tokens")
            return TenantTokens(_by_tenant(self.tenant_tokens, origin), origin=origin)
        client_id = self.client_id or ""
        secret = SecretStr(self.client_secret) if self.client_secret else None
        if self.refresh_token:
            return RefreshToken(
                identity, SecretStr(self.refresh_token), client_id, secret, naming=naming
            )
        return ClientCredentials(identity, client_id, secret or SecretStr(""), naming=naming)


def _require_one_source(present: Sequence[str], naming: Naming) -> None:
    given = frozenset(present)
    if any(source.needed <= given <= source.needed | source.optional for source in SOURCES):
        return
    sources = "; ".join(_list(source.needed, naming) for source in SOURCES)
    if not given:
        raise ConfigurationError(f"no credentials: set one of these: {sources}", field="api_token")
    problem = f"the credentials are not exactly one source: {_list(given, naming)} is set"
    missing = [source.needed - given for source in SOURCES if given <= source.needed]
    if missing:
        ways = " or ".join(_list(fields, naming) for fields in missing)
        (first, *_) = missing[0]
        raise ConfigurationError(f"{problem}, and {ways} is missing", field=first)
    raise ConfigurationError(
        f"{problem}; set one of these and remove the rest: {sources}", field=present[0]
    )


def _list(fields: Collection[str], naming: Naming) -> str:
    return " + ".join(naming(each) for each in FIELDS if each in fields)


def _by_tenant(values: Mapping[str, object], origin: str) -> dict[str, SecretStr]:
    tokens = {key: value for key, value in values.items() if isinstance(value, str) and value}
    if len(tokens) < len(values):
        raise ConfigurationError(
            f"{origin} must map tenant IDs to tokens, but a token is not text",
            field="tenant_tokens",
        )
    for token in tokens.values():
        remember(token)
    try:
        return {segment(tenant, what="key"): SecretStr(token) for tenant, token in tokens.items()}
    except ConfigurationError:  # it quotes the key, which may be a token on the wrong side
        raise ConfigurationError(
            f"{origin} must map tenant IDs to tokens, but a tenant ID is not a UUID",
            field="tenant_tokens",
        ) from None
