"""Create, read, update and delete an application."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from olt_provider.api.applications import Application, ApplicationPatch
from olt_provider.api.clock import format_timestamp
from olt_provider.api.errors import ApiError, OltError
from olt_provider.lifecycle.application.adoption import (
    adopt,
    require_secret_kept,
    warn_of_dead_secret,
)
from olt_provider.lifecycle.application.execution import LostSecretError, Outcome, execute
from olt_provider.lifecycle.application.model import (
    ApplicationInputs,
    ApplicationState,
    allowed_in,
    kept_inputs,
)
from olt_provider.lifecycle.application.registration import (
    PartiallyRegistered,
    how_to_adopt,
    record_unfinished,
    register,
)
from olt_provider.lifecycle.application.rotation import by_age
from olt_provider.lifecycle.deletion_check import NOT_FOUND, check_deletion
from olt_provider.lifecycle.errors import LifecycleError, PartiallyCompleted
from olt_provider.lifecycle.plan import plan
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.run_record import application_key
from olt_provider.lifecycle.tenant_session import TenantSession


def create(context: ProviderContext, inputs: ApplicationInputs) -> ApplicationState:
    """Register or adopt an application: ``POST /application-developer/applications``.

    Raises ``OltError``; ``PartiallyCompleted`` if the application exists and a later step failed.
    """
    session = context.session(inputs.tenant_id)
    if inputs.adopt is not None:
        return adopt(session, inputs, inputs.adopt)
    registered = register(session, inputs)
    application = registered.application
    secret, made_at = application.oauth2_client.secret, format_timestamp(context.now())
    try:
        _require_owner(application, inputs)
        if application.status != inputs.status:  # a registration cannot set it
            session.client.applications.patch(
                application.id, ApplicationPatch(status=inputs.status)
            )
    except Exception as error:  # noqa: BLE001 - after any exception, the application exists
        found = inputs.as_found(application)
        state = ApplicationState.of(
            application, found, secret, session.api_url, secret_rotated_at=made_at
        )
        raise PartiallyRegistered(state, error, inputs, registered) from None
    return ApplicationState.of(
        application, inputs, secret, session.api_url, secret_rotated_at=made_at
    )


def create_or_undo(context: ProviderContext, inputs: ApplicationInputs) -> ApplicationState:
    """Create an application, for a host that cannot keep partial state.

    If a step fails after a registration, the application is deleted again, unless its response was
    lost and it was looked up: that one might be another program's. Raises ``OltError``.
    """
    try:
        return create(context, inputs)
    except PartiallyRegistered as error:
        if error.registered.adopted:
            record_unfinished(context.session(inputs.tenant_id), inputs, error.registered)
            raise _naming_how_to_adopt(error) from None
        raise _undo(context, error) from None


def _require_owner(registered: Application, inputs: ApplicationInputs) -> None:
    if registered.tenant_id != inputs.tenant_id:
        raise LifecycleError(
            f"application {registered.id} was registered for tenant {registered.tenant_id} "
            f"instead of {inputs.tenant_id}"
        )


def _naming_how_to_adopt(error: PartiallyRegistered) -> LifecycleError:
    return LifecycleError(
        f"{error}. The response to the registration had been lost, and the client secret "
        f"of the only matching application, {error.state.id}, was rotated to a new one, "
        "which is lost now; it was not deleted. "
        f"{how_to_adopt(error.state.id)}"
    )


def _undo(context: ProviderContext, error: PartiallyRegistered) -> LifecycleError:
    """Delete a registered application, and return the error to raise."""
    id_ = error.state.id
    made = replace(error.state, inputs=replace(error.inputs, force_destroy=True, adopt=None))
    try:
        delete(context, made)
    except OltError as failure:
        record_unfinished(context.session(error.inputs.tenant_id), error.inputs, error.registered)
        return LifecycleError(
            f"{error}. The application was registered as {id_} and could not be deleted again "
            f'({failure}): if it is there, declare adopt=AdoptArgs(application_id="{id_}") or '
            "delete it manually"
        )
    return LifecycleError(
        f"{error}. The application that was registered, {id_}, was deleted again, so "
        "nothing is left: run `pulumi up` again"
    )


def read(context: ProviderContext, state: ApplicationState) -> ApplicationState | None:
    """Read an application: ``GET .../{applicationId}``. ``None`` if it was deleted.

    If several are read, the tenant's list is read first and serves those that are unchanged in it.
    Raises ``LifecycleError`` if a 404 does not prove the deletion.
    """
    session = context.session(state.inputs.tenant_id)
    listed = session.application_reads.find(state.id)
    if listed is not None and _as_found(state, listed, session.api_url) == state:
        return state
    try:
        application = session.client.applications.get(state.id)
    except ApiError as error:
        if error.status != NOT_FOUND:
            raise
        check_deletion(
            session, session.application_ids, state.id, api_url=state.api_url, error=error
        )
        return None
    return _as_found(state, application, session.api_url)


def _as_found(state: ApplicationState, application: Application, api_url: str) -> ApplicationState:
    return ApplicationState.of(
        application,
        state.inputs.as_found(application),
        state.client_secret,
        api_url,
        secret_rotated_at=state.secret_rotated_at,
    )


def get(context: ProviderContext, application_id: str, tenant_id: str | None) -> ApplicationState:
    """Read an application that is managed elsewhere, without its secret.

    ``tenant_id`` ``None``: the credentials' tenant. Raises ``OltError`` if it does not exist.
    """
    owner = tenant_id or context.default_tenant()
    session = context.session(owner)
    application = session.client.applications.get(application_id)
    found = ApplicationInputs(name=application.name, tenant_id=owner, allowed_tenants={})
    return ApplicationState.of(application, found.as_found(application), None, session.api_url)


def update(
    context: ProviderContext, state: ApplicationState, inputs: ApplicationInputs
) -> ApplicationState:
    """Apply the plan of a change: ``PATCH``, allow and revoke, and a rotation, as needed.

    Raises ``OltError``, which names the command to run if a part may have been done;
    ``PartiallyCompleted`` if a part was done, which ``state`` includes, or if the client secret of
    the state may be dead.
    """
    context.application_checks.updated(state.id)
    adopter = context.run.retake(application_key(state.id))
    if adopter is not None:
        raise LifecycleError(
            f"application {state.id} is managed by this resource, and {adopter.name} adopts it; "
            "only one resource can: remove one of them from the program"
        )
    session = context.session(inputs.tenant_id)
    current, outcome, now = state.inputs, Outcome(), context.now()
    try:
        if inputs.allowed_tenants is not None and current.allowed_tenants is None:
            found = allowed_in(session.client.applications.get(state.id))
            current = replace(current, allowed_tenants=found)
        age = by_age(state.to_props(), inputs.to_props(), now)
        steps = plan(current, inputs, age=age, secret_lost=state.needs_new_secret)
        execute(session, state.id, steps, outcome)
    except LostSecretError as error:
        lost = LifecycleError(
            f"{error.reason}. The client secret in the state may be dead, which no refresh "
            "detects: leave the rotation in the program, or give rotate_secret_when_changed "
            "another value"
        )
        reached = _state_after(state, outcome.applied_to(current), outcome, now)
        raise PartiallyCompleted(replace(reached, needs_new_secret=True), lost) from None
    except OltError as error:
        explained = _explain(session, state, error)
        if outcome.done:
            reached = _state_after(state, outcome.applied_to(current), outcome, now)
            raise PartiallyCompleted(reached, explained) from None
        raise explained from None
    session.known_applications.note(state.id, inputs.name)
    after = _state_after(state, inputs, outcome, now)
    return replace(after, api_url=session.api_url, adopting=False)


def _state_after(
    state: ApplicationState, inputs: ApplicationInputs, outcome: Outcome, now: datetime
) -> ApplicationState:
    """Return the state after the completed steps."""
    if outcome.application is not None:
        public = outcome.application.public_oauth2_client
        state = replace(state, public_client_id=None if public is None else public.id)
    if outcome.secret is not None:
        state = replace(
            state,
            client_secret=outcome.secret,
            secret_rotated_at=format_timestamp(now),
            needs_new_secret=False,
        )
    return replace(state, inputs=kept_inputs(inputs, state.secret_rotated_at))


def _explain(session: TenantSession, state: ApplicationState, error: OltError) -> OltError:
    """Return the error of an update; after a 404, whether the application was deleted manually."""
    refusal = error if isinstance(error, ApiError) else error.__cause__
    if not isinstance(refusal, ApiError) or refusal.status != NOT_FOUND:
        return error
    if session.api_url != state.api_url:
        return LifecycleError(
            f"{error.reason}; application {state.id} is registered at {state.api_url}, but this "
            f"run calls {session.api_url}: set olt:apiUrl (or OLT_API_URL) to its platform"
        )
    try:
        check_deletion(
            session, session.application_ids, state.id, api_url=state.api_url, error=refusal
        )
    except LifecycleError as unproven:
        # the error of the plan names the changes before the 404
        return unproven if error is refusal else error
    return LifecycleError(
        f"{refusal.reason}; application {state.id} was deleted outside Pulumi: run `pulumi up "
        "--refresh --run-program`, which registers it again, with another client ID and secret"
    )


def delete(context: ProviderContext, state: ApplicationState) -> None:
    """Delete an application: ``DELETE .../{applicationId}``, unless the deletion guard refuses it.

    Makes no API call, and warns, if another resource of the program manages the application, or if
    its adoption was not finished. Raises ``LifecycleError`` if it is installed and
    ``force_destroy`` is not set, if a 404 does not prove the deletion, and if an adoption would
    replace its client secret by one that could not be checked.
    """
    holders = context.run.holders(application_key(state.id), context.api_url)
    if holders:
        require_secret_kept(context, state)
        verb = "adopts" if holders[-1].adopts else "manages"
        context.warn(f"application {state.id} was not deleted: {holders[-1].name} {verb} it")
        warn_of_dead_secret(context, state)
        return
    if state.adopting:
        context.warn(
            f"application {state.id} was not deleted, because its adoption was not finished: "
            "delete it in the portal if nothing uses it"
        )
        return
    if context.application_checks.may_manage(state.inputs.name, state.inputs.tenant_id):
        raise LifecycleError(
            f"application {state.id} was not deleted: the engine did not compare a resource with "
            f"name={state.inputs.name!r}, which may manage it too; unset PULUMI_ENABLE_LEGACY_DIFF "
            "and run `pulumi up` again"
        )
    context.default_tenants.require_no_move_of_application(
        state.inputs.name, state.inputs.tenant_id
    )
    session = context.session(state.inputs.tenant_id)
    try:
        if not state.inputs.force_destroy and state.id not in context.forced:
            _require_not_installed(session, state.id)
        session.client.applications.delete(state.id)
    except ApiError as error:
        if error.status != NOT_FOUND:
            raise
        check_deletion(
            session, session.application_ids, state.id, api_url=state.api_url, error=error
        )
    session.known_applications.forget(state.id)


def _require_not_installed(session: TenantSession, application_id: str) -> None:
    """Raise ``LifecycleError`` if an application is installed in any tenant.

    If several are deleted, a list of the tenant that is a few seconds old suffices to show that one
    is not installed; that one is installed is confirmed by a GET of it.
    """
    listed = session.deletion_guard.find(application_id)
    if listed is not None and not _installed_in(listed):
        return
    installed = _installed_in(session.client.applications.get(application_id))
    if installed:
        raise LifecycleError(
            f"application {application_id} is still installed in tenant {', '.join(installed)}, "
            "which would lose it: uninstall it there, or run the same command with "
            f"OLT_FORCE_DESTROY={application_id} in its environment to delete it all the same "
            "(force_destroy=True in the program does not reach an application that was replaced or "
            "removed). Installations of this stack that are gone by now are put back by the next "
            "`pulumi up`"
        )


def _installed_in(application: Application) -> list[str]:
    return sorted(item.tenant_id for item in application.allowed_tenants if item.installed)
