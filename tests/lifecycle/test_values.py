from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from olt_provider.lifecycle import values
from olt_provider.lifecycle.values import UNKNOWN, InvalidError

A = "11111111-1111-4111-8111-111111111111"
B = "22222222-2222-4222-8222-222222222222"


@pytest.mark.parametrize(
    ("rule", "value", "kept"),
    [
        (values.uuid, A.upper(), A),
        (values.name, "Sample Application", "Sample Application"),
        (values.text, "", ""),
        (values.flag, False, False),
        (values.status, "inactive", "inactive"),
        (values.absolute_url, "https://example.com/app?x=1", "https://example.com/app?x=1"),
        (values.redirect_uris, ["https://b", "https://a", "https://b"], ["https://a", "https://b"]),
        (values.redirect_uris, ["com.example.app:/callback"], ["com.example.app:/callback"]),
        (values.allowed_tenants, {B.upper(): None, A: "first"}, {A: "first", B: ""}),
        (values.allowed_tenants, {}, {}),
        (values.allowed_tenants, {A: UNKNOWN}, {A: UNKNOWN}),
        (values.mapping, {"a": 1}, {"a": 1}),
    ],
)
def test_an_allowed_value_is_kept_in_one_form(
    rule: Callable[[Any], Any], value: Any, kept: Any
) -> None:
    assert rule(value) == kept


@pytest.mark.parametrize(
    ("rule", "value", "said"),
    [
        (values.uuid, "app-1", "write a UUID"),
        (values.uuid, 7, "must be text"),
        (values.name, "  ", "must not be empty"),
        (values.text, 7, "must be text, but is a int"),
        (values.flag, "yes", "true or false"),
        (values.status, "paused", "one of active, inactive"),
        (values.absolute_url, "example.com/app", "with scheme and host"),
        (values.absolute_url, "", "leave it out for none"),
        (values.absolute_url, "https://", "with scheme and host"),
        (values.absolute_url, "https://a b", "with scheme and host"),
        (values.absolute_url, "https://[", "with scheme and host"),
        (values.redirect_uris, ["https://*.example.com"], "list each URI in full"),
        (values.redirect_uris, ["/callback"], "with its scheme"),
        (values.redirect_uris, "https://a", "must be a list"),
        (values.allowed_tenants, {"x": ""}, "write a UUID"),
        (values.allowed_tenants, {A: 7}, "the comment of tenant"),
        (values.allowed_tenants, [A, {"tenant_id": A, "comment": "x"}], "list each tenant once"),
        (values.allowed_tenants, 7, "must map tenant IDs"),
        (values.mapping, "x", "must be a mapping"),
    ],
)
def test_a_value_that_is_not_allowed_is_told_what_is(
    rule: Callable[[Any], Any], value: Any, said: str
) -> None:
    with pytest.raises(InvalidError, match=said):
        rule(value)


def test_the_same_tenant_in_two_spellings_is_listed_twice() -> None:
    tenant = "abcdefab-1111-4111-8111-111111111111"
    with pytest.raises(InvalidError, match=f"tenant {tenant} is listed twice"):
        values.allowed_tenants({tenant: "", tenant.upper(): ""})


def test_a_secret_of_the_wrong_type_is_not_quoted() -> None:
    with pytest.raises(InvalidError) as caught:
        values.text(["hush"])
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("value", [UNKNOWN, {"a": {"b": UNKNOWN}}, ["x", UNKNOWN]])
def test_an_unknown_part_is_seen_at_any_depth(value: Any) -> None:
    assert values.has_unknown(value)
