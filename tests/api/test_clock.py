from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from olt_provider.api.clock import ServerClock, format_timestamp

DATE = "Mon, 23 Nov 2026 21:20:18 GMT"
SEEN = datetime(2026, 11, 23, 21, 20, 18, tzinfo=timezone.utc)


class Passing:
    """A monotonic clock that is moved explicitly."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_known_before_the_first_response() -> None:
    assert ServerClock().at_least() is None


def test_the_date_of_a_response_has_been_reached() -> None:
    clock = ServerClock(Passing())
    clock.observe(DATE)
    assert clock.at_least() == SEEN


@pytest.mark.parametrize(("passed", "second"), [(0.9, 18), (1.0, 19), (41.9, 59)])
def test_time_passes_in_whole_seconds(passed: float, second: int) -> None:
    monotonic = Passing()
    clock = ServerClock(monotonic)
    clock.observe(DATE)
    monotonic.now += passed
    assert clock.at_least() == SEEN.replace(second=second)


def test_the_latest_response_counts() -> None:
    clock = ServerClock(Passing())
    clock.observe("Wed, 21 Oct 2015 07:28:00 GMT")
    clock.observe(DATE)
    assert clock.at_least() == SEEN


def test_a_date_in_another_zone_is_the_same_moment() -> None:
    clock = ServerClock(Passing())
    clock.observe("Mon, 23 Nov 2026 22:20:18 +0100")
    assert clock.at_least() == SEEN


def test_a_date_of_no_zone_is_in_utc() -> None:
    clock = ServerClock(Passing())
    clock.observe("Mon, 23 Nov 2026 21:20:18 -0000")
    assert clock.at_least() == SEEN


@pytest.mark.parametrize(
    "header", [None, "", "yesterday", "Mon, 99 Nov 2026 21:20:18 GMT", "1 Jan 2026 0:0:0 +9999"]
)
def test_a_date_that_cannot_be_read_is_passed_over(header: str | None) -> None:
    clock = ServerClock(Passing())
    clock.observe(DATE)
    clock.observe(header)
    assert clock.at_least() == SEEN


@pytest.mark.parametrize(
    "header",
    ["Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -2300"],
)
def test_the_last_second_of_the_calendar_raises_nothing(header: str) -> None:
    monotonic = Passing()
    clock = ServerClock(monotonic)
    clock.observe(header)
    monotonic.now += 3600
    seen = clock.at_least()
    assert seen is None or seen.year == 9999


@pytest.mark.parametrize(
    ("offset", "text"), [(0, "2019-05-09T10:11:32.120Z"), (2, "2019-05-09T08:11:32.120Z")]
)
def test_a_time_is_written_in_utc_with_milliseconds(offset: int, text: str) -> None:
    zone = timezone(timedelta(hours=offset))
    assert format_timestamp(datetime(2019, 5, 9, 10, 11, 32, 120999, tzinfo=zone)) == text
