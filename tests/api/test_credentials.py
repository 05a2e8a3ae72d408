from __future__ import annotations

import itertools
from typing import Any

import pytest

from olt_provider.api.credentials import FIELDS, Credentials
from olt_provider.api.errors import ConfigurationError
from olt_provider.api.fetched_tokens import ClientCredentials, RefreshToken
from olt_provider.api.identity import IdentityClient
from olt_provider.api.tokens import ApiToken, TenantTokens, TokenSource
from tests.api.samples import CLIENT, OTHER_TENANT, SECRET, TENANT, make_token

VALUES: dict[str, Any] = {
    "api_token": make_token(),
    "tenant_tokens": {TENANT: make_token()},
    "client_id": CLIENT,
    "client_secret": SECRET,
    "refresh_token": "refresh-token",
}
SOURCES: dict[tuple[str, ...], type] = {
    ("api_token",): ApiToken,
    ("tenant_tokens",): TenantTokens,
    ("client_id", "client_secret"): ClientCredentials,
    ("client_id", "refresh_token"): RefreshToken,
    ("client_id", "client_secret", "refresh_token"): RefreshToken,
}
OTHERS = [
    fields
    for size in range(1, len(FIELDS) + 1)
    for fields in itertools.combinations(FIELDS, size)
    if fields not in SOURCES
]


def source(identity: IdentityClient, *fields: str, **values: Any) -> TokenSource:
    return Credentials(**{field: VALUES[field] for field in fields}, **values).token_source(
        identity
    )


@pytest.mark.parametrize(("fields", "kind"), SOURCES.items())
def test_the_fields_choose_the_source(
    identity: IdentityClient, fields: tuple[str, ...], kind: type
) -> None:
    assert isinstance(source(identity, *fields), kind)


@pytest.mark.parametrize("fields", OTHERS)
def test_anything_else_is_not_one_source(identity: IdentityClient, fields: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError, match="not exactly one source") as caught:
        source(identity, *fields)
    assert f": {' + '.join(fields)} is set" in str(caught.value)
    assert caught.value.field in FIELDS


@pytest.mark.parametrize(
    ("field", "missing"),
    [
        ("client_id", "client_secret or refresh_token is missing"),
        ("client_secret", "client_id is missing"),
        ("refresh_token", "client_id is missing"),
    ],
)
def test_what_half_a_source_lacks_is_named(
    identity: IdentityClient, field: str, missing: str
) -> None:
    with pytest.raises(ConfigurationError, match=f", and {missing}$") as caught:
        source(identity, field)
    assert str(caught.value.field) in missing


def test_without_credentials_the_sources_are_listed(identity: IdentityClient) -> None:
    with pytest.raises(ConfigurationError, match=r"^no credentials: set one of these: api_token; "):
        source(identity)


@pytest.mark.parametrize("fields", OTHERS)
def test_no_credential_is_shown(identity: IdentityClient, fields: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        source(identity, *fields)
    message = str(caught.value)
    assert [field for field in fields if str(VALUES[field]) in message] == []
    assert make_token() not in message


def test_a_bad_token_is_named_by_its_field(identity: IdentityClient) -> None:
    with pytest.raises(ConfigurationError, match=r"^the API token in api_token is malformed"):
        source(identity, api_token="x").check(TENANT)


def test_each_tenant_has_its_token(identity: IdentityClient) -> None:
    tokens = {tenant: make_token(tenant=tenant) for tenant in (TENANT, OTHER_TENANT)}
    made = source(identity, tenant_tokens=tokens)
    with pytest.raises(ConfigurationError, match=f"of tenant {OTHER_TENANT} .*expired"):
        made.token(OTHER_TENANT)


@pytest.mark.parametrize(
    "value",
    [{TENANT: 7}, {TENANT: ""}, {TENANT: None}, {"hunter2": "x"}, {"": "x"}, {"a\nb": "x"}],
)
def test_tokens_per_tenant_of_a_wrong_shape_are_an_error_with_the_right_one(
    identity: IdentityClient, value: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError, match=r"^tenant_tokens must map tenant IDs") as caught:
        source(identity, tenant_tokens=value)
    assert caught.value.field == "tenant_tokens"
    assert "hunter2" not in str(caught.value)


def test_credentials_do_not_show_secrets() -> None:
    shown = repr(Credentials(**VALUES))
    assert [value for value in (make_token(), SECRET, "refresh-token") if value in shown] == []
