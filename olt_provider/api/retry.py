"""Which requests are repeated, when, and for how long."""

from __future__ import annotations

from enum import Enum
from typing import Final

from tenacity import RetryCallState, wait_random_exponential

from olt_provider.api.errors import ApiError, RequestError

TEMPORARY_STATUSES: Final = frozenset({408, 429, 502, 503, 504})
"""Answers after which the same request may succeed. 500 is not one: it would fail again."""

TOO_MANY_REQUESTS: Final = 429
MAX_WAIT: Final = 60.0
"""The longest single wait, in seconds. An answer that asks for more ends the operation."""
MAX_TOTAL: Final = 180.0
"""The longest that one call keeps trying, in seconds, waits included."""

_backoff = wait_random_exponential(multiplier=0.5, max=20.0)


class Repeat(Enum):
    """How a request may be repeated."""

    SAFELY = "whenever it failed for a temporary reason, because repeating it changes nothing"
    IF_UNSENT = "only if it certainly changed nothing: never connected, or answered 429"

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
    """Seconds to wait: what ``Retry-After`` asks for, else exponential back-off with jitter."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, ApiError) else None
    return _backoff(state) if asked is None else asked
