"""What an operation refuses, and what it could not finish."""

from __future__ import annotations

from olt_provider.api.errors import OltError


class LifecycleError(OltError):
    """An operation was refused, or stopped half-way. The message says what to do."""
