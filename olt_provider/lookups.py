"""Look-ups for programs: what exists on the platform, whoever manages it.

They run in the program, with the stack's configuration and credentials, and so cost their calls
in every preview and every update. No look-up tells a client secret.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast

import pulumi
from pulumi.runtime import config as runtime_config

from olt_provider import host
from olt_provider.api.applications import Application
from olt_provider.api.errors import OltError
from olt_provider.api.ids import canonical_id
from olt_provider.api.model import format_timestamp
from olt_provider.lifecycle.application.model import allowed_in
from olt_provider.lifecycle.installation import operations as installation
from olt_provider.lifecycle.installation.model import InstallationInputs
from olt_provider.lifecycle.provider_context import ProviderContext


@dataclass(frozen=True)
class ApplicationResult:
    """An application as the platform holds it. Times are RFC 3339 in UTC."""

    id: str
    name: str
    tenant_id: str
    client_id: str
    client_type: str
    public_client_id: str | None
    with_public_oauth2_client: bool
    redirect_uris: Sequence[str]
    teaser_description: str
    url: str | None
    status: str
    allowed_tenants: Mapping[str, str]
    """Tenant ID -> comment."""
    installed_tenants: Sequence[str]
    """Those of the allowed tenants that have it installed."""
    created_at: str


@dataclass(frozen=True)
class InstallationResult:
    """An installation as the platform holds it."""

    id: str
    application_id: str
    tenant_id: str
    installed_at: str
    """RFC 3339 in UTC."""


class ApplicationOutput(pulumi.Output[ApplicationResult]):
    """The types of an ``ApplicationResult`` that is not known before the program runs."""

    id: pulumi.Output[str]
    name: pulumi.Output[str]
    tenant_id: pulumi.Output[str]
    client_id: pulumi.Output[str]
    client_type: pulumi.Output[str]
    public_client_id: pulumi.Output[str | None]
    with_public_oauth2_client: pulumi.Output[bool]
    redirect_uris: pulumi.Output[Sequence[str]]
    teaser_description: pulumi.Output[str]
    url: pulumi.Output[str | None]
    status: pulumi.Output[str]
    allowed_tenants: pulumi.Output[Mapping[str, str]]
    installed_tenants: pulumi.Output[Sequence[str]]
    created_at: pulumi.Output[str]


class InstallationOutput(pulumi.Output[InstallationResult]):
    """The types of an ``InstallationResult`` that is not known before the program runs."""

    id: pulumi.Output[str]
    application_id: pulumi.Output[str]
    tenant_id: pulumi.Output[str]
    installed_at: pulumi.Output[str]


class LookUpError(OltError, pulumi.RunError):
    """A look-up that failed: where the program does not handle it, the engine shows one line."""


P = ParamSpec("P")
R = TypeVar("R")


def _in_one_line(look_up: Callable[P, R]) -> Callable[P, R]:
    """Raise errors as ``LookUpError``; ``OLT_DEBUG=1`` keeps their tracebacks."""

    @functools.wraps(look_up)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return look_up(*args, **kwargs)
        except OltError as error:
            if os.environ.get("OLT_DEBUG"):
                raise
            raise LookUpError(str(error)) from error

    return call


@_in_one_line
def get_application(application_id: str, *, tenant_id: str | None = None) -> ApplicationResult:
    """One application; an error if there is none that the credentials may see.

    Calls: one ``GET /application-developer/applications/{applicationId}``.

    :param application_id: The application's ID.
    :param tenant_id: The owner. Default: ``olt:tenantId``, else the tenant of the credentials.
    :raises OltError: there is none, or the platform cannot be asked.
    """
    context, owner = _context_and_tenant(tenant_id)
    return _result(context.as_tenant(owner).applications.get(application_id))


@_in_one_line
def list_applications(*, tenant_id: str | None = None) -> list[ApplicationResult]:
    """All that a tenant owns, by name.

    Calls: one ``GET /application-developer/applications`` per 100 applications.

    :param tenant_id: The owner. Default: ``olt:tenantId``, else the tenant of the credentials.
    :raises OltError: the platform cannot be asked.
    """
    context, owner = _context_and_tenant(tenant_id)
    found = [_result(item) for item in context.as_tenant(owner).applications.list()]
    return sorted(found, key=lambda item: (item.name, item.id))


@_in_one_line
def find_applications(*, name: str, tenant_id: str | None = None) -> list[ApplicationResult]:
    """Those that a tenant owns with exactly this name: none, one, or several.

    Calls: as ``list_applications``.

    :param name: The whole name, in the same case.
    :param tenant_id: The owner. Default: ``olt:tenantId``, else the tenant of the credentials.
    :raises OltError: the platform cannot be asked.
    """
    return [item for item in list_applications(tenant_id=tenant_id) if item.name == name]


@_in_one_line
def get_installation(application_id: str, *, tenant_id: str | None = None) -> InstallationResult:
    """Since when an application is installed in a tenant; an error if it is not.

    Calls: one ``GET /applications/{applicationId}`` in the name of ``tenant_id``.

    :param application_id: The application's ID.
    :param tenant_id: The tenant that has it installed. Default: ``olt:tenantId``, else the tenant
        of the credentials.
    :raises OltError: it is not installed there, or the platform cannot be asked.
    """
    context, tenant = _context_and_tenant(tenant_id)
    state = installation.get(context, InstallationInputs(canonical_id(application_id), tenant))
    inputs = state.inputs
    return InstallationResult(state.id, inputs.application_id, inputs.tenant_id, state.installed_at)


def _output(look_up: Callable[..., R], **arguments: pulumi.Input[Any]) -> pulumi.Output[R]:
    return pulumi.Output.all(**arguments).apply(lambda known: look_up(**known))


def get_application_output(
    application_id: pulumi.Input[str], *, tenant_id: pulumi.Input[str] | None = None
) -> ApplicationOutput:
    """``get_application`` for arguments that may be Outputs."""
    found = _output(get_application, application_id=application_id, tenant_id=tenant_id)
    return cast("ApplicationOutput", found)


def list_applications_output(
    *, tenant_id: pulumi.Input[str] | None = None
) -> pulumi.Output[list[ApplicationResult]]:
    """``list_applications`` for arguments that may be Outputs."""
    return _output(list_applications, tenant_id=tenant_id)


def find_applications_output(
    *, name: pulumi.Input[str], tenant_id: pulumi.Input[str] | None = None
) -> pulumi.Output[list[ApplicationResult]]:
    """``find_applications`` for arguments that may be Outputs."""
    return _output(find_applications, name=name, tenant_id=tenant_id)


def get_installation_output(
    application_id: pulumi.Input[str], *, tenant_id: pulumi.Input[str] | None = None
) -> InstallationOutput:
    """``get_installation`` for arguments that may be Outputs."""
    found = _output(get_installation, application_id=application_id, tenant_id=tenant_id)
    return cast("InstallationOutput", found)


def _context_and_tenant(tenant_id: str | None) -> tuple[ProviderContext, str]:
    context = host.shared_context(
        _configured, os.environ, warn=pulumi.log.warn, keys=_configured_keys()
    )
    return context, canonical_id(tenant_id) if tenant_id else context.default_tenant()


def _configured_keys() -> set[str]:
    return {*runtime_config.CONFIG.get(), *runtime_config.get_config_env()}


def _configured(key: str) -> object:
    namespace, _, name = key.partition(":")
    return pulumi.Config(namespace).get(name)


def _result(application: Application) -> ApplicationResult:
    public = application.public_oauth2_client
    return ApplicationResult(
        id=application.id,
        name=application.name,
        tenant_id=application.tenant_id,
        client_id=application.oauth2_client.id,
        client_type=application.oauth2_client.type,
        public_client_id=None if public is None else public.id,
        with_public_oauth2_client=application.with_public_oauth2_client,
        redirect_uris=sorted(application.redirect_uris),
        teaser_description=application.teaser_description,
        url=application.url,
        status=application.status,
        allowed_tenants=allowed_in(application),
        installed_tenants=sorted(
            item.tenant_id for item in application.allowed_tenants if item.installed
        ),
        created_at=format_timestamp(application.created_at),
    )
