from __future__ import annotations

from typing import Any

import pytest

from olt_provider.lifecycle.values import UNKNOWN
from olt_provider.native.details import details


@pytest.mark.parametrize(
    ("key", "before", "after", "expected"),
    [
        ("url", "a", "b", {"url": "update"}),
        ("url", None, "b", {"url": "add"}),
        ("url", "a", None, {"url": "delete"}),
        ("teaser_description", "a", UNKNOWN, {"teaserDescription": "update"}),
        (
            "allowed_tenants",
            {"a": "", "b": "x", "c": ""},
            {"a": "", "b": "y", "d": ""},
            {
                'allowedTenants["b"]': "update",
                'allowedTenants["c"]': "delete",
                'allowedTenants["d"]': "add",
            },
        ),
        ("allowed_tenants", {"a": ""}, {"a": UNKNOWN}, {'allowedTenants["a"]': "update"}),
        ("allowed_tenants", {"a": ""}, {}, {"allowedTenants": "update"}),
        ("allowed_tenants", {"a": ""}, UNKNOWN, {"allowedTenants": "update"}),
        (
            "rotate_secret_when_changed",
            {'a"b': 1},
            {'a"b': 2},
            {'rotateSecretWhenChanged["a\\"b"]': "update"},
        ),
        ("redirect_uris", ["a", "c"], ["a", "b", "c"], {"redirectUris[1]": "add"}),
        ("redirect_uris", ["a", "b", "c"], ["a", "c"], {"redirectUris[1]": "delete"}),
        ("redirect_uris", ["a"], ["b"], {"redirectUris[0]": "update"}),
        ("redirect_uris", ["a"], [UNKNOWN, "a"], {"redirectUris[0]": "add"}),
        ("redirect_uris", [], ["a"], {"redirectUris": "update"}),
    ],
)
def test_each_difference_is_one_path(
    key: str, before: Any, after: Any, expected: dict[str, str]
) -> None:
    outputs, inputs = {key: before}, {key: after}
    assert dict(details([key], outputs, inputs)) == expected
