from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from olt_provider.lifecycle.run_record import (
    Holder,
    RunRecord,
    application_key,
    installation_key,
)

APPLICATION = application_key("9AA3B618-8cd2-4dc0-b7a1-da6df60af254")
URL = "https://api.example/v1"
HOLDER = Holder(APPLICATION, URL, "the resource with name='x'")


class SharedJournal:
    """A journal as one process sees it; ``events`` is what all processes share."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self._events = events
        self._read = 0

    def append(self, event: Mapping[str, Any]) -> None:
        self._events.append(dict(event))

    def read(self) -> list[dict[str, Any]]:
        new = self._events[self._read :]
        self._read += len(new)
        return new


@pytest.fixture
def processes() -> tuple[RunRecord, RunRecord]:
    events: list[dict[str, Any]] = []
    return RunRecord(SharedJournal(events)), RunRecord(SharedJournal(events))


def test_an_id_is_the_same_in_any_case_of_letters() -> None:
    assert application_key("9aa3b618-8cd2-4dc0-b7a1-da6df60af254") == APPLICATION
    assert installation_key("A", "b") == installation_key("a", "B") != application_key("a")


def test_what_is_released_is_not_held() -> None:
    record = RunRecord()
    key = record.hold(HOLDER)
    assert record.holders(APPLICATION, URL) == [HOLDER]
    record.release(key)
    record.release(key)
    assert record.holders(APPLICATION, URL) == []


def test_what_another_resource_still_holds_stays_held() -> None:
    record = RunRecord()
    released = record.hold(HOLDER)
    record.hold(HOLDER)
    record.release(released)
    assert record.holders(APPLICATION, URL) == [HOLDER]


def test_what_turns_out_to_be_updated_is_held_again() -> None:
    record = RunRecord()
    record.release(record.hold(HOLDER))
    record.retake(APPLICATION)
    record.retake(APPLICATION)
    record.retake(application_key("never held"))
    assert record.holders(APPLICATION, URL) == [HOLDER]


def test_what_is_updated_and_adopted_by_another_resource_is_found() -> None:
    record = RunRecord()
    record.release(record.hold(HOLDER))
    adopter = Holder(APPLICATION, URL, "another", adopts=True)
    record.hold(adopter)
    assert record.retake(APPLICATION) == adopter


@pytest.mark.parametrize(
    ("held", "api_url", "found"),
    [
        (APPLICATION, URL, True),
        (APPLICATION, "https://elsewhere.example/v1", False),
        (APPLICATION, "", True),
        (application_key("other"), URL, False),
    ],
)
def test_an_application_is_identified_within_its_platform(
    held: str, api_url: str, found: bool
) -> None:
    record = RunRecord()
    record.hold(HOLDER)
    assert bool(record.holders(held, api_url)) is found


def test_unusable_settings_hold_on_every_platform() -> None:
    record = RunRecord()
    record.hold(Holder(APPLICATION, "", "x"))
    assert record.holders(APPLICATION, URL)


def test_holds_and_releases_reach_the_other_processes_of_the_run(
    processes: tuple[RunRecord, RunRecord],
) -> None:
    one, other = processes
    key = one.hold(HOLDER)
    other.hold(Holder(APPLICATION, URL, "another", adopts=True))
    for record in processes:
        assert {holder.name for holder in record.holders(APPLICATION, URL)} == {
            HOLDER.name,
            "another",
        }
    one.release(key)
    for record in processes:
        assert [holder.adopts for holder in record.holders(APPLICATION, URL)] == [True]


def test_an_event_that_is_not_understood_is_left_out() -> None:
    events: list[dict[str, Any]] = [{}, {"event": "later version", "key": "x"}]
    record = RunRecord(SharedJournal(events))
    assert record.holders(APPLICATION, URL) == []
