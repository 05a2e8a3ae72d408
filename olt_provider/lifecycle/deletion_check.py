"""The deletion check: whether a 404 proves a deletion, because the platform hides with 404 too."""

from __future__ import annotations

from typing import Final

from olt_provider.api.errors import ApiError, OltError
from olt_provider.lifecycle.bulk_reads import ListedIds
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.tenant_session import TenantSession

NOT_FOUND: Final = 404


def check_deletion(
    session: TenantSession, listed: ListedIds, application_id: str, *, api_url: str, error: ApiError
) -> None:
    """Return if the 404 in ``error`` proves that a resource was deleted, else raise.

    ``listed`` are the IDs that the tenant sees, ``api_url`` is the platform of the resource. Raises
    ``LifecycleError`` with the reason why the 404 proves nothing.
    """
    if session.api_url != api_url:
        raise _unproven(
            error,
            f"its platform is {api_url}, but this run calls {session.api_url}: refresh and destroy "
            "use the configuration stored in the state, so set OLT_API_URL or add --run-program",
        )
    if not error.from_platform:
        raise _unproven(error, "the response is not the platform's")
    try:
        gone = listed.lacks(application_id)
    except OltError as failure:
        raise _unproven(
            error, f"the list request that would confirm the deletion failed: {failure}"
        ) from None
    if not gone:
        raise _unproven(error, "it is still listed, so the credentials lack access to it")


def _unproven(error: ApiError, why: str) -> LifecycleError:
    done = (
        "An earlier try of this call may have deleted it: run the same again"
        if error.may_have_changed
        else "Nothing was changed"
    )
    return LifecycleError(
        f"{error.reason}; a 404 does not prove that it is gone, and {why}. {done}"
    )
