"""Installing an application, also where the response is lost or refuses what is there."""

from __future__ import annotations

from typing import Final

from olt_provider.api.client import TenantClient
from olt_provider.api.errors import ApiError, OltError
from olt_provider.api.installations import AvailableApplication, Installation
from olt_provider.lifecycle.deletion_check import NOT_FOUND
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.installation.model import InstallationInputs

TRIES: Final = 2
"""Each on top of the transport's own retries, which do not cover unusable responses."""
FORBIDDEN: Final = 403
CONFLICT: Final = 409
UNEXPLAINED: Final = frozenset({401, 429})
"""Refusals that do not depend on the application."""


def install(client: TenantClient, inputs: InstallationInputs) -> Installation:
    """``PUT /applications/{applicationId}/installation``; where that fails, look what is there.

    What is installed is taken, also where the platform refuses to install it once more: it does so
    for an inactive application. After a lost response, what is not there is installed once more,
    because repeating it is harmless. Raises ``OltError``; a refusal states why, as far as the
    platform lets the tenant see it, and a lost response that could not be looked up what to run.
    """
    error: OltError
    for _ in range(TRIES):
        try:
            return client.installations.install(inputs.application_id)
        except OltError as failure:
            error = failure
        found = _there(client, inputs, error)
        if found is not None:
            return found
    raise error


def _there(
    client: TenantClient, inputs: InstallationInputs, error: OltError
) -> Installation | None:
    """What is installed although the call failed; ``None``: nothing is, and it may be repeated."""
    if error.may_have_changed:
        return _look(client, inputs, error)
    if not isinstance(error, ApiError) or not error.from_platform or error.status in UNEXPLAINED:
        raise error
    try:
        seen = client.installations.get(inputs.application_id)
    except OltError as failure:
        raise _unseen(inputs, error, failure) from None
    if seen.installation is None:
        raise _refused(error, seen)
    return seen.installation


def _look(client: TenantClient, inputs: InstallationInputs, error: OltError) -> Installation | None:
    try:
        return client.installations.get(inputs.application_id).installation
    except OltError as failure:
        raise LifecycleError(
            f"{error.reason}. Whether application {inputs.application_id} is installed in tenant "
            f"{inputs.tenant_id} now could not be looked up: {failure.reason}. Leave it in the "
            "program and run `pulumi up` again; taken out before that, it may stay installed "
            "without being in any state"
        ) from None


def _unseen(inputs: InstallationInputs, error: ApiError, failure: OltError) -> LifecycleError:
    """Explain a refusal where the look failed: only the platform's 404 means that it is hidden."""
    status = failure.status if isinstance(failure, ApiError) and failure.from_platform else None
    if status == FORBIDDEN:
        why = "these credentials may not read or install applications (applications:write)"
    elif status == NOT_FOUND:
        why = (
            f"tenant {inputs.tenant_id} cannot see the application: its owner has not allowed "
            "this tenant, or the ID is wrong, or the application was deleted"
        )
    else:
        why = f"the reason could not be looked up: {failure}"
    return LifecycleError(f"{error.reason}. Not installed: {why}")


def _refused(error: ApiError, seen: AvailableApplication) -> OltError:
    """Explain a refusal by what the tenant sees of the application."""
    if not seen.available:
        why = _unavailable(seen.available_code)
    elif error.status == FORBIDDEN:
        why = "the application is available, so these credentials lack applications:write"
    elif error.status in {NOT_FOUND, CONFLICT}:
        why = "the application is available by now: run `pulumi up` again"
    else:
        return error
    return LifecycleError(f"{error.reason}. Not installed: {why}")


def _unavailable(code: str | None) -> str:
    if code is not None and "INACTIVE" in code.upper():
        return (
            f"the platform returned {code}: the application is inactive; its owner can activate it"
        )
    if code is not None and "ALLOWED" in code.upper():
        return f"the platform returned {code}: the application's owner does not allow this tenant"
    cause = f"the platform returned {code}" if code else "the platform lists it as not available"
    return f"{cause}: the application is inactive, or its owner no longer allows this tenant"
