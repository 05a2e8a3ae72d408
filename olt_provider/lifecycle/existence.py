"""Gone, or hidden? The platform answers 404 to both, so a 404 alone proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from olt_provider.api.applications import ListedApplication
from olt_provider.api.client import TenantClient
from olt_provider.api.errors import ApiError, OltError
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.platform import Platform

NOT_FOUND: Final = 404


class Listing(NamedTuple):
    """A list that shows everything of its kind that a tenant may see."""

    kind: str
    fetch: Callable[[TenantClient], Iterable[ListedApplication]]


APPLICATIONS: Final = Listing("applications", lambda acting: acting.applications.listed())
INSTALLATIONS: Final = Listing("installations", lambda acting: acting.installations.listed())


def require_gone(
    platform: Platform,
    acting: TenantClient,
    listing: Listing,
    application_id: str,
    *,
    api_url: str,
    error: ApiError,
) -> None:
    """Return if the 404 in ``error`` really means that something was deleted, else raise.

    ``api_url`` is where it lived. The acting tenant is its own, because that tenant's token was
    asked for. Raises ``LifecycleError`` saying why the 404 proves nothing.
    """
    if acting.api_url != api_url:
        raise _unproven(
            error,
            f"it lives at {api_url}, but this run calls {acting.api_url}: refresh and destroy use "
            "the configuration stored in the state, so set OLT_API_URL or add --run-program",
        )
    if not error.from_platform:
        raise _unproven(error, "the answer is not the platform's")
    try:
        gone = platform.listed(listing.kind, acting.tenant_id or "").lacks(
            application_id, lambda: (item.id for item in listing.fetch(acting))
        )
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
