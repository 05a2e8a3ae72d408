"""Rotating a client secret, which is returned once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pydantic import SecretStr

from olt_provider.api.client import TenantClient
from olt_provider.api.errors import OltError
from olt_provider.lifecycle.errors import LifecycleError

SECRET_TRIES: Final = 3
"""Each on top of the transport's own retries, which know nothing of answers of no use."""


class LostSecretError(LifecycleError):
    """A new secret may have been made whose response was lost, so the old one may be invalid."""


def make_secret(
    client: TenantClient, application_id: str, check_cancelled: Callable[[], None]
) -> SecretStr:
    """``POST .../{applicationId}/secret``, again when the answer is of no use: that is safe.

    The old secret may be dead after the first try, so one that is known is needed.
    ``check_cancelled`` is asked before each try. Raises ``LostSecretError`` if none has become
    known and one may have been made, else ``OltError``.
    """
    lost: OltError | None = None
    for _ in range(SECRET_TRIES):
        try:
            check_cancelled()
            return client.applications.new_secret(application_id)
        except OltError as error:
            if error.may_have_changed:
                lost = error
            elif lost is None:
                raise
            else:
                raise LostSecretError(error.reason) from None
    raise LostSecretError(lost.reason if lost else "")
