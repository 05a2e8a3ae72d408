"""Create, read, update and delete an application."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from olt_provider.api.applications import Application, ApplicationPatch
from olt_provider.api.client import TenantClient
from olt_provider.api.errors import ApiError, OltError
from olt_provider.lifecycle.application.adoption import (
    adopt,
    require_secret_kept,
    warn_of_dead_secret,
)
from olt_provider.lifecycle.application.changes import Changes
from olt_provider.lifecycle.application.model import (
    ApplicationInputs,
    ApplicationState,
    kept_inputs,
)
from olt_provider.lifecycle.application.registration import (
    Registered,
    how_to_adopt,
    left_behind,
    register,
)
from olt_provider.lifecycle.application.rotation import Rotation, of_update
from olt_provider.lifecycle.application.secret import LostSecretError
from olt_provider.lifecycle.application.secret_age import written
from olt_provider.lifecycle.deletion_check import APPLICATIONS, NOT_FOUND, check_deletion
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.run_record import application_key


def create(context: ProviderContext, inputs: ApplicationInputs) -> ApplicationState:
    """Register or adopt an application: ``POST /application-developer/applications``.

    If something fails after a registration, what was registered is deleted again; but not what was
    found because the answer was lost, which might be somebody else's. Raises ``OltError``.
    """
    client = context.as_tenant(inputs.tenant_id)
    if inputs.adopt is not None:
        return adopt(context, client, inputs, inputs.adopt)
    registered = register(context, client, inputs)
    application = registered.application
    made = ApplicationState.of(
        application,
        inputs,
        application.oauth2_client.secret,
        client.api_url,
        secret_rotated_at=written(context.now()),
    )
    try:
        _finish(client, application, inputs)
    except Exception as error:  # noqa: BLE001 - whatever it was, nothing may be left behind
        if registered.adopted:
            left_behind(context, inputs, registered)
            raise _to_adopt(made, error) from None
        raise _undo(context, registered, made, error) from None
    return made


def _finish(client: TenantClient, registered: Application, inputs: ApplicationInputs) -> None:
    """What a registration cannot set."""
    if registered.tenant_id != inputs.tenant_id:
        raise LifecycleError(
            f"application {registered.id} was registered for tenant {registered.tenant_id} "
            f"instead of {inputs.tenant_id}"
        )
    if registered.status != inputs.status:
        client.applications.patch(registered.id, ApplicationPatch(status=inputs.status))


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, OltError) else f"unexpected {type(error).__name__}"


def _to_adopt(made: ApplicationState, error: Exception) -> LifecycleError:
    return LifecycleError(
        f"{_said(error)}. The answer to the registration had been lost, and the application that "
        f"fits alone, {made.id}, was given a new secret, which is lost now; it was not deleted. "
        f"{how_to_adopt(made.id)}"
    )


def _undo(
    context: ProviderContext, registered: Registered, made: ApplicationState, error: Exception
) -> LifecycleError:
    said = _said(error)
    try:
        delete(context, replace(made, inputs=replace(made.inputs, force_destroy=True)))
    except OltError as failure:
        left_behind(context, made.inputs, registered)
        return LifecycleError(
            f"{said}. The application was registered as {made.id} and could not be deleted again "
            f'({failure}): if it is there, declare adopt=AdoptArgs(application_id="{made.id}") or '
            "delete it manually"
        )
    return LifecycleError(
        f"{said}. The application that was registered, {made.id}, was deleted again, so "
        "nothing is left: run `pulumi up` again"
    )


def read(context: ProviderContext, state: ApplicationState) -> ApplicationState | None:
    """``GET .../{applicationId}``: what the platform holds, or ``None`` if it is gone.

    Where several are read, their tenant's list is asked first, and believed as far as it shows
    that nothing has changed. Raises ``LifecycleError`` where a 404 does not prove that.
    """
    client = context.as_tenant(state.inputs.tenant_id)
    listed = context.application_reads(client).find(state.id)
    if listed is not None and _as_found(state, listed, client.api_url) == state:
        return state
    try:
        application = client.applications.get(state.id)
    except ApiError as error:
        if error.status != NOT_FOUND:
            raise
        check_deletion(context, client, APPLICATIONS, state.id, api_url=state.api_url, error=error)
        return None
    return _as_found(state, application, client.api_url)


def _as_found(state: ApplicationState, application: Application, api_url: str) -> ApplicationState:
    return ApplicationState.of(
        application,
        state.inputs.as_found(application),
        state.client_secret,
        api_url,
        secret_rotated_at=state.secret_rotated_at,
    )


def get(context: ProviderContext, application_id: str, tenant_id: str | None) -> ApplicationState:
    """One that is managed elsewhere: without its secret, and it must exist.

    ``tenant_id`` ``None``: of the credentials' tenant. Raises ``OltError`` if it is missing.
    """
    owner = tenant_id or context.default_tenant()
    client = context.as_tenant(owner)
    application = client.applications.get(application_id)
    found = ApplicationInputs(name=application.name, tenant_id=owner, allowed_tenants={})
    return ApplicationState.of(application, found.as_found(application), None, client.api_url)


def update(
    context: ProviderContext, state: ApplicationState, inputs: ApplicationInputs
) -> ApplicationState:
    """``PATCH``, allow and revoke, and a new secret, each only where something differs.

    Raises ``OltError``; if a part may have been done, with what to run.
    """
    context.application_checks.updated(state.id)
    adopter = context.run.retake(application_key(state.id))
    if adopter is not None:
        raise LifecycleError(
            f"application {state.id} is managed by this resource, and {adopter.name} adopts it; "
            "only one resource can: remove one of them from the program"
        )
    client = context.as_tenant(inputs.tenant_id)
    changes = Changes(
        client,
        state.id,
        state.inputs,
        inputs,
        new_secret=rotates(state, inputs, context.now()),
        check_cancelled=context.check_cancelled,
    )
    try:
        changed = changes.apply()
    except LostSecretError as error:
        raise LifecycleError(
            f"{error.reason}. The client secret in the state may be dead, which no refresh finds "
            "out: leave the rotation in the program, or give rotate_secret_when_changed another "
            "value"
        ) from None
    except OltError as error:
        raise _explained(context, client, state, error) from None
    context.known_applications(inputs.tenant_id).note(state.id, inputs.name)
    rotated_at = state.secret_rotated_at if changed.secret is None else written(context.now())
    kept = replace(
        state,
        inputs=kept_inputs(inputs, rotated_at),
        secret_rotated_at=rotated_at,
        api_url=client.api_url,
    )
    if changed.application is not None:
        public = changed.application.public_oauth2_client
        kept = replace(kept, public_client_id=None if public is None else public.id)
    return kept if changed.secret is None else replace(kept, client_secret=changed.secret)


def _explained(
    context: ProviderContext, client: TenantClient, state: ApplicationState, error: OltError
) -> OltError:
    """The error of an update; after a 404, whether the application was deleted outside Pulumi."""
    refusal = error if isinstance(error, ApiError) else error.__cause__
    if not isinstance(refusal, ApiError) or refusal.status != NOT_FOUND:
        return error
    if client.api_url != state.api_url:
        return LifecycleError(
            f"{error.reason}; application {state.id} lives at {state.api_url}, but this run calls "
            f"{client.api_url}: set olt:apiUrl (or OLT_API_URL) to where it lives"
        )
    try:
        check_deletion(
            context, client, APPLICATIONS, state.id, api_url=state.api_url, error=refusal
        )
    except LifecycleError as unproven:
        # the other message names what was changed before the 404
        return unproven if error is refusal else error
    return LifecycleError(
        f"{refusal.reason}; application {state.id} was deleted outside Pulumi: run `pulumi up "
        "--refresh --run-program`, which registers it again, with another client ID and secret"
    )


def rotates(state: ApplicationState, inputs: ApplicationInputs, now: datetime) -> bool:
    """Whether an update makes a new secret."""
    return of_update(state.to_props(), inputs.to_props(), now) is Rotation.YES


def delete(context: ProviderContext, state: ApplicationState) -> None:
    """``DELETE .../{applicationId}``, unless it is installed and nothing forces it.

    Returns without a call, with a warning, for one that a resource of the program holds. Raises
    ``LifecycleError`` where it is refused, where a 404 does not prove that it is gone, and where
    an adoption would replace its client secret by one that could not be checked.
    """
    holders = context.run.holders(application_key(state.id), context.api_url)
    if holders:
        require_secret_kept(context, state)
        verb = "adopts" if holders[-1].adopts else "manages"
        context.warn(f"application {state.id} was not deleted: {holders[-1].name} {verb} it")
        warn_of_dead_secret(context, state)
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
    client = context.as_tenant(state.inputs.tenant_id)
    try:
        if not state.inputs.force_destroy and state.id not in context.forced:
            _require_not_installed(client, state.id)
        client.applications.delete(state.id)
    except ApiError as error:
        if error.status != NOT_FOUND:
            raise
        check_deletion(context, client, APPLICATIONS, state.id, api_url=state.api_url, error=error)
    context.known_applications(state.inputs.tenant_id).forget(state.id)


def _require_not_installed(client: TenantClient, application_id: str) -> None:
    application = client.applications.get(application_id)
    installed = sorted(item.tenant_id for item in application.allowed_tenants if item.installed)
    if installed:
        raise LifecycleError(
            f"application {application_id} is still installed in tenant {', '.join(installed)}, "
            "which would lose it: uninstall it there, or run the same command with "
            f"OLT_FORCE_DESTROY={application_id} in its environment to delete it all the same "
            "(force_destroy=True in the program does not reach an application that was replaced or "
            "removed). Installations of this stack that are gone by now are put back by the next "
            "`pulumi up`"
        )
