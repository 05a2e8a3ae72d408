"""The property tables of an application, and its typed inputs and state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Annotated, Any, Final

from pydantic import SecretStr

from olt_provider.api.applications import (
    AllowedTenantRegistration,
    Application,
    ApplicationRegistration,
)
from olt_provider.api.clock import format_timestamp
from olt_provider.lifecycle import values
from olt_provider.lifecycle.application.secret_age import next_due
from olt_provider.lifecycle.properties import (
    Inputs,
    Property,
    Props,
    Sent,
    dumped,
    parsed,
    table_of,
)
from olt_provider.lifecycle.values import UNKNOWN, InvalidError, Rule

BOTH: Final = Sent.REGISTRATION | Sent.PATCH


@dataclass(frozen=True)
class Adoption:
    """The application to adopt. Without its ``client_secret`` the client secret is rotated."""

    application_id: str
    client_secret: SecretStr | None = None

    @classmethod
    def from_props(cls, props: Props) -> Adoption:
        """Convert checked inputs."""
        secret = props.get("client_secret")
        return cls(props["application_id"], None if secret is None else SecretStr(secret))


def _adopt(value: Any) -> dict[str, Any]:
    declared = values.mapping(value)
    application_id = declared.get("application_id")
    if application_id is None:
        raise InvalidError("application_id is missing: declare which application to adopt")
    adopt: dict[str, Any] = {"application_id": _known(values.uuid, application_id)}
    if declared.get("client_secret") is not None:
        adopt["client_secret"] = _known(values.text, declared["client_secret"])
    return adopt


def _known(rule: Rule, value: Any) -> Any:
    return value if value is UNKNOWN else rule(value)


def allowed_in(application: Application) -> dict[str, str]:
    """Return the allowed tenants of an application in the form of a declaration."""
    return {item.tenant_id: item.comment for item in application.allowed_tenants}


def _allowed_tenants(tenants: Mapping[str, str] | None) -> tuple[AllowedTenantRegistration, ...]:
    return tuple(
        AllowedTenantRegistration(tenant_id=tenant_id, comment=comment)
        if comment
        else AllowedTenantRegistration(tenant_id=tenant_id)
        for tenant_id, comment in sorted((tenants or {}).items())
    )


def _redirect_uris(application: Application) -> tuple[str, ...]:
    return _set(application.redirect_uris)


def _set(uris: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(uris)))


@dataclass(frozen=True)
class ApplicationInputs(Inputs):
    """The property table of the inputs, and a checked declaration.

    ``allowed_tenants`` ``None``: unmanaged.
    """

    name: Annotated[
        str,
        Property(
            "The application's name. Not empty. Default: ``resource_name``.",
            rule=values.name,
            sent=BOTH,
        ),
    ]
    tenant_id: Annotated[
        str,
        Property(
            "The owner, a tenant ID. **A declared change replaces** the application: another ID, "
            "another client, another secret. Default: its present owner, else ``olt:tenantId``, "
            "else the tenant of the credentials.",
            rule=values.uuid,
            read=attrgetter("tenant_id"),
            replaces=True,
        ),
    ]
    allowed_tenants: Annotated[
        Mapping[str, str] | None,
        Property(
            "Tenants that may install it: tenant ID -> comment, or a sequence of IDs or "
            "``AllowedTenantArgs``. ``{}``: no tenant. Default: unmanaged, never changed.",
            rule=values.allowed_tenants,
            partly_unknown=True,
            sent=Sent.REGISTRATION,
            read=allowed_in,
            write=_allowed_tenants,
        ),
    ] = None
    with_public_oauth2_client: Annotated[
        bool,
        Property(
            "Also create a public client, for applications with users. Default: ``False``.",
            rule=values.flag,
            sent=BOTH,
        ),
    ] = False
    redirect_uris: Annotated[
        tuple[str, ...],
        Property(
            "URIs to which users may be redirected. Absolute, without wildcards. A set: order and "
            "repetition have no effect. Default: none.",
            rule=values.redirect_uris,
            sent=BOTH,
            read=_redirect_uris,
            write=_set,
        ),
    ] = ()
    teaser_description: Annotated[
        str,
        Property("A short description. Default: none.", rule=values.text, sent=BOTH),
    ] = ""
    url: Annotated[
        str | None,
        Property(
            "The application's address. Absolute, with scheme. Default: none.",
            rule=values.absolute_url,
            sent=BOTH,
        ),
    ] = None
    status: Annotated[
        str,
        Property(
            "``active`` or ``inactive``. An inactive application cannot be installed, nor reach "
            "its tenants' data. Default: ``active``.",
            rule=values.status,
            choices=values.STATUSES,
            sent=Sent.PATCH,
        ),
    ] = "active"
    rotate_secret_when_changed: Annotated[
        Mapping[str, Any] | None,
        Property(
            "A mapping. A change to another, non-empty value rotates the client secret in place; "
            "the old one is invalid at once. Default: never.",
            rule=values.trigger,
            partly_unknown=True,
        ),
    ] = field(default=None, repr=False)
    rotate_secret_after_days: Annotated[
        int | None,
        Property(
            "Rotate the client secret in place by the first ``up`` after that many days, 1 to "
            "36500. Default: never.",
            rule=values.days,
            parse=int,
        ),
    ] = None
    secret_due_at: Annotated[
        str | None,
        Property(
            "When the client secret is due for rotation by age, RFC 3339 in UTC; ``None`` for "
            "never."
        ),
    ] = None
    adopt: Annotated[
        Adoption | None,
        Property(
            "Adopt an existing application instead of registering one. Read on creation "
            "only. Default: register.",
            rule=_adopt,
            partly_unknown=True,
            creation_only=True,
            parse=Adoption.from_props,
        ),
    ] = None
    force_destroy: Annotated[
        bool,
        Property(
            "Delete it although it is still installed. Default: ``False``.",
            rule=values.flag,
        ),
    ] = False
    prevent_duplicate_name: Annotated[
        bool,
        Property(
            "Refuse to register a name that the tenant already uses. The platform itself allows "
            "equal names. Default: ``True``.",
            rule=values.flag,
        ),
    ] = True

    @classmethod
    def found(cls, application: Application) -> ApplicationInputs:
        """Return the declaration that describes an application of the platform completely."""
        return cls(
            **{
                name: each.found_in(application)
                for name, each in cls.properties().items()
                if each.on_platform
            }
        )

    def as_found(self, application: Application) -> ApplicationInputs:
        """Return this declaration with the values of the platform.

        ``allowed_tenants`` is replaced only if it is managed; inputs that are not on the platform
        are kept.
        """
        found = ApplicationInputs.found(application)
        held = {name: getattr(found, name) for name, each in TABLE.items() if each.on_platform}
        if self.allowed_tenants is None:
            del held["allowed_tenants"]
        return replace(self, **held, adopt=None)

    def registration(self) -> ApplicationRegistration:
        """Return the body of a registration, without values that are the platform's default."""
        body = {
            name: each.write(getattr(self, name))
            for name, each in TABLE.items()
            if Sent.REGISTRATION in each.sent
        }
        by_default = ApplicationRegistration.model_fields
        return ApplicationRegistration.model_validate(
            {name: value for name, value in body.items() if value != by_default[name].default}
        )


