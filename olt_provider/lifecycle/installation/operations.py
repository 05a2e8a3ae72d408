"""Create, read and delete an installation. There is nothing to update: every change replaces."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from olt_provider.api.client import TenantClient
from olt_provider.api.clock import format_timestamp
from olt_provider.api.errors import ApiError, OltError
from olt_provider.api.installations import AvailableApplication, Installation
from olt_provider.lifecycle.deletion_check import NOT_FOUND, check_deletion
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.installation.model import InstallationInputs, InstallationState
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.run_record import installation_key
from olt_provider.lifecycle.tenant_session import TenantSession

TRIES: Final = 2
"""Tries of a call, in addition to the transport's retries, which exclude unusable responses."""
FORBIDDEN: Final = 403
CONFLICT: Final = 409
UNEXPLAINED: Final = frozenset({401, 429})
"""Statuses of refusals that do not depend on the application."""


def create(context: ProviderContext, inputs: InstallationInputs) -> InstallationState:
    """Install an application: ``PUT /applications/{applicationId}/installation``.

    The call is authenticated as the tenant. Raises ``OltError``; a refusal is explained as far as
    the tenant can read the reason.
    """
    session = context.session(inputs.tenant_id)
    installation = _install(session.client, inputs)
    if installation.tenant_id != inputs.tenant_id:
        raise LifecycleError(
            f"application {inputs.application_id} was installed in tenant "
            f"{installation.tenant_id} instead of {inputs.tenant_id}: uninstall it there"
        )
    return InstallationState(inputs, format_timestamp(installation.created_at), session.api_url)


def _install(client: TenantClient, inputs: InstallationInputs) -> Installation:
    """Install, and look the installation up if the call fails.

    An installation that exists is accepted also if the platform refuses the call, as it does for an
    inactive application. After a lost response the call is repeated if nothing is installed,
    because repeating it is safe. Raises ``OltError``: a refusal states the reason as far as the
    tenant can read it, and a lost response that could not be looked up states what to run.
    """
    error: OltError
    for _ in range(TRIES):
        try:
            return client.installations.install(inputs.application_id)
        except OltError as failure:
            error = failure
        found = _existing(client, inputs, error)
        if found is not None:
            return found
    raise error


def _existing(
    client: TenantClient, inputs: InstallationInputs, error: OltError
) -> Installation | None:
    """Return the installation that exists although the call failed.

    ``None``: nothing is installed, and the call may be repeated.
    """
    if error.may_have_changed:
        return _look_up(client, inputs, error)
    if not isinstance(error, ApiError) or not error.from_platform or error.status in UNEXPLAINED:
        raise error
    try:
        seen = client.installations.get(inputs.application_id)
    except OltError as failure:
        raise _explain_hidden(inputs, error, failure) from None
    if seen.installation is None:
        raise _explain_refusal(error, seen)
    return seen.installation


def _look_up(
    client: TenantClient, inputs: InstallationInputs, error: OltError
) -> Installation | None:
    try:
        return client.installations.get(inputs.application_id).installation
    except OltError as failure:
        raise LifecycleError(
            f"{error.reason}. Whether application {inputs.application_id} is installed in tenant "
            f"{inputs.tenant_id} now could not be looked up: {failure.reason}. Leave it in the "
            "program and run `pulumi up` again; if it is removed before that, it may stay "
            "installed without being in any state"
        ) from None


def _explain_hidden(
    inputs: InstallationInputs, error: ApiError, failure: OltError
) -> LifecycleError:
    """Explain a refusal if the look-up failed: only the platform's 404 means that it is hidden."""
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


def _explain_refusal(error: ApiError, seen: AvailableApplication) -> OltError:
    """Explain a refusal by the tenant's view of the application."""
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


def read(context: ProviderContext, state: InstallationState) -> InstallationState | None:
    """Read an installation: ``GET /applications/{applicationId}``. ``None`` if it was uninstalled.

    If several are read, the tenant's list is read first and serves those that are unchanged in it.
    Raises ``LifecycleError`` if a 404 does not prove the deletion.
    """
    session = context.session(state.inputs.tenant_id)
    listed = session.installation_reads.find(state.inputs.application_id)
    if listed is not None and _is_as_kept(state, listed.installation, session.api_url):
        return state
    return _read_state(session, state)


