"""Create, read and delete an installation. There is nothing to update: every change replaces."""

from __future__ import annotations

from dataclasses import replace

from olt_provider.api.errors import ApiError, OltError
from olt_provider.api.installations import Installation
from olt_provider.api.model import format_timestamp
from olt_provider.lifecycle.deletion_check import NOT_FOUND, check_deletion
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.installation.installing import TRIES, install
from olt_provider.lifecycle.installation.model import InstallationInputs, InstallationState
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.run_record import installation_key
from olt_provider.lifecycle.tenant_session import TenantSession


def create(context: ProviderContext, inputs: InstallationInputs) -> InstallationState:
    """``PUT /applications/{applicationId}/installation``, authenticated as the tenant.

    Raises ``OltError``; a refusal states why, as far as the platform lets the tenant see it.
    """
    session = context.session(inputs.tenant_id)
    installation = install(session.client, inputs)
    if installation.tenant_id != inputs.tenant_id:
        raise LifecycleError(
            f"application {inputs.application_id} was installed in tenant "
            f"{installation.tenant_id} instead of {inputs.tenant_id}: uninstall it there"
        )
    return InstallationState(inputs, format_timestamp(installation.created_at), session.api_url)


def read(context: ProviderContext, state: InstallationState) -> InstallationState | None:
    """``GET /applications/{applicationId}``: ``None`` if it is not installed any more.

    Where several are read, their tenant's list is read first, and used as far as it shows
    that nothing has changed. Raises ``LifecycleError`` where a 404 does not prove that.
    """
    session = context.session(state.inputs.tenant_id)
    listed = session.installation_reads.find(state.inputs.application_id)
    if listed is not None and _is_as_kept(state, listed.installation, session.api_url):
        return state
    return _look(session, state)


def _is_as_kept(state: InstallationState, installation: Installation | None, api_url: str) -> bool:
    return (
        installation is not None
        and installation.tenant_id == state.inputs.tenant_id
        and format_timestamp(installation.created_at) == state.installed_at
        and api_url == state.api_url
    )


def _look(
    session: TenantSession,
    state: InstallationState,
    *,
    may_have_changed: bool = False,
) -> InstallationState | None:
    """What is there; ``may_have_changed``: a lost response may have been that of a deletion."""
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
    """One that is managed elsewhere. Raises ``OltError`` if it does not exist."""
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
    """``DELETE /applications/{applicationId}/installation``, authenticated as the tenant.

    Returns without a call, with a warning, for one that the program still declares: renamed or
    replaced, it was created before the old one is deleted, and both are the same. A 404 is also
    what a tenant gets that does not have it installed. Raises ``LifecycleError`` where that is not
    proven.
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
    """Whether it is gone although the call failed; if not, the call may be repeated."""
    not_found = isinstance(error, ApiError) and error.status == NOT_FOUND
    if not not_found and not error.may_have_changed:
        raise error
    try:
        there = _look(session, state, may_have_changed=error.may_have_changed)
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
