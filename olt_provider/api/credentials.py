"""From a group of credentials to the one source of tokens that it describes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from pydantic import SecretStr

from olt_provider.api.errors import ConfigurationError
from olt_provider.api.fetched_tokens import ClientCredentials, RefreshToken
from olt_provider.api.identity import IdentityClient
from olt_provider.api.ids import segment
from olt_provider.api.redaction import remember
from olt_provider.api.tokens import ApiToken, TenantTokens, TokenSource
from olt_provider.setting_names import configured, variable

CREDENTIALS: Final = ("apiToken", "tenantTokens", "clientId", "clientSecret", "refreshToken")


NOT_SHOWN: Final = frozenset({"apiToken", "clientSecret", "refreshToken"})


class Source(NamedTuple):
    """The keys that make one source of tokens."""

    needed: frozenset[str]
    optional: frozenset[str] = frozenset()


SOURCES: Final = (
    Source(frozenset({"apiToken"})),
    Source(frozenset({"tenantTokens"})),
    Source(frozenset({"clientId", "clientSecret"})),
    Source(frozenset({"refreshToken", "clientId"}), frozenset({"clientSecret"})),
)


def token_source(
    credentials: Mapping[str, SecretStr], identity: IdentityClient, *, in_environment: bool
) -> TokenSource:
    """The source that ``credentials``, by their keys, describe; no call is made yet.

    Raises ``ConfigurationError`` if they are not exactly one source, or unreadable.
    """
    name = variable if in_environment else configured
    _require_one_source(frozenset(credentials), in_environment=in_environment)
    for key in NOT_SHOWN & credentials.keys():
        remember(credentials[key].get_secret_value())
    if "apiToken" in credentials:
        return ApiToken(credentials["apiToken"], origin=f"the API token in {name('apiToken')}")
    if "tenantTokens" in credentials:
        origin = name("tenantTokens")
        return TenantTokens(_by_tenant(credentials["tenantTokens"], origin), origin=origin)
    client_id = credentials["clientId"].get_secret_value()
    if "refreshToken" in credentials:
        return RefreshToken(
            identity,
            credentials["refreshToken"],
            client_id,
            credentials.get("clientSecret"),
            origin=f"the refresh token in {name('refreshToken')}",
            name=name,
        )
    return ClientCredentials(
        identity,
        client_id,
        credentials["clientSecret"],
        origin=f"the client credentials in {name('clientId')} and {name('clientSecret')}",
        name=name,
    )


def _require_one_source(present: frozenset[str], *, in_environment: bool) -> None:
    if any(source.needed <= present <= source.needed | source.optional for source in SOURCES):
        return
    if not present:
        raise ConfigurationError(
            f"no credentials: set the environment variable {variable('apiToken')}, or run `pulumi "
            f"config set --secret {configured('apiToken')}`; the API token is in the Developer "
            "Area of the OLT portal"
        )
    name = variable if in_environment else configured
    place = "the environment" if in_environment else "the configuration"
    said = f"the credentials in {place} are not exactly one source: {_list(present, name)} is set"
    missing = [source.needed - present for source in SOURCES if present <= source.needed]
    if missing:
        ways = " or ".join(_list(keys, name) for keys in missing)
        raise ConfigurationError(f"{said}, and {ways} is missing")
    sources = "; ".join(_list(source.needed, name) for source in SOURCES)
    raise ConfigurationError(f"{said}; set one of these and remove the rest: {sources}")


def _list(keys: frozenset[str], name: Callable[[str], str]) -> str:
    return " + ".join(name(key) for key in CREDENTIALS if key in keys)


def _by_tenant(value: SecretStr, origin: str) -> dict[str, SecretStr]:
    shape = (
        f'{origin} must be a JSON object of tenant ID -> token, such as {{"<tenant>": "<token>"}}'
    )
    try:
        tokens = json.loads(value.get_secret_value())
    except (ValueError, RecursionError):
        raise ConfigurationError(f"{shape}, but is not JSON") from None
    if not isinstance(tokens, dict) or not tokens:
        raise ConfigurationError(f"{shape}, but is not such an object")
    if not all(isinstance(token, str) and token for token in tokens.values()):
        raise ConfigurationError(f"{shape}, but a token is not text")
    for token in tokens.values():
        remember(token)
    try:
        return {segment(tenant, what="key"): SecretStr(token) for tenant, token in tokens.items()}
    except ConfigurationError:  # it quotes the key, which may be a token on the wrong side
        raise ConfigurationError(f"{shape}, but a tenant ID is not a UUID") from None