def _is_as_kept(state: InstallationState, installation: Installation | None, api_url: str) -> bool:
    return (
        installation is not None
        and installation.tenant_id == state.inputs.tenant_id
        and format_timestamp(installation.created_at) == state.installed_at
        and api_url == state.api_url
    )


def _read_state(
    session: TenantSession,
    state: InstallationState,
    *,
    may_have_changed: bool = False,
) -> InstallationState | None:
    """Read the installation. ``may_have_changed``: an earlier try may have deleted it."""
    try:
        seen = session.client.installations.get(state.inputs.application_id)
    except ApiError as error:
        if error.status != NOT_FOUND:
            raise
        error.may_have_changed = may_have_changed
        check_deletion(
            session,
            session.installation_ids,
            state.inputs.application_id,
            api_url=state.api_url,
            error=error,
        )
        return None
    if seen.installation is None:
        return None
    _require_tenant(seen.installation.tenant_id, state.inputs)
    return replace(
        state,
        installed_at=format_timestamp(seen.installation.created_at),
        api_url=session.api_url,
    )


def get(context: ProviderContext, inputs: InstallationInputs) -> InstallationState:
    """Read an installation that is managed elsewhere. Raises ``OltError`` if it does not exist."""
    session = context.session(inputs.tenant_id)
    seen = session.client.installations.get(inputs.application_id)
    if seen.installation is None:
        raise LifecycleError(
            f"application {inputs.application_id} is not installed in tenant {inputs.tenant_id}"
        )
    _require_tenant(seen.installation.tenant_id, inputs)
    return InstallationState(
        inputs, format_timestamp(seen.installation.created_at), session.api_url
    )


def _require_tenant(tenant_id: str, inputs: InstallationInputs) -> None:
    if tenant_id != inputs.tenant_id:
        raise LifecycleError(
            f"the platform returned an installation of tenant {tenant_id} instead of "
            f"{inputs.tenant_id}. Nothing was changed"
        )


def delete(context: ProviderContext, state: InstallationState) -> None:
    """Uninstall an application: ``DELETE /applications/{applicationId}/installation``.

    The call is authenticated as the tenant. Makes no API call, and warns, if the program still
    declares the installation: a renamed or replaced resource is created before the old one is
    deleted, and both are the same installation. The platform returns 404 also if the application is
    not installed. Raises ``LifecycleError`` if a 404 does not prove that.
    """
    tenant_id, application_id = state.inputs.tenant_id, state.inputs.application_id
    if context.run.holders(installation_key(tenant_id, application_id), context.api_url):
        context.warn(
            f"application {application_id} was not uninstalled from tenant {tenant_id}: the "
            "program still declares that installation"
        )
        return
    context.default_tenants.require_no_move_of_installation(application_id, tenant_id)
    session = context.session(state.inputs.tenant_id)
    error: OltError
    for _ in range(TRIES):
        try:
            session.client.installations.uninstall(state.inputs.application_id)
        except OltError as failure:
            error = failure
        else:
            return
        if _uninstalled(session, state, error):
            return
    raise error


def _uninstalled(session: TenantSession, state: InstallationState, error: OltError) -> bool:
    """Whether it is uninstalled although the call failed; if not, the call may be repeated."""
    not_found = isinstance(error, ApiError) and error.status == NOT_FOUND
    if not not_found and not error.may_have_changed:
        raise error
    try:
        there = _read_state(session, state, may_have_changed=error.may_have_changed)
    except OltError as failure:
        if not_found:
            raise
        raise LifecycleError(
            f"{error.reason}. Whether application {state.inputs.application_id} is still installed "
            f"in tenant {state.inputs.tenant_id} could not be looked up: {failure.reason}. Run the "
            "same again"
        ) from None
    if there is not None and not_found:
        raise LifecycleError(
            f"{error.reason}, although it is installed, so these credentials lack "
            "applications:write. Nothing was changed"
        )
    return there is None
