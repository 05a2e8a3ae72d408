"""What an operation refuses, and what it could not finish."""

from __future__ import annotations

from olt_provider.api.errors import ApiError, OltError, RequestError

REQUEST_TIMEOUT = 408


class LifecycleError(OltError):
    """An operation was refused, or stopped half-way. The message says what to do."""


def may_have_changed(error: OltError) -> bool:
    """Whether the request that failed with ``error`` may have changed something all the same."""
    if isinstance(error, RequestError):
        return error.sent
    if isinstance(error, ApiError):
        return error.lost_before or error.status >= 500 or error.status == REQUEST_TIMEOUT
    return False
