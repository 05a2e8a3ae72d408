from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from pydantic import SecretStr

from olt_provider.api.errors import ConfigurationError, WrongTenantError
from olt_provider.api.tokens import (
    CLOCK_SKEW,
    SOON,
    ApiToken,
    Claims,
    TenantTokens,
    read_claims,
    require_refreshable,
    require_usable,
)
from tests.api.samples import NOW, OTHER_TENANT, TENANT, TOKEN, make_token

EXPIRES = NOW + 864000


def unsigned(payload: bytes) -> str:
    """A token with any payload: no library would issue most of them."""
    header = json.dumps({"alg": "RS256", "typ": "JWT"}).encode()
    return ".".join(
        urlsafe_b64encode(part).decode().rstrip("=") for part in (header, payload, b"x")
    )


def api_token(now: float = NOW, **claims: Any) -> ApiToken:
    return ApiToken(SecretStr(make_token(**claims)), origin="the token", clock=lambda: now)


# Reading


def test_a_token_shows_its_tenant_and_times() -> None:
    claims = read_claims(TOKEN, origin="the token")
    assert (claims.tenant, claims.expires_at, claims.issued_at) == (TENANT, EXPIRES, NOW)


def test_a_token_is_read_without_its_key() -> None:
    assert read_claims(TOKEN.rsplit(".", 1)[0] + ".AAAA", origin="it").tenant == TENANT


def test_an_expired_token_can_still_be_read() -> None:
    assert read_claims(make_token(exp=1), origin="it").expires_at == 1


def test_a_tenant_in_capitals_is_the_same_tenant() -> None:
    assert read_claims(make_token(tenant=TENANT.upper()), origin="it").tenant == TENANT


