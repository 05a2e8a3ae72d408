"""Taking over an application that exists."""

from __future__ import annotations

from pydantic import SecretStr

from olt_provider.api.applications.domain import Application
from olt_provider.api.client import TenantClient
from olt_provider.api.errors import ApiError, OltError
from olt_provider.api.remedies import proves_secret_wrong
from olt_provider.lifecycle.application.changes import Changes
from olt_provider.lifecycle.application.model import (
    Adoption,
    ApplicationInputs,
    ApplicationState,
)
from olt_provider.lifecycle.application.secret import LostSecretError
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.existence import NOT_FOUND
from olt_provider.lifecycle.platform import Platform


def adopt(
    platform: Platform, acting: TenantClient, inputs: ApplicationInputs, adoption: Adoption
) -> ApplicationState:
    """Take over an application and apply what is declared.

    Its known secret is checked at the token endpoint first; without one a new secret is made,
    last of all. Raises ``LifecycleError`` before anything is changed if the application is not
    the tenant's, or its secret is refused, and where a new secret was made and is not known.
    """
    application = _find(acting, inputs, adoption)
    if adoption.client_secret is not None:
        _check_secret(platform, application, adoption.client_secret)
    current = ApplicationInputs(
        name=application.name, tenant_id=application.tenant_id, allowed_tenants={}
    ).as_found(application)
    changes = Changes(
        acting,
        application.id,
        current,
        inputs,
        new_secret=adoption.client_secret is None,
        require_wanted=platform.require_wanted,
    )
    try:
        changed = changes.apply()
    except LostSecretError as error:
        raise LifecycleError(
            f"{error.reason}. The client secret that application {application.id} had may be dead, "
            "also where a state holds it: adopt it again, or give rotate_secret_when_changed "
            "another value"
        ) from None
    platform.registrations(inputs.tenant_id).note(application.id, inputs.name)
    return ApplicationState.of(
        changed.application or application,
        inputs,
        changed.secret or adoption.client_secret,
        acting.api_url,
    )


def _find(acting: TenantClient, inputs: ApplicationInputs, adoption: Adoption) -> Application:
    try:
        application = acting.applications.get(adoption.application_id)
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


def _check_secret(platform: Platform, application: Application, secret: SecretStr) -> None:
    """Try the declared secret where it can be tried: of an active client that is installed.

    Raises ``LifecycleError`` only if the answer proves the secret wrong, because what the error
    advises, a new secret, ends a right one.
    """
    unchecked = f"the client secret declared for application {application.id} could not be checked"
    installed = sorted(item.tenant_id for item in application.allowed_tenants if item.installed)
    if application.status != "active":
        platform.warn(f"{unchecked}, because it is inactive: any secret of it is refused")
        return
    if not installed:
        platform.warn(f"{unchecked}, because no allowed tenant has it installed")
        return
    try:
        platform.client.identity.client_credentials(
            application.oauth2_client.id, secret, tenant_id=installed[0]
        )
    except ApiError as error:
        if proves_secret_wrong(error):
            raise LifecycleError(
                f"adopt: the token endpoint refuses the declared client_secret of application "
                f"{application.id} ({error}); declare its present secret, or leave client_secret "
                "out to rotate it, which ends the present one. Nothing was changed"
            ) from None
        platform.warn(f"{unchecked}: {error}")
    except OltError as error:
        platform.warn(f"{unchecked}: {error}")
