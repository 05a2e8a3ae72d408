"""Applications as their owner sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, SecretStr

from olt_provider.api.allowed_tenants.domain import AllowedTenant
from olt_provider.api.model import Id, Model, OpaqueId, OptionalText, Text, TextList, Timestamp


def _spelled_right(value: Any) -> Any:
    # The platform really says "confidental"; its documentation says "confidential".
    return "confidential" if value == "confidental" else value


class OAuth2Client(Model):
    """The confidential client of an application.

    ``secret`` is only in the answers to a registration and to a new secret.
    """

    id: OpaqueId
    secret: SecretStr | None = None
    type: Annotated[str, BeforeValidator(_spelled_right)] = "confidential"


class PublicOAuth2Client(Model):
    """The public client of an application, where it has one."""

    id: OpaqueId


class Application(Model):
    """An application, in the terms of ``/application-developer/applications``."""

    id: Id
    name: str
    with_public_oauth2_client: bool
    oauth2_client: OAuth2Client
    public_oauth2_client: PublicOAuth2Client | None = None
    tenant_id: Id
    status: str
    """``active`` or ``inactive``; a status that the platform adds later is kept as it is."""
    created_at: Timestamp | None
    """``None`` only where the platform did not return it."""
    teaser_description: Text = ""
    url: OptionalText = None
    redirect_uris: TextList = ()
    allowed_tenants: tuple[AllowedTenant, ...]
    """Complete: every tenant that may install the application, installed or not."""


class AllowedTenantRegistration(Model):
    """One entry of ``allowedTenants`` in a registration."""

    tenant_id: str
    comment: str = ""


class ApplicationRegistration(Model):
    """The body of a registration. What is not set is the platform's default."""

    name: str
    teaser_description: str = ""
    url: str | None = None
    with_public_oauth2_client: bool = False
    redirect_uris: tuple[str, ...] = ()
    allowed_tenants: tuple[AllowedTenantRegistration, ...] = ()


class ApplicationPatch(Model):
    """The body of a change. What is not set stays as it is.

    To clear: ``teaser_description=""``, ``url=None``, ``redirect_uris=()``.
    """

    name: str = ""
    teaser_description: str = ""
    url: str | None = None
    with_public_oauth2_client: bool = False
    redirect_uris: tuple[str, ...] = ()
    status: str = "active"


class ListedApplication(Model):
    """What a list entry needs at least: enough to know that the application exists."""

    id: Id
    name: Text = ""


def secret_in(data: Any) -> SecretStr | None:
    """The client secret of a response, in either of the places where the platform may return it."""
    client = data.get("oauth2Client") if isinstance(data, Mapping) else None
    for place in (client, data):
        secret = place.get("secret") if isinstance(place, Mapping) else None
        if isinstance(secret, str) and secret:
            return SecretStr(secret)
    return None
