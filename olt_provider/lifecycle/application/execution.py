"""Executing a plan: one API call for each step, in order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from pydantic import SecretStr

from olt_provider.api.applications import Application, ApplicationPatch
from olt_provider.api.client import TenantClient
from olt_provider.api.errors import ApiError, OltError
from olt_provider.lifecycle.application.model import ApplicationInputs, allowed_in
from olt_provider.lifecycle.deletion_check import NOT_FOUND
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.plan import Allow, NewSecret, Patch, Plan, Revoke, Step
from olt_provider.lifecycle.tenant_session import TenantSession

SECRET_TRIES: Final = 3
"""Each on top of the transport's own retries, which do not cover unusable responses."""

FINISH: Final = (
    "Part of the change may have been made: run `pulumi up` again to finish it, or, if you take "
    "the change out of the program, `pulumi up --refresh --run-program`"
)


class LostSecretError(LifecycleError):
    """A new secret may have been made of which every response was lost: the old one may be dead."""


@dataclass
class Outcome:
    """What the steps returned so far.

    Attributes:
        done: the steps that were completed.
        application: what the platform returned to a ``Patch``.
        secret: the new client secret.
    """

    done: list[Step] = field(default_factory=list)
    application: Application | None = None
    secret: SecretStr | None = None

    def applied_to(self, inputs: ApplicationInputs) -> ApplicationInputs:
        """The inputs of an application after the steps that were completed."""
        for step in self.done:
            if isinstance(step, Patch):
                inputs = replace(inputs, **step.changes)
            elif isinstance(step, Allow | Revoke):
                tenants = dict(inputs.allowed_tenants or {})
                tenants.pop(step.tenant_id, None)
                if isinstance(step, Allow):
                    tenants[step.tenant_id] = step.comment
                inputs = replace(inputs, allowed_tenants=tenants)
        return inputs


def execute(
    session: TenantSession,
    application_id: str,
    plan: Plan,
    outcome: Outcome,
) -> None:
    """Make the API calls of a plan, and record in ``outcome`` what was completed.

    Cancellation is checked before each step, because a step after it could undo what a later run
    did: it would end a secret that a state has just received. Raises ``OltError``, with what to run
    if a part may have been done; its cause is the refusal that stopped it, if it was one.
    ``LostSecretError``: the secret that was known before may be dead.
    """
    if plan.undecided:
        raise ValueError(f"a plan of unknown values: {', '.join(sorted(plan.undecided))}")
    try:
        for step in plan.steps:
            if not isinstance(step, NewSecret):  # which checks before each try
                session.check_cancelled()
            if isinstance(step, Patch):
                patch = ApplicationPatch(**step.changes)
                outcome.application = session.client.applications.patch(application_id, patch)
            elif isinstance(step, Allow):
                _allow(session.client, application_id, step)
            elif isinstance(step, Revoke):
                _revoke(session.client, application_id, step)
            else:
                outcome.secret = new_secret(session, application_id)
            outcome.done.append(step)
    except LostSecretError as error:
        raise LostSecretError(f"{error.reason}. {FINISH}") from None
    except OltError as error:
        if outcome.done or error.may_have_changed:
            raise LifecycleError(f"{error.reason}. {FINISH}") from error
        raise


def _allow(client: TenantClient, application_id: str, step: Allow) -> None:
    try:
        client.allowed_tenants.allow(application_id, step.tenant_id, step.comment)
    except ApiError as error:
        hidden_or_missing = error.status == NOT_FOUND and error.from_platform
        if not hidden_or_missing or not _exists(client, application_id):
            raise
        raise LifecycleError(
            f"{error.reason}; the application exists, so the platform may have no tenant "
            f"{step.tenant_id}: check allowed_tenants"
        ) from None


def _exists(client: TenantClient, application_id: str) -> bool:
    try:
        client.applications.get(application_id)
    except OltError:
        return False
    return True


def _revoke(client: TenantClient, application_id: str, step: Revoke) -> None:
    try:
        client.allowed_tenants.revoke(application_id, step.tenant_id)
    except ApiError as error:
        if error.status != NOT_FOUND or not error.from_platform:
            raise
        # Revoked already, or the application is hidden: only reading it shows which.
        try:
            revoked = step.tenant_id not in allowed_in(client.applications.get(application_id))
        except OltError as failure:
            failure.may_have_changed = failure.may_have_changed or error.may_have_changed
            raise
        if not revoked:
            raise


def new_secret(session: TenantSession, application_id: str) -> SecretStr:
    """``POST .../{applicationId}/secret``, repeated when the response is unusable: that is safe.

    The old secret may be dead after the first try, so one that is known is needed. Cancellation is
    checked before each try. Raises ``LostSecretError`` if no secret has become known and one may
    have been made, else ``OltError``.
    """
    lost: OltError | None = None
    for _ in range(SECRET_TRIES):
        try:
            session.check_cancelled()
            return session.client.applications.new_secret(application_id)
        except OltError as error:
            if error.may_have_changed:
                lost = error
            elif lost is None:
                raise
            else:
                raise LostSecretError(error.reason) from None
    raise LostSecretError(lost.reason if lost else "")
