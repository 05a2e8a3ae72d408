"""Inputs are normalised before the SDK serialises them."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from typing import Any, Final

import pulumi
import pytest
from pulumi.output import Unknown

from olt_provider.application import AllowedTenantArgs
from olt_provider.dynamic import shape
from tests.outputs import awaited, settled

A: Final = "aaaaaaaa-0000-4000-8000-000000000001"
B: Final = "bbbbbbbb-0000-4000-8000-000000000002"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (lambda: {A: "note", B: None}, {A: "note", B: ""}),
        (lambda: {A.upper(): ""}, {A: ""}),
        (lambda: {A: pulumi.Output.from_input(None)}, {A: ""}),
        (lambda: [A, B], {A: "", B: ""}),
        (lambda: (A,), {A: ""}),
        (lambda: [AllowedTenantArgs(A, "note"), {"tenant_id": B}], {A: "note", B: ""}),
        (lambda: [pulumi.Output.from_input(A), B], {A: "", B: ""}),
        (lambda: pulumi.Output.from_input([A, {"tenant_id": B, "comment": "x"}]), {A: "", B: "x"}),
        (lambda: pulumi.Output.from_input({A: None}), {A: ""}),
        (dict, {}),
        (list, {}),
    ],
)
def test_allowed_tenants_become_a_mapping(given: Callable[[], Any], expected: object) -> None:
    assert settled(lambda: shape.allowed_tenants(given())) == expected


def test_tenant_that_is_listed_twice_is_left_for_the_check() -> None:
    found = settled(lambda: shape.allowed_tenants([A, A.upper()]))
    assert [each["tenant_id"].lower() for each in found] == [A, A]


def test_output_as_a_key_is_refused() -> None:
    async def declare() -> None:
        shape.allowed_tenants({pulumi.Output.from_input(A): ""})

    with pytest.raises(TypeError, match="write a sequence instead"):
        awaited(declare)


def test_undeclared_inputs_stay_undeclared() -> None:
    assert shape.allowed_tenants(None) is None
    assert shape.redirect_uris(None) is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (lambda: ["https://b", "https://a", "https://b"], ["https://a", "https://b"]),
        (lambda: {"https://b", "https://a"}, ["https://a", "https://b"]),
        (lambda: pulumi.Output.from_input(["https://b", "https://a"]), ["https://a", "https://b"]),
        (lambda: [7, "https://a"], [7, "https://a"]),
    ],
)
def test_redirect_uris_become_a_sorted_list(given: Callable[[], Any], expected: object) -> None:
    assert settled(lambda: shape.redirect_uris(given())) == expected


def test_order_of_redirect_uris_is_kept_while_one_is_unknown() -> None:
    def unknown() -> pulumi.Output[Any]:
        known: asyncio.Future[bool] = asyncio.Future()
        known.set_result(False)
        value: asyncio.Future[Any] = asyncio.Future()
        value.set_result(Unknown())  # type: ignore[no-untyped-call]
        return pulumi.Output({object()}, value, known)  # type: ignore[arg-type]

    found = settled(lambda: shape.redirect_uris(["https://b", unknown(), "https://a"]))
    assert isinstance(found, Unknown) or [found[0], found[2]] == ["https://b", "https://a"]


def test_provider_is_pickled_with_one_protocol_and_the_default_is_restored() -> None:
    before = pickle.DEFAULT_PROTOCOL
    with shape.pickled_alike():
        assert pickle.DEFAULT_PROTOCOL == 4
    assert before == pickle.DEFAULT_PROTOCOL
