"""Adopt an existing application."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from pydantic import SecretStr

from olt_provider.api.applications import Application
from olt_provider.api.client import TenantClient
from olt_provider.api.clock import format_timestamp
from olt_provider.api.errors import ApiError, OltError
from olt_provider.api.token_remedies import proves_secret_wrong
from olt_provider.lifecycle.application.execution import LostSecretError, Outcome, execute
from olt_provider.lifecycle.application.model import (
    Adoption,
    ApplicationInputs,
    ApplicationState,
)
from olt_provider.lifecycle.deletion_check import NOT_FOUND
from olt_provider.lifecycle.errors import LifecycleError, PartiallyCompleted
from olt_provider.lifecycle.plan import plan
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.tenant_session import TenantSession


def adopt(
    session: TenantSession, inputs: ApplicationInputs, adoption: Adoption
) -> ApplicationState:
    """Adopt an existing application, and apply what is declared.

    A declared client secret is checked at the token endpoint first. If none is declared, the client
    secret is rotated as the last step. Raises ``LifecycleError`` before any change if the tenant
    does not own the application or the declared secret is refused; ``PartiallyCompleted`` if a
    later step failed, or if the secret may have been rotated and the new one was lost.
    """
    application = _find(session.client, inputs, adoption)
    if adoption.client_secret is not None:
        _check_secret(session.context, application, adoption.client_secret)
    current, outcome = ApplicationInputs.found(application), Outcome()
    try:
        execute(session, application.id, plan(current, inputs), outcome)
    except OltError as error:
        lost = isinstance(error, LostSecretError)
        if not outcome.done and not lost:
            raise
        found = outcome.applied_to(current)
        if inputs.allowed_tenants is None:
            found = replace(found, allowed_tenants=None)
        reached = ApplicationState.of(
            outcome.application or application, found, adoption.client_secret, session.api_url
        )
        lost_secret = adoption.client_secret is None
        reached = replace(reached, needs_new_secret=lost_secret, adopting=True)
        cause = _secret_lost(application, error) if lost else error
        raise PartiallyCompleted(reached, cause) from None
    session.known_applications.note(application.id, inputs.name)
    return ApplicationState.of(
        outcome.application or application,
        inputs,
        outcome.secret or adoption.client_secret,
        session.api_url,
        secret_rotated_at=None
        if outcome.secret is None
        else format_timestamp(session.context.now()),
    )


def _secret_lost(application: Application, error: OltError) -> LifecycleError:
    return LifecycleError(
        f"{error.reason}. The client secret that application {application.id} had may be dead, "
        "also where a state holds it: adopt it again, or give rotate_secret_when_changed "
        "another value"
    )


def _find(client: TenantClient, inputs: ApplicationInputs, adoption: Adoption) -> Application:
    try:
        application = client.applications.get(adoption.application_id)
    except ApiError as error:
        if error.status != NOT_FOUND or not error.from_platform:
            raise
        raise LifecycleError(
            f"adopt: {error.reason}; tenant {inputs.tenant_id} owns no application "
            f"{adoption.application_id} that these credentials may see. Nothing was changed"
        ) from None
    if application.tenant_id != inputs.tenant_id:
        raise LifecycleError(
            f"adopt: application {application.id} belongs to tenant {application.tenant_id}, not "
            f"to {inputs.tenant_id}. Nothing was changed"
        )
    return application


def require_secret_kept(context: ProviderContext, state: ApplicationState) -> None:
    """Raise if adopting would replace the state's client secret by one that may be dead.

    Used when a resource is deleted after its replacement adopted the same application: the adoption
    itself cannot read the state of the replaced resource. Raises ``LifecycleError``.
    """
    declared = context.declared_secrets.get(state.id)
    if declared is None or state.client_secret in (None, declared):
        return
    client = context.session(state.inputs.tenant_id).client
    trial = _try_secret(context, client.applications.get(state.id), declared)
    if not trial.accepted:
        raise LifecycleError(
            f"adopt: the declared client_secret of application {state.id} differs from the one in "
            f"the state and may be dead ({trial.reason}). Remove client_secret from adopt, give "
            "rotate_secret_when_changed another value and run `pulumi up`. If the declared one "
            "works, run `pulumi up` again without replacing the resource"
        )


def warn_of_dead_secret(context: ProviderContext, state: ApplicationState) -> None:
    """Warn if a resource that stays holds a dead client secret of the same application.

    Used after a resource was removed that had rotated the secret of the application.
    """
    kept = context.kept_secrets.get(state.id, [])
    if not kept or state.client_secret is None or state.client_secret in kept:
        return
    try:
        application = context.session(state.inputs.tenant_id).client.applications.get(state.id)
    except OltError:
        return
    if any(_try_secret(context, application, secret).refused for secret in kept):
        context.warn(
            f"the client secret that the state now holds of application {state.id} is dead: the "
            "resource that was removed held another. Give rotate_secret_when_changed another value "
            "and run `pulumi up` again"
        )


def _check_secret(context: ProviderContext, application: Application, secret: SecretStr) -> None:
    """Check the declared secret at the token endpoint, and warn if the result is not certain.

    Raises ``LifecycleError`` only if the response proves the secret wrong, because the error
    advises a rotation, which would end a valid secret.
    """
    trial = _try_secret(context, application, secret)
    if trial.refused:
        raise LifecycleError(
            f"adopt: the token endpoint refuses the declared client_secret of application "
            f"{application.id} ({trial.reason}); declare its present secret, or leave "
            "client_secret out to rotate it, which ends the present one. Nothing was changed"
        )
    if not trial.accepted:
        context.warn(
            f"the client secret declared for application {application.id} could not be checked: "
            f"{trial.reason}"
        )


class _SecretTrial(NamedTuple):
    """The result of a token request with a secret; it may be neither accepted nor refused."""

    accepted: bool
    refused: bool
    reason: str = ""


def _try_secret(
    context: ProviderContext, application: Application, secret: SecretStr
) -> _SecretTrial:
    """Request a token with the secret. Without an installation only a wrong one is detected."""
    if application.status != "active":
        return _SecretTrial(False, False, "it is inactive: any secret of it is refused")
    installed = sorted(item.tenant_id for item in application.allowed_tenants if item.installed)
    tenant_id = installed[0] if installed else application.tenant_id
    try:
        context.client.identity.client_credentials(
            application.oauth2_client.id, secret, tenant_id=tenant_id
        )
    except ApiError as error:
        if proves_secret_wrong(error):
            return _SecretTrial(False, True, str(error))
        return _SecretTrial(
            False, False, str(error) if installed else "no allowed tenant has it installed"
        )
    except OltError as error:
        return _SecretTrial(False, False, str(error))
    return _SecretTrial(True, False)
