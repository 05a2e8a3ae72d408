"""Register an application exactly once, also after a lost response."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import SecretStr

from olt_provider.api.applications import (
    Application,
    ApplicationRegistration,
    ListedApplication,
    UnreadableApplication,
)
from olt_provider.api.clock import format_timestamp
from olt_provider.api.errors import OltError
from olt_provider.api.ids import canonical_id
from olt_provider.lifecycle.application.duplicate_names import require_unused
from olt_provider.lifecycle.application.execution import SecretTries
from olt_provider.lifecycle.application.model import ApplicationInputs, ApplicationState
from olt_provider.lifecycle.errors import LifecycleError, PartiallyCompleted
from olt_provider.lifecycle.known_applications import Attempt
from olt_provider.lifecycle.tenant_session import TenantSession


class Registered(NamedTuple):
    """A registered application with its client secret."""

    application: Application
    adopted: bool
    """Whether the response was lost and the application was looked up."""
    attempt: Attempt


class PartiallyRegistered(PartiallyCompleted):
    """An application was registered, but a later step of its creation failed."""

    def __init__(
        self,
        state: ApplicationState,
        cause: Exception,
        inputs: ApplicationInputs,
        registered: Registered,
    ) -> None:
        super().__init__(state, cause)
        self.inputs = inputs
        self.registered = registered


def register(session: TenantSession, inputs: ApplicationInputs) -> Registered:
    """Register an application: ``POST /application-developer/applications``.

    The tenant's applications are listed once per process before its first registration. An
    application that an earlier attempt of this process may have registered is looked up first,
    because the engine can repeat a creation after an error. Raises ``LifecycleError`` if the name
    is in use and ``inputs.prevent_duplicate_name`` is set, and if the response was lost and no
    single application matches the registration.
    """
    registration = inputs.registration()
    known = session.known_applications
    known.list_once(session.client.applications.names)
    with known.claim(registration, unique_name=inputs.prevent_duplicate_name):
        registering = _Registering(session, registration)
        earlier = known.unfinished(registration)
        registered = None if earlier is None else registering.resume(earlier)
        if registered is None:
            if inputs.prevent_duplicate_name:
                require_unused(session.context, known, registration.name)
            registered = registering.send()
        known.note(registered.application.id, registered.application.name)
        known.finish(registration)
    return registered


def record_unfinished(
    session: TenantSession, inputs: ApplicationInputs, registered: Registered
) -> None:
    """Record that a step after the registration failed, so that the application may have no state.

    The next equal creation of this process looks it up instead of registering another.
    """
    id_ = registered.application.id
    attempt = registered.attempt._replace(application_id=id_)
    session.known_applications.begin(inputs.registration(), attempt)


class _Registering:
    """One registration, while its name is claimed."""

    def __init__(self, session: TenantSession, registration: ApplicationRegistration) -> None:
        self._session = session
        self._applications = session.client.applications
        self._known = session.known_applications
        self._registration = registration

    def send(self) -> Registered:
        """Register, and look the application up if the response is lost."""
        attempt = Attempt(self._session.context.client.clock.at_least())
        self._session.check_cancelled()
        self._known.begin(self._registration, attempt)
        try:
            application = self._applications.register(self._registration)
        except OltError as error:
            if not error.may_have_changed:
                self._known.finish(self._registration)
                raise
            lost = error.reason
        else:
            return Registered(application, False, attempt)
        # Another run may have adopted it in the meantime, and its secret would be rotated.
        self._session.check_cancelled()
        candidates = self._look_up(attempt, lost)
        if not candidates.recent:
            raise candidates.undecided(lost)
        return self._take(candidates, attempt, lost)

    def resume(self, attempt: Attempt) -> Registered | None:
        """Return the application of an earlier attempt; ``None`` if there is none."""
        self._session.check_cancelled()
        lost = f"the response to an earlier registration of {self._registration.name!r} was lost"
        candidates = self._look_up(attempt, lost)
        if not candidates.possible:
            if attempt.application_id is not None:
                self._known.forget(attempt.application_id)
            return None
        return self._take(candidates, attempt, lost)

    def _look_up(self, attempt: Attempt, lost: str) -> Candidates:
        name = self._registration.name
        try:
            entries = [*self._applications.entries()]
        except OltError as failure:
            raise LifecycleError(
                f"{lost}. Whether the application {name!r} was registered could not be "
                f"looked up: {failure.reason}. Run `pulumi up` again once the platform responds; "
                "if it reports that the name exists, adopt that application. With "
                "prevent_duplicate_name=False look for the name first, for example with "
                "find_applications"
            ) from None
        listed = [entry for entry in entries if isinstance(entry, Application)]
        for entry in entries:
            if isinstance(entry, UnreadableApplication) and self._may_be_ours(entry):
                raise LifecycleError(
                    f"{lost}. It is not known whether {name!r} was registered, because an "
                    f"application in the list cannot be read: {entry.reason}. Look for it in the "
                    "portal before you run `pulumi up` again"
                )
        self._known.relist(ListedApplication(id=item.id, name=item.name) for item in listed)
        unknown = [item for item in listed if not self._known.includes(item.id)]
        return Candidates.of(unknown, self._registration, attempt)

    def _may_be_ours(self, entry: UnreadableApplication) -> bool:
        known = entry.id is not None and self._known.includes(canonical_id(entry.id))
        return not known and entry.name in (None, self._registration.name)

    def _take(self, candidates: Candidates, attempt: Attempt, lost: str) -> Registered:
        """Return the only candidate, with a rotated secret."""
        if len(candidates.possible) != 1 or not candidates.recent:
            raise candidates.undecided(lost)
        (found,) = candidates.recent
        secret: SecretStr | None = None
        tries = SecretTries(self._session)
        try:
            self._session.check_cancelled()
            while secret is None:
                with tries:
                    secret = self._session.client.applications.new_secret(found.id)
        except OltError as failure:
            raise LifecycleError(
                f"{lost}. The application was registered as {found.id}, but a new secret could not "
                f"be made: {failure.reason}. {how_to_adopt(found.id)}"
            ) from None
        self._session.warn(
            f"the response to the registration of {self._registration.name!r} was lost; the "
            f"application {found.id} is the only one that matches it, so it was adopted with a new "
            "client secret"
        )
        oauth2_client = found.oauth2_client.model_copy(update={"secret": secret})
        return Registered(found.model_copy(update={"oauth2_client": oauth2_client}), True, attempt)


class Candidates(NamedTuple):
    """The applications that a registration with a lost response may have made."""

    name: str
    recent: list[Application]
    """Those created after the request was sent."""
    undated: list[Application]
    """Those that are listed without a creation time."""

    @classmethod
    def of(
        cls,
        unknown: list[Application],
        registration: ApplicationRegistration,
        attempt: Attempt,
    ) -> Candidates:
        """Return the applications that equal the registration, or the one whose ID is known."""
        if attempt.application_id is not None:
            made = [item for item in unknown if item.id == attempt.application_id]
            return cls(registration.name, made, [])
        fitting = [item for item in unknown if _fits(item, registration)]
        since = attempt.since
        return cls(
            registration.name,
            [
                each
                for each in fitting
                if each.created_at and not (since and each.created_at < since)
            ],
            [each for each in fitting if each.created_at is None],
        )

    @property
    def possible(self) -> list[Application]:
        """All candidates. Applications that existed before the request are excluded."""
        return [*self.recent, *self.undated]

    def undecided(self, lost: str) -> LifecycleError:
        """The error if there is no candidate, or more than one."""
        if not self.possible:
            return LifecycleError(
                f"{lost}. No application that matches {self.name!r} has appeared, so it was "
                "most likely not registered: run `pulumi up` again"
            )
        listed = ", ".join(
            f"{item.id} (created {format_timestamp(item.created_at) if item.created_at else '?'})"
            for item in self.possible
        )
        advice = (
            how_to_adopt(self.possible[0].id)
            if len(self.possible) == 1
            else "Find out which of them is yours, because adopting one ends its client secret; "
            "then declare adopt=AdoptArgs(application_id=...) with its ID and run `pulumi up` again"
        )
        return LifecycleError(
            f"{lost}. The application {self.name!r} may be one of these: {listed}. {advice}"
        )


def _fits(application: Application, registration: ApplicationRegistration) -> bool:
    """Whether an application equals everything that was sent."""
    return ApplicationInputs.found(application).registration() == registration


def how_to_adopt(application_id: str) -> str:
    """The instruction to adopt an application, for the end of an error."""
    return (
        f'To adopt it, declare adopt=AdoptArgs(application_id="{application_id}") and run '
        "`pulumi up` again"
    )