TABLE: Final = ApplicationInputs.properties()


def kept_inputs(inputs: ApplicationInputs, secret_rotated_at: str | None) -> ApplicationInputs:
    """Return the inputs as the state holds them beside a client secret made at that time."""
    due = next_due(secret_rotated_at, inputs.rotate_secret_after_days, inputs.secret_due_at)
    return replace(inputs, adopt=None, secret_due_at=due)


@dataclass(frozen=True)
class ApplicationState:
    """The property table of the outputs, and an existing application as the state holds it.

    ``client_secret`` is ``None`` only for an application that is read with ``get``.
    """

    id: str
    inputs: ApplicationInputs
    client_id: Annotated[str, Property("The ID of the confidential OAuth2 client.")]
    client_secret: Annotated[
        SecretStr | None,
        Property(
            "The secret of the confidential OAuth2 client. Always a Pulumi secret.",
            secret=True,
            parse=SecretStr,
            dump=SecretStr.get_secret_value,
        ),
    ]
    client_type: Annotated[str, Property("``confidential``.")]
    public_client_id: Annotated[
        str | None, Property("The ID of the public OAuth2 client, where there is one.")
    ]
    secret_rotated_at: Annotated[
        str | None,
        Property(
            "When the client secret was made, RFC 3339 in UTC; ``None`` where that is not known."
        ),
    ]
    created_at: Annotated[str, Property("When it was registered, RFC 3339 in UTC.")]
    api_url: Annotated[str, Property("The API base URL of its platform.")]
    needs_new_secret: bool = False
    """Whether the client secret may be dead, because every response to its rotation was lost."""
    adopting: bool = False
    """Whether the adoption failed half-way and was not finished since."""

    @classmethod
    def from_props(cls, id_: str, props: Props) -> ApplicationState:
        """Convert the outputs of an earlier operation."""
        inputs = ApplicationInputs.from_props(props)
        return cls(id=id_, inputs=inputs, **parsed(OUTPUTS, props))

    def to_props(self) -> dict[str, Any]:
        """Return the outputs: the inputs and the values of the platform.

        The client secret is in plain text.
        """
        return {**self.inputs.to_props(), **dumped(OUTPUTS, self)}

    @classmethod
    def of(
        cls,
        application: Application,
        inputs: ApplicationInputs,
        secret: SecretStr | None,
        api_url: str,
        *,
        secret_rotated_at: str | None = None,
    ) -> ApplicationState:
        """Combine a response of the platform with the inputs that now apply."""
        public = application.public_oauth2_client
        return cls(
            id=application.id,
            inputs=kept_inputs(inputs, secret_rotated_at),
            client_id=application.oauth2_client.id,
            client_secret=secret,
            client_type=application.oauth2_client.type,
            public_client_id=None if public is None else public.id,
            secret_rotated_at=secret_rotated_at,
            created_at=format_timestamp(application.created_at),
            api_url=api_url,
        )


OUTPUTS: Final = table_of(ApplicationState)
