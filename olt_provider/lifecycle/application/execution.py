"""Execute a plan: one API call for each step, in order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final, NoReturn

from pydantic import SecretStr

from olt_provider.api.applications import Application, ApplicationPatch
from olt_provider.api.client import TenantClient
from olt_provider.api.errors import ApiError, OltError
from olt_provider.lifecycle.application.model import ApplicationInputs, allowed_in
from olt_provider.lifecycle.deletion_check import NOT_FOUND
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.plan import Allow, Patch, Plan, Revoke, Step
from olt_provider.lifecycle.tenant_session import TenantSession

SECRET_TRIES: Final = 3
"""Tries of a rotation, in addition to the transport's retries, which exclude unusable responses."""

FINISH: Final = (
    "Part of the change may have been made: run `pulumi up` again to finish it, or, if you take "
    "the change out of the program, `pulumi up --refresh --run-program`"
)


class LostSecretError(LifecycleError):
    """Every response to a rotation was lost, so the old client secret may be dead."""


@dataclass
class Outcome:
    """The results of the steps that were completed so far.

    Attributes:
        done: the completed steps.
        application: the platform's response to a ``Patch``.
        secret: the new client secret.
    """

    done: list[Step] = field(default_factory=list)
    application: Application | None = None
    secret: SecretStr | None = None

    def applied_to(self, inputs: ApplicationInputs) -> ApplicationInputs:
        """Return the inputs of an application after the completed steps."""
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
    """Make the API calls of a plan, and record the completed steps in ``outcome``.

    Cancellation is checked before each step, because a step after it could undo the work of a later
    run: it would end a secret that a state has just received. Raises ``OltError``, which names the
    command to run if a part may have been done; its cause is the refusal that stopped it, if any.
    ``LostSecretError``: the previous secret may be dead.
    """
    if plan.undecided:
        raise ValueError(f"a plan of unknown values: {', '.join(sorted(plan.undecided))}")
    client = session.client
    with _naming_what_to_run(outcome):
        for step in plan.steps:
            session.check_cancelled()
            try:
                if isinstance(step, Patch):
                    patch = ApplicationPatch(**step.changes)
                    outcome.application = client.applications.patch(application_id, patch)
                elif isinstance(step, Allow):
                    client.allowed_tenants.allow(application_id, step.tenant_id, step.comment)
                elif isinstance(step, Revoke):
                    client.allowed_tenants.revoke(application_id, step.tenant_id)
                else:
                    tries = SecretTries(session)
                    while outcome.secret is None:
                        with tries:
                            outcome.secret = client.applications.new_secret(application_id)
            except ApiError as error:
                _resolve(client, application_id, step, error)
            outcome.done.append(step)


@contextmanager
def _naming_what_to_run(outcome: Outcome) -> Iterator[None]:
    try:
        yield
    except LostSecretError as error:
        raise LostSecretError(f"{error.reason}. {FINISH}") from None
    except OltError as error:
        if outcome.done or error.may_have_changed:
            raise LifecycleError(f"{error.reason}. {FINISH}") from error
        raise


def _resolve(client: TenantClient, application_id: str, step: Step, error: ApiError) -> None:
    """Return if the effect of a refused step is already there, else raise the explained refusal."""
    if error.status != NOT_FOUND or not error.from_platform:
        raise error
    if isinstance(step, Allow) and _exists(client, application_id):
        raise LifecycleError(
            f"{error.reason}; the application exists, so the platform may have no tenant "
            f"{step.tenant_id}: check allowed_tenants"
        ) from None
    if not isinstance(step, Revoke):
        raise error
    # Either it is revoked already or the application is hidden; reading it shows which.
    try:
        allowed = allowed_in(client.applications.get(application_id))
    except OltError as failure:
        failure.may_have_changed = failure.may_have_changed or error.may_have_changed
        raise
    if step.tenant_id in allowed:
        raise error


def _exists(client: TenantClient, application_id: str) -> bool:
    try:
        client.applications.get(application_id)
    except OltError:
        return False
    return True


class SecretTries:
    """Context manager for the tries of a rotation, which continue after an unusable response.

    The old secret may be dead after the first try, so a new one has to be returned. Cancellation is
    checked before each further try. Raises ``LostSecretError`` if no new secret was returned and
    one may have been made, else the try's own ``OltError``.
    """

    def __init__(self, session: TenantSession) -> None:
        self._session = session
        self._left = SECRET_TRIES
        self._lost = False

    def __enter__(self) -> None:
        if self._lost:  # the caller has checked before the first try
            try:
                self._session.check_cancelled()
            except OltError as error:
                self._raise(error)

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, OltError):
            return False
        if error.may_have_changed:
            self._left -= 1
            self._lost = True
        if not error.may_have_changed or not self._left:
            self._raise(error)
        return True

    def _raise(self, error: OltError) -> NoReturn:
        raise LostSecretError(error.reason) if self._lost else error from None
