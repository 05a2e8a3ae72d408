"""Look up existing applications and installations in a program, managed by it or not.

Look-ups run in the program, with the stack's configuration and credentials, so they make their API
calls in every preview and every update. No look-up returns a client secret.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar, cast

import pulumi
from pulumi.runtime import config as runtime_config

from olt_provider.api.errors import OltError
from olt_provider.dynamic import host
from olt_provider.lifecycle import lookups
from olt_provider.lifecycle.lookups import ApplicationResult, InstallationResult
from olt_provider.lifecycle.provider_context import ProviderContext


class ApplicationOutput(pulumi.Output[ApplicationResult]):
    """The type of an ``ApplicationResult`` inside an Output."""

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
    """The type of an ``InstallationResult`` inside an Output."""

    id: pulumi.Output[str]
    application_id: pulumi.Output[str]
    tenant_id: pulumi.Output[str]
    installed_at: pulumi.Output[str]


class LookUpError(OltError, pulumi.RunError):
    """A failed look-up. If the program does not handle it, the engine shows one line."""


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
    """Read an application. It is an error if the credentials cannot access such an application.

    Calls: one ``GET /application-developer/applications/{applicationId}``.

    :param application_id: The application's ID.
    :param tenant_id: The owner. Default: ``olt:tenantId``, else the tenant of the credentials.
    :raises OltError: there is none, or the request fails.
    """
    return lookups.get_application(_context(), application_id, tenant_id)


@_in_one_line
def list_applications(*, tenant_id: str | None = None) -> list[ApplicationResult]:
    """List the applications that a tenant owns, by name.

    Calls: one ``GET /application-developer/applications`` per 100 applications.

    :param tenant_id: The owner. Default: ``olt:tenantId``, else the tenant of the credentials.
    :raises OltError: the request fails.
    """
    return lookups.list_applications(_context(), tenant_id)


@_in_one_line
def find_applications(*, name: str, tenant_id: str | None = None) -> list[ApplicationResult]:
    """List the applications of a tenant with exactly this name: none, one, or several.

    Calls: as ``list_applications``.

    :param name: The whole name, in the same case.
    :param tenant_id: The owner. Default: ``olt:tenantId``, else the tenant of the credentials.
    :raises OltError: the request fails.
    """
    return lookups.find_applications(_context(), name, tenant_id)


@_in_one_line
def get_installation(application_id: str, *, tenant_id: str | None = None) -> InstallationResult:
    """Read an installation. It is an error if the application is not installed in the tenant.

    Calls: one ``GET /applications/{applicationId}`` authenticated as ``tenant_id``.

    :param application_id: The application's ID.
    :param tenant_id: The tenant that has it installed. Default: ``olt:tenantId``, else the tenant
        of the credentials.
    :raises OltError: it is not installed there, or the request fails.
    """
    return lookups.get_installation(_context(), application_id, tenant_id)


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


def _context() -> ProviderContext:
    return host.shared_context(
        _configured, os.environ, warn=pulumi.log.warn, keys=_configured_keys()
    )


def _configured_keys() -> set[str]:
    return {*runtime_config.CONFIG.get(), *runtime_config.get_config_env()}


def _configured(key: str) -> object:
    namespace, _, name = key.partition(":")
    return pulumi.Config(namespace).get(name)
