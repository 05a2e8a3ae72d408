"""The applications that a run may delete although they are installed."""

from __future__ import annotations

import pytest

from olt_provider.api.errors import ConfigurationError
from olt_provider.provider_process import forced_deletions

ONE = "9aa3b618-8cd2-4dc0-b7a1-da6df60af254"
TWO = "0bb3b618-8cd2-4dc0-b7a1-da6df60af255"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", set()), (ONE, {ONE}), (f" {ONE.upper()} ,{TWO},", {ONE, TWO}), (" , ", set())],
)
def test_ids_are_listed_in_the_environment(value: str, expected: set[str]) -> None:
    assert forced_deletions({"OLT_FORCE_DESTROY": value}) == expected


def test_nothing_is_forced_without_the_variable() -> None:
    assert forced_deletions({}) == frozenset()


@pytest.mark.parametrize("value", ["true", "1", "*", f"{ONE} {TWO}"])
def test_what_is_no_list_of_ids_is_an_error(value: str) -> None:
    with pytest.raises(ConfigurationError, match="OLT_FORCE_DESTROY must list application IDs"):
        forced_deletions({"OLT_FORCE_DESTROY": value})
