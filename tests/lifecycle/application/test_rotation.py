"""Rotations of client secrets, and their warnings."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from olt_provider.lifecycle.application.rotation import (
    GENERATION,
    PAIR,
    TRIGGER,
    Pairs,
    Rotation,
    by_trigger,
    note,
)
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.values import UNKNOWN

NOW = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)


def trigger(generation: int, pair: str = "pair") -> dict[str, Any]:
    return {PAIR: pair, GENERATION: generation}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, None, Rotation.NO),
        (None, {}, Rotation.NO),
        ({"a": 1}, {}, Rotation.NO),
        ({"a": 1}, {"a": 1}, Rotation.NO),
        (None, {"a": 1}, Rotation.YES),
        ({}, {"a": 1}, Rotation.YES),
        ({"a": 1}, {"a": 2}, Rotation.YES),
        ({"a": 1, "b": 2}, {"a": 1}, Rotation.YES),
        (None, UNKNOWN, Rotation.MAYBE),
        ({"a": 1}, {"a": UNKNOWN}, Rotation.MAYBE),
        ({"a": 1}, {"a": {"b": UNKNOWN}}, Rotation.MAYBE),
        ({"a": 1}, {"b": UNKNOWN}, Rotation.YES),
        ({"a": 1, "b": 2}, {"a": UNKNOWN, "b": 3}, Rotation.YES),
        (None, trigger(0), Rotation.NO),
        ({"a": 1}, trigger(1), Rotation.NO),
        (trigger(1, "old name"), trigger(1), Rotation.NO),
        (trigger(1), trigger(3), Rotation.YES),
        (trigger(1), {"a": 1}, Rotation.YES),
    ],
)
def test_rotation_by_trigger(before: Any, after: Any, expected: Rotation) -> None:
    assert by_trigger(before, after) is expected


def outputs(last: dict[str, Any] | None) -> dict[str, Any]:
    kept = {"name": "Reporting", "client_id": "the-client", "client_secret": "s3cret"}
    return kept if last is None else {**kept, TRIGGER: last}


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({"month": 2}, "its client secret is rotated, so the present secret of client the-client"),
        (UNKNOWN, "may be rotated, and then the present secret of client the-client stops"),
        ({"month": UNKNOWN}, "is not known yet, so its client secret may be rotated"),
    ],
)
def test_note_names_the_client_whose_secret_stops_working(after: Any, expected: str) -> None:
    text = note(by_trigger({"month": 1}, after), outputs({"month": 1}), {TRIGGER: after}, NOW)
    assert text is not None
    assert expected in text
    assert "application 'Reporting'" in text
    assert "s3cret" not in text


@pytest.mark.parametrize("after", [None, {}, {"month": 1}])
def test_no_note_where_nothing_rotates(after: Any) -> None:
    rotation = by_trigger({"month": 1}, after)
    assert note(rotation, outputs({"month": 1}), {TRIGGER: after}, NOW) is None


def test_one_of_a_pair_rotates_in_each_run() -> None:
    pairs = Pairs()
    pairs.require_next("b", outputs(trigger(0)), {TRIGGER: trigger(2)})
    pairs.require_next("a", outputs(trigger(1)), {TRIGGER: trigger(1)})
    pairs.require_next("b", outputs(trigger(0)), {TRIGGER: trigger(2)})
    with pytest.raises(LifecycleError, match="set generation=2 and run"):
        pairs.require_next("a", outputs(trigger(1)), {TRIGGER: trigger(3)})


def test_pairs_of_other_names_do_not_count() -> None:
    pairs = Pairs()
    pairs.require_next("b", outputs(trigger(0)), {TRIGGER: trigger(2)})
    pairs.require_next("c", outputs(trigger(0, "other")), {TRIGGER: trigger(2, "other")})


@pytest.mark.parametrize("after", [-1, 0, 2, 5])
def test_generation_that_is_lowered_or_skipped_is_refused(after: int) -> None:
    with pytest.raises(LifecycleError, match="can only be raised by one"):
        Pairs().require_next("a", outputs(trigger(1)), {TRIGGER: trigger(after)})


def test_trigger_of_ones_own_with_the_keys_of_a_pair_is_not_refused() -> None:
    own = {PAIR: "mine", GENERATION: "one"}
    Pairs().require_next("a", outputs(own), {TRIGGER: {**own, GENERATION: "two"}})
