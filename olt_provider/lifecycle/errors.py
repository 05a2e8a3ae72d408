"""Errors of operations: refused, or partially completed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from olt_provider.api.errors import OltError

if TYPE_CHECKING:
    from olt_provider.lifecycle.application.model import ApplicationState


class LifecycleError(OltError):
    """An operation was refused, or stopped half-way. The message states what to do."""


class PartiallyCompleted(LifecycleError):  # noqa: N818 (a state; its cause is an error)
    """An application exists, but a later step of its creation or of its change failed.

    A host that can keep ``state`` completes it in the next run. Another host reports the message,
    which is that of ``cause``, and undoes a creation.
    """

    def __init__(self, state: ApplicationState, cause: Exception) -> None:
        known = isinstance(cause, OltError)
        super().__init__(str(cause) if known else f"unexpected {type(cause).__name__}")
        self.state = state
        self.cause = cause
