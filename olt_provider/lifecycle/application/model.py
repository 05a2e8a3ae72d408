"""What a program declares of an application, and what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import SecretStr

from olt_provider.api.applications import Application
from olt_provider.api.model import format_timestamp

Props = Mapping[str, Any]


@dataclass(frozen=True)
class Adoption:
    """An application to take over. Without its ``client_secret`` a new one is made."""

    application_id: str
    client_secret: SecretStr | None = None


@dataclass(frozen=True)
class ApplicationInputs:
    """A checked declaration. ``allowed_tenants`` ``None``: unmanaged."""

    name: str
    tenant_id: str
    allowed_tenants: Mapping[str, str] | None = None
    with_public_oauth2_client: bool = False
    redirect_uris: tuple[str, ...] = ()
    teaser_description: str = ""
    url: str | None = None
    status: str = "active"
    rotate_secret_when_changed: Mapping[str, Any] | None = field(default=None, repr=False)
    force_destroy: bool = False
    prevent_duplicate_name: bool = True
    adopt: Adoption | None = None

    @classmethod
    def from_props(cls, props: Props) -> ApplicationInputs:
        """From checked inputs, or from outputs, which hold every input but ``adopt``."""
        adopt = props.get("adopt")
        return cls(
            name=props.get("name", ""),
            tenant_id=props.get("tenant_id", ""),
            allowed_tenants=props.get("allowed_tenants"),
            with_public_oauth2_client=bool(props.get("with_public_oauth2_client", False)),
            redirect_uris=tuple(props.get("redirect_uris") or ()),
            teaser_description=props.get("teaser_description", ""),
            url=props.get("url"),
            status=props.get("status", "active"),
            rotate_secret_when_changed=props.get("rotate_secret_when_changed"),
            force_destroy=bool(props.get("force_destroy", False)),
            prevent_duplicate_name=bool(props.get("prevent_duplicate_name", True)),
            adopt=None if adopt is None else _adoption(adopt),
        )

    def to_props(self) -> dict[str, Any]:
        """As inputs are kept: everything but ``adopt``, and nothing that is not declared."""
        props: dict[str, Any] = {
            "name": self.name,
            "tenant_id": self.tenant_id,
            "with_public_oauth2_client": self.with_public_oauth2_client,
            "redirect_uris": list(self.redirect_uris),
            "teaser_description": self.teaser_description,
            "status": self.status,
            "force_destroy": self.force_destroy,
            "prevent_duplicate_name": self.prevent_duplicate_name,
        }
        if self.allowed_tenants is not None:
            props["allowed_tenants"] = dict(sorted(self.allowed_tenants.items()))
        if self.url is not None:
            props["url"] = self.url
        if self.rotate_secret_when_changed is not None:
            props["rotate_secret_when_changed"] = dict(self.rotate_secret_when_changed)
        return props

    def as_found(self, application: Application) -> ApplicationInputs:
        """The same declaration with what the platform really holds.

        ``allowed_tenants`` only where it is managed; what the platform does not know is kept.
        """
        managed = self.allowed_tenants is not None
        return replace(
            self,
            name=application.name,
            tenant_id=application.tenant_id,
            allowed_tenants=allowed_in(application) if managed else None,
            with_public_oauth2_client=application.with_public_oauth2_client,
            redirect_uris=tuple(sorted(set(application.redirect_uris))),
            teaser_description=application.teaser_description,
            url=application.url,
            status=application.status,
            adopt=None,
        )


def _adoption(props: Props) -> Adoption:
    secret = props.get("client_secret")
    return Adoption(props["application_id"], None if secret is None else SecretStr(secret))


def allowed_in(application: Application) -> dict[str, str]:
    """The allowed tenants of an application as a declaration writes them."""
    return {item.tenant_id: item.comment for item in application.allowed_tenants}


@dataclass(frozen=True)
class ApplicationState:
    """An application that exists, as the state keeps it.

    ``client_secret`` is ``None`` only where an application is read that is managed elsewhere.
    """

    id: str
    inputs: ApplicationInputs
    client_id: str
    client_secret: SecretStr | None
    client_type: str
    public_client_id: str | None
    created_at: str
    api_url: str

    @classmethod
    def from_props(cls, id_: str, props: Props) -> ApplicationState:
        """From the outputs of an earlier operation."""
        secret = props.get("client_secret")
        return cls(
            id=id_,
            inputs=ApplicationInputs.from_props(props),
            client_id=props.get("client_id", ""),
            client_secret=None if secret is None else SecretStr(secret),
            client_type=props.get("client_type", ""),
            public_client_id=props.get("public_client_id"),
            created_at=props.get("created_at", ""),
            api_url=props.get("api_url", ""),
        )

    def to_props(self) -> dict[str, Any]:
        """As outputs: the inputs and what the platform adds. Holds the secret in plain text."""
        secret = self.client_secret
        return {
            **self.inputs.to_props(),
            "client_id": self.client_id,
            "client_secret": None if secret is None else secret.get_secret_value(),
            "client_type": self.client_type,
            "public_client_id": self.public_client_id,
            "created_at": self.created_at,
            "api_url": self.api_url,
        }

    @classmethod
    def of(
        cls,
        application: Application,
        inputs: ApplicationInputs,
        secret: SecretStr | None,
        api_url: str,
    ) -> ApplicationState:
        """From what the platform answered, under the inputs that now hold."""
        public = application.public_oauth2_client
        return cls(
            id=application.id,
            inputs=replace(inputs, adopt=None),
            client_id=application.oauth2_client.id,
            client_secret=secret,
            client_type=application.oauth2_client.type,
            public_client_id=None if public is None else public.id,
            created_at=format_timestamp(application.created_at),
            api_url=api_url,
        )
