from __future__ import annotations

import itertools
import json

import pytest
from pydantic import SecretStr

from olt_provider.api.credentials import CREDENTIALS, token_source
from olt_provider.api.errors import ConfigurationError
from olt_provider.api.fetched_tokens import ClientCredentials, RefreshToken
from olt_provider.api.identity import IdentityClient
from olt_provider.api.tokens import ApiToken, TenantTokens, TokenSource
from olt_provider.setting_names import configured, variable
from tests.api.samples import CLIENT, OTHER_TENANT, SECRET, TENANT, make_token

VALUES = {
    "apiToken": make_token(),
    "tenantTokens": json.dumps({TENANT: make_token()}),
    "clientId": CLIENT,
    "clientSecret": SECRET,
    "refreshToken": "refresh-token",
}
SOURCES: dict[tuple[str, ...], type] = {
    ("apiToken",): ApiToken,
    ("tenantTokens",): TenantTokens,
    ("clientId", "clientSecret"): ClientCredentials,
    ("clientId", "refreshToken"): RefreshToken,
    ("clientId", "clientSecret", "refreshToken"): RefreshToken,
}
OTHERS = [
    keys
    for size in range(1, len(CREDENTIALS) + 1)
    for keys in itertools.combinations(CREDENTIALS, size)
    if keys not in SOURCES
]
HALVES = [("clientId",), ("clientSecret",), ("refreshToken",)]


def source(
    identity: IdentityClient, *keys: str, in_environment: bool = False, **values: str
) -> TokenSource:
    credentials = {key: VALUES[key] for key in keys} | values
    secret = {key: SecretStr(value) for key, value in credentials.items()}
    return token_source(secret, identity, in_environment=in_environment)


@pytest.mark.parametrize(("keys", "kind"), SOURCES.items())
def test_the_keys_choose_the_source(
    identity: IdentityClient, keys: tuple[str, ...], kind: type
) -> None:
    assert isinstance(source(identity, *keys), kind)


@pytest.mark.parametrize("keys", OTHERS)
def test_anything_else_is_not_one_source(identity: IdentityClient, keys: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError, match="not exactly one source"):
        source(identity, *keys)


@pytest.mark.parametrize("keys", OTHERS)
@pytest.mark.parametrize("in_environment", [True, False])
def test_the_keys_that_are_present_are_named_as_they_were_set(
    identity: IdentityClient, keys: tuple[str, ...], in_environment: bool
) -> None:
    name = variable if in_environment else configured
    with pytest.raises(ConfigurationError) as caught:
        source(identity, *keys, in_environment=in_environment)
    assert f": {' + '.join(name(key) for key in keys)} is set" in str(caught.value)


@pytest.mark.parametrize(
    ("key", "missing"),
    [
        ("clientId", "olt:clientSecret or olt:refreshToken is missing"),
        ("clientSecret", "olt:clientId is missing"),
        ("refreshToken", "olt:clientId is missing"),
    ],
)
def test_what_half_a_source_lacks_is_named(
    identity: IdentityClient, key: str, missing: str
) -> None:
    with pytest.raises(ConfigurationError, match=f", and {missing}$"):
        source(identity, key)


def test_without_credentials_the_way_to_set_them_is_told(identity: IdentityClient) -> None:
    said = "OLT_API_TOKEN.*pulumi config set --secret olt:apiToken"
    with pytest.raises(ConfigurationError, match=f"^no credentials: .*{said}"):
        source(identity)


@pytest.mark.parametrize("keys", OTHERS)
def test_no_credential_is_shown(identity: IdentityClient, keys: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        source(identity, *keys)
    assert [key for key in keys if VALUES[key] in str(caught.value)] == []


@pytest.mark.parametrize(
    ("in_environment", "name"), [(True, "OLT_API_TOKEN"), (False, "olt:apiToken")]
)
def test_a_bad_token_is_named_by_where_it_was_set(
    identity: IdentityClient, in_environment: bool, name: str
) -> None:
    bad = source(identity, apiToken="x", in_environment=in_environment)
    with pytest.raises(ConfigurationError, match=f"^the API token in {name} is malformed"):
        bad.check(TENANT)


def test_tokens_per_tenant_are_read_from_json(identity: IdentityClient) -> None:
    tokens = {tenant: make_token(tenant=tenant) for tenant in (TENANT, OTHER_TENANT)}
    made = source(identity, tenantTokens=json.dumps(tokens))
    with pytest.raises(ConfigurationError, match=f"of tenant {OTHER_TENANT} .*expired"):
        made.token(OTHER_TENANT)


@pytest.mark.parametrize(
    "value",
    [
        "hunter2",
        "[",
        "[" * 100_000,
        "[]",
        '"hunter2"',
        "{}",
        f'{{"{TENANT}": 7}}',
        f'{{"{TENANT}": ""}}',
        f'{{"{TENANT}": null}}',
        '{"hunter2": "x"}',
        '{"": "x"}',
        '{"a\\nb": "x"}',
    ],
)
@pytest.mark.parametrize(
    ("in_environment", "name"), [(True, "OLT_TENANT_TOKENS"), (False, "olt:tenantTokens")]
)
def test_tokens_per_tenant_of_a_wrong_shape_are_told_the_right_one(
    identity: IdentityClient, value: str, in_environment: bool, name: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name} must be a JSON object") as caught:
        source(identity, tenantTokens=value, in_environment=in_environment)
    assert "hunter2" not in str(caught.value)
