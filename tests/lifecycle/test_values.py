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
    ("rule", "value", "message"),
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
def test_a_value_that_is_not_allowed_is_refused_with_the_allowed_ones(
    rule: Callable[[Any], Any], value: Any, message: str
) -> None:
    with pytest.raises(InvalidError, match=message):
        rule(value)


def test_the_same_tenant_in_two_spellings_is_listed_twice() -> None:
    tenant = "abcdefab-1111-4111-8111-111111111111"
    with pytest.raises(InvalidError, match="a tenant is listed twice"):
        values.allowed_tenants({tenant: "", tenant.upper(): ""})


def test_a_value_of_many_is_named_by_its_place() -> None:
    with pytest.raises(InvalidError, match=r"URI 1 of 3 \(in alphabetical order\) is not absolute"):
        values.redirect_uris(["https://z", "b", "com.example:/a"])
    with pytest.raises(InvalidError, match=r"tenant 3 of 3 \(in alphabetical order\): not an ID"):
        values.allowed_tenants({"x": "", A: "", B: ""})
    with pytest.raises(InvalidError, match=r"the comment of tenant 2 of 2 \(in alphabetical order"):
        values.allowed_tenants({B: 1, A: ""})


RULES = [
    *(values.uuid, values.name, values.text, values.flag, values.status, values.absolute_url),
    *(values.redirect_uris, values.allowed_tenants, values.mapping),
]
NOT_SHOWN = "hush-hush"


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "value",
    [
        NOT_SHOWN,
        f"{NOT_SHOWN} *",
        f"https://{NOT_SHOWN} x",
        f"https://[{NOT_SHOWN}",
        [NOT_SHOWN],
        [f"https://{NOT_SHOWN}/*"],
        [[NOT_SHOWN]],
        [{"tenant_id": NOT_SHOWN}],
        [NOT_SHOWN, NOT_SHOWN],
        {NOT_SHOWN: NOT_SHOWN},
        {A: [NOT_SHOWN]},
        {A: "", A.upper(): NOT_SHOWN},
        {"client_secret": NOT_SHOWN},
    ],
    ids=str,
)
def test_no_message_quotes_a_value(rule: Callable[[Any], Any], value: Any) -> None:
    try:
        rule(value)
    except InvalidError as error:
        assert NOT_SHOWN not in str(error)  # noqa: PT017 - what is allowed raises nothing
        assert A not in str(error)  # noqa: PT017


@pytest.mark.parametrize("value", [UNKNOWN, {"a": {"b": UNKNOWN}}, ["x", UNKNOWN]])
def test_an_unknown_part_is_seen_at_any_depth(value: Any) -> None:
    assert values.has_unknown(value)
