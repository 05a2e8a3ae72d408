"""The retry policy: which requests are repeated, when, and for how long."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from typing import Final

from tenacity import RetryCallState, wait_random_exponential

from olt_provider.api.errors import ApiError, OltError, RequestError

TEMPORARY_STATUSES: Final = frozenset({408, 429, 502, 503, 504})
"""Statuses after which the same request may succeed. 500 is excluded: it would fail again."""

TOO_MANY_REQUESTS: Final = 429
MAX_WAIT: Final = 60.0
"""The longest single wait, in seconds. A longer ``Retry-After`` ends the operation."""
MAX_TOTAL: Final = 180.0
"""The longest time, in seconds, for all tries of one call, waits included."""

_backoff = wait_random_exponential(multiplier=0.5, max=20.0)


class Repeat(Enum):
    """The condition under which a request may be repeated."""

    SAFELY = "whenever it failed for a temporary reason, because repeating it changes nothing"
    IF_UNSENT = "only if it certainly changed nothing: never connected, or returned 429"

    def allows(self, error: BaseException) -> bool:
        """Whether a request that failed with ``error`` may be sent again."""
        if isinstance(error, RequestError):
            return error.temporary and (self is Repeat.SAFELY or not error.may_have_changed)
        if isinstance(error, ApiError):
            if (error.retry_after or 0.0) > MAX_WAIT:
                return False
            if self is Repeat.IF_UNSENT:
                return error.status == TOO_MANY_REQUESTS and not error.may_have_changed
            return error.status in TEMPORARY_STATUSES
        return False


def wait_before_next(state: RetryCallState) -> float:
    """Return the seconds to wait: exponential backoff with jitter, at least ``Retry-After``."""
    error = failure_of(state)
    retry_after = error.retry_after if isinstance(error, ApiError) else None
    return max(retry_after or 0.0, _backoff(state))


class Call:
    """The number of tries of one call, and the time that they have taken."""

    def __init__(self, max_retries: int, sleep: Callable[[float], None]) -> None:
        self._max_retries = max_retries
        self._sleep = sleep
        self._begun: float | None = None
        self._waited = 0.0
        self._failures = 0
        self._limited = False

    def sleep(self, seconds: float) -> None:
        """Wait, and count the seconds, even if the clock does not advance."""
        self._waited += seconds
        self._sleep(seconds)

    def begin(self) -> None:
        """Record the start of a try. The wait before the first one is not counted."""
        if self._begun is None:
            self._begun, self._waited = time.monotonic(), 0.0

    def failed(self, error: OltError) -> None:
        """Record a failed try. A 429 is not counted, because the time limits those."""
        self._limited = is_limit(error)
        self._failures += not self._limited

    def is_over(self, state: RetryCallState) -> bool:
        """Whether the call must not be tried again."""
        if self._max_retries == 0 or self._failures > self._max_retries:
            return True
        elapsed = time.monotonic() - (self._begun or 0.0)
        return max(elapsed, self._waited) + state.upcoming_sleep > MAX_TOTAL

    def sleep_before_repetition(self, seconds: float) -> None:
        """Wait before the next try. After a 429 the shared backoff waits instead."""
        if not self._limited:
            self.sleep(seconds)


def failure_of(state: RetryCallState) -> BaseException | None:
    """Return the error of the last try."""
    return state.outcome.exception() if state.outcome else None


def is_limit(error: BaseException | None) -> bool:
    """Whether the response is a rate limit."""
    return isinstance(error, ApiError) and error.status == TOO_MANY_REQUESTS
