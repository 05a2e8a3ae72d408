"""Reviews of a pair of applications, and of due dates as drift."""

from __future__ import annotations

from typing import Any, Final

from olt_provider.cli.review.findings import Review
from tests.cli.test_review_effects import CLIENT, X, Y, _state, _step, _update
from tests.cli.test_review_effects import _review as review_of

OTHER_CLIENT: Final = "c2000000-0000-4000-8000-00000000000c"


def notes(review: Review) -> list[str]:
    return [each.note for each in review.other]


def pair(generation: int, name: str = "reporting") -> dict[str, Any]:
    return {"rotate_secret_when_changed": {"olt:pair": name, "generation": generation}}


def kept(name: str = "reporting") -> dict[str, Any]:
    """Return the step of the other application, which does not change."""
    state = _state(Y, **pair(1, name))
    state["outputs"]["client_id"] = OTHER_CLIENT
    return _step("same", "other", oldState=state, newState=state)


def test_raise_of_a_pair_names_the_client_that_stays_valid_and_until_when() -> None:
    review = review_of(_update(pair(0), pair(2)), kept())
    (dead,) = review.dead_secrets
    assert (dead.application_id, dead.client_id) == (X, CLIENT)
    (note,) = notes(review)
    assert note == (
        f"client {OTHER_CLIENT} stays valid until generation 3 is applied, then its secret stops "
        "working"
    )


def test_raise_of_a_pair_names_no_client_of_another_pair() -> None:
    assert notes(review_of(_update(pair(0), pair(2)), kept("another"))) == []


def test_application_that_joins_a_pair_keeps_its_client_secret() -> None:
    review = review_of(_update({"rotate_secret_when_changed": {"month": 1}}, pair(1)))
    assert review.dead_secrets == ()
    assert "its client secret stays valid" in notes(review)[0]


def test_due_date_is_no_drift() -> None:
    before = _state(secret_due_at="2026-11-27T12:00:00.000Z")
    found = _state(secret_due_at="2026-11-28T12:00:00.000Z")
    refresh = _step("refresh", oldState=before, newState=before)
    same = _step("same", oldState=found, newState=found)
    assert review_of(refresh, same).drift == ()
