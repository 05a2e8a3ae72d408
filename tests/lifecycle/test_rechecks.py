from __future__ import annotations

from typing import Any

import pytest

from olt_provider.lifecycle.rechecks import Check, Rechecks
from olt_provider.lifecycle.values import UNKNOWN


def check(name: str = "x", **news: Any) -> Check:
    declared = {"name": name, **news}
    return Check({"name": name, "status": "active"}, declared, {**declared, "status": "active"})


@pytest.fixture
def rechecks() -> Rechecks:
    return Rechecks()


def test_a_diff_belongs_to_the_check_before_it(rechecks: Rechecks) -> None:
    first = check()
    rechecks.checked(first)
    assert rechecks.diffed(first.inputs, changes=False) is first


def test_parallel_diffs_belong_to_the_checks_with_their_inputs(rechecks: Rechecks) -> None:
    first, second = check("x"), check("y")
    rechecks.checked(first)
    rechecks.checked(second)
    assert rechecks.diffed(second.inputs, changes=False) is second
    assert rechecks.diffed(first.inputs, changes=False) is first


def test_a_diff_of_inputs_that_a_policy_changed_belongs_to_the_check_of_the_same_name(
    rechecks: Rechecks,
) -> None:
    first = check()
    rechecks.checked(first)
    changed = {**first.inputs, "url": "https://by.policy"}
    assert rechecks.diffed(changed, changes=True) is first


def test_a_diff_of_a_refresh_belongs_to_no_check_of_another_resource(rechecks: Rechecks) -> None:
    rechecks.checked(check())
    assert rechecks.diffed({"name": "refreshed"}, changes=True) is None


def test_a_diff_without_a_check_belongs_to_none(rechecks: Rechecks) -> None:
    first = check()
    rechecks.checked(first)
    rechecks.diffed(first.inputs, changes=True)
    assert rechecks.diffed({**first.inputs, "url": UNKNOWN}, changes=True) is None


def test_a_replaced_resource_is_checked_again(rechecks: Rechecks) -> None:
    first = check(url="https://new")
    rechecks.checked(first)
    rechecks.diffed(first.inputs, changes=True)
    assert rechecks.rechecked(first.news) is first
    assert rechecks.rechecked(first.news) is None


def test_a_replacement_may_come_without_a_diff(rechecks: Rechecks) -> None:
    first = check()
    rechecks.checked(first)
    assert rechecks.rechecked(first.news) is first
    assert rechecks.diffed(first.inputs, changes=True) is None


def test_an_unchanged_resource_is_not_replaced(rechecks: Rechecks) -> None:
    first = check()
    rechecks.checked(first)
    rechecks.diffed(first.inputs, changes=False)
    assert rechecks.rechecked(first.news) is None


def test_another_resource_is_created_after_a_changed_one(rechecks: Rechecks) -> None:
    first = check(url="https://new")
    rechecks.checked(first)
    rechecks.diffed(first.inputs, changes=True)
    assert rechecks.rechecked({"name": "y", "url": "https://new"}) is None
    assert rechecks.rechecked(first.news) is first


def test_changes_that_the_engine_ignores_do_not_hide_a_replacement(rechecks: Rechecks) -> None:
    first = Check(
        {"name": "x", "status": "inactive"},
        {"name": "x", "url": "https://new", "status": "inactive"},
        {"name": "x", "url": "https://new", "status": "inactive"},
    )
    rechecks.checked(first)
    rechecks.diffed(first.inputs, changes=True)
    assert rechecks.rechecked({"name": "x", "url": "https://new"}) is first


@pytest.mark.parametrize("key", ["name", "tenant_id", "application_id", "adopt"])
def test_what_identifies_a_resource_has_to_be_equal(rechecks: Rechecks, key: str) -> None:
    first = check(url="https://new")
    rechecks.checked(first)
    rechecks.diffed(first.inputs, changes=True)
    assert rechecks.rechecked({**first.news, key: "different"}) is None
