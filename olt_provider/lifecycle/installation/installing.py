"""Installing an application, also where the response is lost or refuses what is there."""

from __future__ import annotations

from typing import Final

from olt_provider.api.client import TenantClient
from olt_provider.api.errors import ApiError, OltError
from olt_provider.api.installations.domain import AvailableApplication, Installation
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.existence import NOT_FOUND
from olt_provider.lifecycle.installation.model import InstallationInputs

TRIES: Final = 2
"""Each on top of the transport's own retries, which do not cover unusable responses."""
FORBIDDEN: Final = 403
UNEXPLAINED: Final = frozenset({401, 429})
"""Refusals that do not depend on the application."""


def install(acting: TenantClient, inputs: InstallationInputs) -> Installation:
    """``PUT /applications/{applicationId}/installation``; where that fails, look what is there.

    What is installed is taken, also where the platform refuses to install it once more: it does so
    for an inactive application. After a lost response, what is not there is installed once more,
    because repeating it is harmless. Raises ``OltError``; a refusal states why, as far as the
    platform lets the tenant see it, and a lost response that could not be looked up what to run.
    """
    error: OltError
    for _ in range(TRIES):
        try:
            return acting.installations.install(inputs.application_id)
        except OltError as failure:
            error = failure
        found = _there(acting, inputs, error)
        if found is not None:
            return found
    raise error


def _there(
    acting: TenantClient, inputs: InstallationInputs, error: OltError
) -> Installation | None:
    """What is installed although the call failed; ``None``: nothing is, and it may be repeated."""
    if error.may_have_changed:
        return _look(acting, inputs, error)
    if not isinstance(error, ApiError) or not error.from_platform or error.status in UNEXPLAINED:
        raise error
    try:
        seen = acting.installations.get(inputs.application_id)
    except OltError as failure:
        raise _unseen(inputs, error, failure) from None
    if seen.installation is None:
        raise _refused(error, seen)
    return seen.installation


def _look(acting: TenantClient, inputs: InstallationInputs, error: OltError) -> Installation | None:
    try:
        return acting.installations.get(inputs.application_id).installation
    except OltError as failure:
        raise LifecycleError(
            f"{error}. Whether application {inputs.application_id} is installed in tenant "
            f"{inputs.tenant_id} now could not be looked up: {failure}. Leave it in the program "
            "and run `pulumi up` again; taken out before that, it may stay installed without being "
            "in any state"
        ) from None


def _unseen(inputs: InstallationInputs, error: ApiError, failure: OltError) -> OltError:
    """Explain a refusal where the tenant cannot see the application."""
    if not isinstance(failure, ApiError) or failure.status not in (FORBIDDEN, NOT_FOUND):
        return error
    if failure.status == FORBIDDEN:
        why = "these credentials may not read or install applications (applications:write)"
    else:
        why = (
            f"tenant {inputs.tenant_id} cannot see the application: its owner has not allowed "
            "this tenant, or the ID is wrong"
        )
    return LifecycleError(f"{error}. Not installed: {why}")


def _refused(error: ApiError, seen: AvailableApplication) -> LifecycleError:
    """Explain a refusal by what the tenant sees of the application."""
    if seen.available:
        why = "the application is available, so these credentials lack applications:write"
    else:
        why = (
            f"the platform says {seen.available_code or 'that it is not available'}: the "
            "application is inactive, or its owner no longer allows this tenant"
        )
    return LifecycleError(f"{error}. Not installed: {why}")