@pytest.mark.parametrize("nbf", [0, None, "soon", True])
def test_nbf_0_means_none(nbf: object) -> None:
    assert read_claims(make_token(nbf=nbf), origin="it").not_before is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "a.b",
        f"Bearer {TOKEN}",
        TOKEN[:40],
        TOKEN.split(".")[0],
        unsigned(b"[]"),
        unsigned(b'"x"'),
        unsigned(b"\xff"),
        unsigned(b"[" * 100_000),
        "caf\xe9.caf\xe9.caf\xe9",
        f"{TOKEN[:50]}\n{TOKEN[50:]}",
        f"{TOKEN[:50]} {TOKEN[50:]}",
        f"{TOKEN}\xe9",
    ],
)
def test_what_is_no_token_is_called_malformed(token: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^the token in X is malformed"):
        read_claims(token, origin="the token in X")


@pytest.mark.parametrize("tenant", [None, "", " ", 7, ["x"], "a\nb"])
def test_a_token_without_a_tenant_is_no_access_token(tenant: object) -> None:
    with pytest.raises(ConfigurationError, match=r'^the token has no "tenant" claim'):
        read_claims(make_token(tenant=tenant), origin="the token")


@pytest.mark.parametrize("exp", ["null", '"x"', "true", "NaN", "1" + "0" * 400, "Infinity"])
def test_a_token_without_an_expiry_is_no_access_token(exp: str) -> None:
    token = unsigned(f'{{"tenant": "{TENANT}", "exp": {exp}}}'.encode())
    with pytest.raises(ConfigurationError, match=r'^the token has no "exp" claim'):
        read_claims(token, origin="the token")


@pytest.mark.parametrize("nbf", ["1" + "0" * 400, "NaN"])
def test_a_senseless_time_means_none(nbf: str) -> None:
    token = unsigned(f'{{"tenant": "{TENANT}", "exp": 1, "nbf": {nbf}}}'.encode())
    assert read_claims(token, origin="the token").not_before is None


# Using


def claims(**changes: Any) -> Claims:
    values = {"tenant": TENANT, "expires_at": EXPIRES, "not_before": None, "issued_at": NOW}
    return Claims(**{**values, **changes})


def use(token: Claims, now: float, tenant_id: str | None = TENANT) -> None:
    require_usable(token, origin="the token", tenant_id=tenant_id, now=now)


@pytest.mark.parametrize("now", [NOW, EXPIRES, EXPIRES + CLOCK_SKEW])
def test_a_token_is_usable_until_a_minute_after_its_expiry(now: float) -> None:
    use(claims(), now)


def test_an_expired_token_is_reported_with_when_it_expired() -> None:
    with pytest.raises(ConfigurationError, match="expired at 2019-05-19T10:11:32Z, 2 days ago"):
        use(claims(), EXPIRES + 2 * 86400)


def test_a_token_is_expired_more_than_a_minute_after_its_expiry() -> None:
    with pytest.raises(ConfigurationError, match="1 minute ago"):
        use(claims(), EXPIRES + CLOCK_SKEW + 0.5)


@pytest.mark.parametrize(
    ("late", "message"),
    [(90, "1 minute"), (3 * 3600, "3 hours"), (86400, "1 day"), (11.9 * 86400, "11 days")],
)
def test_the_time_since_the_expiry_is_shown_in_the_largest_unit(late: float, message: str) -> None:
    with pytest.raises(ConfigurationError, match=f" {message} ago"):
        use(claims(), EXPIRES + late)


def test_a_token_is_usable_from_a_minute_before_its_start() -> None:
    use(claims(not_before=NOW), NOW - CLOCK_SKEW)


def test_a_token_that_is_not_yet_valid_is_reported_with_when_it_will_be() -> None:
    message = "not valid before 2019-05-09T10:11:32Z, 2 hours from now"
    with pytest.raises(ConfigurationError, match=message):
        use(claims(not_before=NOW), NOW - 7200)


def test_a_token_of_another_tenant_names_both() -> None:
    with pytest.raises(WrongTenantError, match=f"{TENANT}.*{OTHER_TENANT}"):
        use(claims(), NOW, OTHER_TENANT)


@pytest.mark.parametrize("token", [claims(expires_at=1.0), claims(not_before=EXPIRES)])
def test_the_wrong_tenant_is_reported_before_the_wrong_time(token: Claims) -> None:
    with pytest.raises(WrongTenantError):
        use(token, NOW, OTHER_TENANT)


def test_the_tenant_is_compared_without_regard_to_case() -> None:
    use(claims(), NOW, TENANT.upper())


def test_without_a_tenant_any_will_do() -> None:
    use(claims(), NOW, None)


@pytest.mark.parametrize("moment", [-1e300, 1e17 * -1])
def test_an_impossible_expiry_is_reported_as_such(moment: float) -> None:
    with pytest.raises(ConfigurationError, match="expired at an impossible time"):
        use(claims(expires_at=moment), NOW)


# The API token


def test_an_api_token_is_handed_out_for_its_tenant() -> None:
    assert api_token().token(TENANT) == TOKEN


def test_an_api_token_is_handed_out_where_no_tenant_is_named() -> None:
    assert api_token().token(None) == TOKEN


def test_an_api_token_acts_for_the_tenant_in_it() -> None:
    assert api_token().tenant() == TENANT


def test_an_api_token_cannot_be_renewed() -> None:
    assert not api_token().renew(TENANT, TOKEN)


def test_an_expired_api_token_is_not_handed_out() -> None:
    with pytest.raises(ConfigurationError, match="expired"):
        api_token(EXPIRES + 3600).token(TENANT)


def test_an_api_token_is_looked_at_each_time() -> None:
    now = [NOW]
    token = ApiToken(SecretStr(TOKEN), origin="the token", clock=lambda: now[0])
    token.token(TENANT)
    now[0] = EXPIRES + 3600
    with pytest.raises(ConfigurationError, match="expired"):
        token.token(TENANT)


def test_a_token_that_lives_long_enough_is_not_warned_of() -> None:
    assert api_token(EXPIRES - SOON - 1).check(TENANT) is None


def test_a_token_that_soon_expires_is_warned_of() -> None:
    warning = api_token(EXPIRES - 1800).check(TENANT)
    assert warning is not None
    assert "expires at 2019-05-19T10:11:32Z, 30 minutes from now" in warning


# A token per tenant


def tenant_tokens(*tenants: str) -> TenantTokens:
    tokens = {tenant: SecretStr(make_token(tenant=tenant.lower())) for tenant in tenants}
    return TenantTokens(tokens, origin="olt:tenantTokens", clock=lambda: NOW)


def test_each_tenant_gets_its_own_token() -> None:
    source = tenant_tokens(TENANT, OTHER_TENANT)
    assert read_claims(source.token(OTHER_TENANT), origin="it").tenant == OTHER_TENANT


def test_tenants_are_found_without_regard_to_case() -> None:
    assert tenant_tokens(TENANT.upper()).token(TENANT) == TOKEN


def test_a_tenant_without_a_token_is_reported_with_those_that_have_one() -> None:
    with pytest.raises(ConfigurationError, match=f"no token of tenant {OTHER_TENANT}.*{TENANT}"):
        tenant_tokens(TENANT).token(OTHER_TENANT)


def test_a_token_under_another_tenants_id_is_refused() -> None:
    source = TenantTokens(
        {OTHER_TENANT: SecretStr(TOKEN)}, origin="olt:tenantTokens", clock=lambda: NOW
    )
    with pytest.raises(WrongTenantError, match=f"token of tenant {OTHER_TENANT} in olt:tenant"):
        source.check(OTHER_TENANT)


@pytest.mark.parametrize(("tenants", "only"), [((TENANT,), TENANT), ((TENANT, OTHER_TENANT), None)])
def test_only_a_single_token_determines_the_tenant(
    tenants: tuple[str, ...], only: str | None
) -> None:
    assert tenant_tokens(*tenants).tenant() == only


def test_with_several_tokens_the_tenant_has_to_be_named() -> None:
    source = tenant_tokens(TENANT, OTHER_TENANT)
    with pytest.raises(ConfigurationError, match="several tenants: name one"):
        source.token(None)


def test_tenant_that_is_not_known_yet_is_not_refused() -> None:
    assert tenant_tokens(TENANT, OTHER_TENANT).check(None) is None


# A refresh token


def refreshable(token: str, now: float = NOW) -> None:
    require_refreshable(SecretStr(token), origin="the refresh token", now=now)


@pytest.mark.parametrize("token", ["opaque", "", make_token(exp=None), make_token(tenant=None)])
def test_a_refresh_token_without_an_expiry_may_be_used(token: str) -> None:
    refreshable(token)


def test_an_expired_refresh_token_is_not_used() -> None:
    with pytest.raises(ConfigurationError, match=r"the refresh token expired at 2019.*1 day ago"):
        refreshable(make_token(), EXPIRES + 86400)


@pytest.mark.parametrize("exp", ["NaN", "1" + "0" * 400])
def test_a_refresh_token_with_a_senseless_expiry_may_be_used(exp: str) -> None:
    refreshable(unsigned(f'{{"exp": {exp}}}'.encode()))
