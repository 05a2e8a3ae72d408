"""Registering an application exactly once, also where the answer is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from olt_provider.api.applications.domain import (
    AllowedTenantRegistration,
    Application,
    ApplicationRegistration,
)
from olt_provider.api.client import TenantClient
from olt_provider.api.errors import OltError
from olt_provider.api.model import format_timestamp
from olt_provider.lifecycle.application.model import ApplicationInputs, allowed_in
from olt_provider.lifecycle.application.secret import make_secret
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.platform import Platform
from olt_provider.lifecycle.registrations import Registrations


class Registered(NamedTuple):
    """An application with its client secret."""

    application: Application
    taken_over: bool
    """Whether the answer was lost and it was found by what was sent."""


def register(platform: Platform, acting: TenantClient, inputs: ApplicationInputs) -> Registered:
    """Register an application: ``POST /application-developer/applications``.

    The tenant's applications are listed once per process before its first registration. Raises
    ``LifecycleError`` if the name is in use and ``inputs.prevent_duplicate_name``, and where the
    answer was lost and no single application can be told to be the one.
    """
    registration = registration_of(inputs)
    known = platform.registrations(inputs.tenant_id)
    known.list_once(acting.applications.listed)
    with known.claim(registration, unique_name=inputs.prevent_duplicate_name):
        since = platform.client.clock.at_least()
        platform.require_wanted()
        taken_over = False
        try:
            application = acting.applications.register(registration)
        except OltError as error:
            if not error.may_have_changed:
                raise
            # Somebody may have adopted it by now, and taking it over would end that secret.
            platform.require_wanted()
            application = _look_up(
                acting,
                known,
                registration,
                since=since,
                error=error,
                require_wanted=platform.require_wanted,
            )
            taken_over = True
            platform.warn(
                f"the answer to the registration of {registration.name!r} was lost; the "
                f"application {application.id} fits alone, so it was taken over with a new secret"
            )
        known.note(application.id, application.name)
    return Registered(application, taken_over)


def registration_of(inputs: ApplicationInputs) -> ApplicationRegistration:
    """What is sent to register; what is the platform's default is left out."""
    sent: dict[str, object] = {"name": inputs.name}
    if inputs.teaser_description:
        sent["teaser_description"] = inputs.teaser_description
    if inputs.url is not None:
        sent["url"] = inputs.url
    if inputs.with_public_oauth2_client:
        sent["with_public_oauth2_client"] = True
    if inputs.redirect_uris:
        sent["redirect_uris"] = inputs.redirect_uris
    if inputs.allowed_tenants:
        sent["allowed_tenants"] = tuple(
            AllowedTenantRegistration(tenant_id=tenant_id, comment=comment)
            if comment
            else AllowedTenantRegistration(tenant_id=tenant_id)
            for tenant_id, comment in sorted(inputs.allowed_tenants.items())
        )
    return ApplicationRegistration.model_validate(sent)


def _look_up(
    acting: TenantClient,
    known: Registrations,
    registration: ApplicationRegistration,
    *,
    since: datetime | None,
    error: OltError,
    require_wanted: Callable[[], None],
) -> Application:
    """The application whose registration's answer was lost, with a new secret."""
    try:
        unknown = [item for item in acting.applications.list() if not known.knows(item.id)]
    except OltError as failure:
        raise LifecycleError(
            f"{error}. Whether the application {registration.name!r} was registered could not be "
            f"looked up: {failure}. Run `pulumi up` again once the platform answers; if it says "
            "that the name exists, adopt that application"
        ) from None
    fitting = [item for item in unknown if _fits(item, registration)]
    recent = [item for item in fitting if since is None or _is_since(item, since)]
    if len(recent) != 1:
        raise _undecided(error, registration, fitting)
    found = recent[0]
    try:
        secret = make_secret(acting, found.id, require_wanted)
    except OltError as failure:
        raise LifecycleError(
            f"{error}. The application was registered as {found.id}, but a new secret could not "
            f"be made: {failure}. {how_to_adopt(found.id)}"
        ) from None
    client = found.oauth2_client.model_copy(update={"secret": secret})
    return found.model_copy(update={"oauth2_client": client})


def _is_since(application: Application, since: datetime) -> bool:
    return application.created_at is not None and application.created_at >= since


def _fits(application: Application, registration: ApplicationRegistration) -> bool:
    """Whether an application is equal in everything that was sent."""
    return (
        application.name == registration.name
        and application.teaser_description == registration.teaser_description
        and application.url == registration.url
        and application.with_public_oauth2_client == registration.with_public_oauth2_client
        and set(application.redirect_uris) == set(registration.redirect_uris)
        and allowed_in(application)
        == {item.tenant_id: item.comment for item in registration.allowed_tenants}
    )


def _undecided(
    error: OltError, registration: ApplicationRegistration, candidates: list[Application]
) -> LifecycleError:
    if not candidates:
        return LifecycleError(
            f"{error}. No application that fits {registration.name!r} has appeared, so it was "
            "most likely not registered: run `pulumi up` again"
        )
    listed = ", ".join(
        f"{item.id} (created {format_timestamp(item.created_at)})" for item in candidates
    )
    return LifecycleError(
        f"{error}. The application {registration.name!r} may be one of these: {listed}. "
        f"{how_to_adopt(candidates[0].id)}"
    )


def how_to_adopt(application_id: str) -> str:
    """The end of an error that names an application to take over."""
    return (
        f'To take one over, declare adopt=AdoptArgs(application_id="{application_id}") and run '
        "`pulumi up` again"
    )
