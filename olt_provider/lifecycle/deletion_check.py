"""The check that a 404 really is a deletion: the platform answers 404 to what it hides, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from olt_provider.api.applications import ListedApplication
from olt_provider.api.client import TenantClient
from olt_provider.api.errors import ApiError, OltError
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.provider_context import ProviderContext

NOT_FOUND: Final = 404


class Listing(NamedTuple):
    """A list that shows everything of its kind that a tenant may see."""

    kind: str
    fetch: Callable[[TenantClient], Iterable[ListedApplication]]


APPLICATIONS: Final = Listing("applications", lambda client: client.applications.listed())
INSTALLATIONS: Final = Listing("installations", lambda client: client.installations.listed())


def check_deletion(
    context: ProviderContext,
    client: TenantClient,
    listing: Listing,
    application_id: str,
    *,
    api_url: str,
    error: ApiError,
) -> None:
    """Return if the 404 in ``error`` really means that something was deleted, else raise.

    ``api_url`` is where it lived. The client is authenticated as its tenant. Raises
    ``LifecycleError`` with the reason why the 404 proves nothing.
    """
    if client.api_url != api_url:
        raise _unproven(
            error,
            f"it lives at {api_url}, but this run calls {client.api_url}: refresh and destroy use "
            "the configuration stored in the state, so set OLT_API_URL or add --run-program",
        )
    if not error.from_platform:
        raise _unproven(error, "the answer is not the platform's")
    try:
        gone = context.listed(listing.kind, client.tenant_id or "").lacks(
            application_id, lambda: (item.id for item in listing.fetch(client))
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
