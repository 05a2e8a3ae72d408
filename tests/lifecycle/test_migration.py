"""Declarations against a state of the other form, from which the engine removed what is ignored."""

from __future__ import annotations

from typing import Any, Final

import pytest

from olt_provider.lifecycle.application.model import TABLE
from olt_provider.lifecycle.migration import with_kept_values
from olt_provider.lifecycle.values import UNKNOWN

A, B = (f"{letter}0000000-0000-4000-8000-00000000000{letter}" for letter in "ab")
TRIGGER: Final = "rotate_secret_when_changed"


@pytest.mark.parametrize(
    ("name", "old", "new", "result"),
    [
        ("teaser_description", "text", None, "text"),
        ("teaser_description", "text", "another", "another"),
        ("teaser_description", "text", UNKNOWN, UNKNOWN),
        ("allowed_tenants", {A: "x", B: ""}, {A.upper(): "y"}, {B: "", A.upper(): "y"}),
        ("allowed_tenants", {A: "x"}, {A: UNKNOWN}, {A: UNKNOWN}),
        (TRIGGER, {"a": 1, "b": 2}, {"a": 1}, {"a": 1, "b": 2}),
        (TRIGGER, {"a": 1, "b": 2}, {"a": 3}, {"a": 3}),
        ("force_destroy", False, None, None),
        ("url", "https://a.example", None, None),
        ("tenant_id", A, None, None),
    ],
)
def test_missing_values_are_those_of_the_state(name: str, old: Any, new: Any, result: Any) -> None:
    news = {} if new is None else {name: new}
    declared, kept = with_kept_values(TABLE, {name: old}, news)
    assert declared.get(name) == result
    assert kept == ([name] if result != new else [])
