"""The JSON bodies of requests and responses, by the contract's names."""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema

from olt_provider.emulator import contract

T = TypeVar("T")

Id = Annotated[str, Field(pattern=contract.UUID, json_schema_extra={"format": "uuid"})]
IdIn = Annotated[Id, AfterValidator(str.lower)]
"""An ID in a request; it may be in upper case."""
Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""RFC 3339 in UTC with milliseconds and ``Z``."""
Status = Literal["active", "inactive"]


class ResponseModel(BaseModel):
    """A response of the emulator. A field that is not set is absent, not null."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    def wire(self) -> dict[str, Any]:
        """Return the JSON object of the response."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class Body(BaseModel):
    """A request body: exact types, and no field that the contract does not have."""

    # Only the wire's names are accepted: snake_case is an error.
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)  # type: ignore[pydantic-alias]


class Data(ResponseModel, Generic[T]):
    """The envelope of a single object."""

    data: T


class Meta(ResponseModel):
    """The meta block of a list. The endpoints differ in its totals."""

    page: int
    page_size: int
    items_total: int | SkipJsonSchema[None] = None
    pages_total: int | SkipJsonSchema[None] = None
    total_size: int | SkipJsonSchema[None] = None


class Page(ResponseModel, Generic[T]):
    """The envelope of a list."""

    data: list[T]
    meta: Meta


class Error(ResponseModel):
    """The error envelope of the API."""

    error_message: str
    error_code: str


class OAuthError(BaseModel):
    """An error of the token endpoint."""

    error: str
    error_description: str


class AllowedTenant(ResponseModel):
    """A tenant that may install the application."""

    tenant_id: Id
    created_at: Timestamp
    installed: bool
    comment: str


class OAuth2Client(ResponseModel):
    """The confidential client. ``secret`` is only present when it is new."""

    id: Id
    secret: str | SkipJsonSchema[None] = Field(default=None, repr=False)
    type: Literal["confidental"] = contract.CLIENT_TYPE


class PublicOAuth2Client(ResponseModel):
    """The public client."""

    id: Id
    type: Literal["public"]


class Application(ResponseModel):
    """An application in the owner's view."""

    id: Id
    name: str
    with_public_oauth2_client: bool
    oauth2_client: OAuth2Client
    public_oauth2_client: PublicOAuth2Client | SkipJsonSchema[None] = None
    tenant_id: Id
    status: Status
    created_at: Timestamp
    updated_at: Timestamp
    allowed_tenants: list[AllowedTenant]
    teaser_description: str | SkipJsonSchema[None] = None
    url: str | None = None
    redirect_uris: list[str] | SkipJsonSchema[None] = None


class NewSecret(ResponseModel):
    """The response to a rotation."""

    oauth2_client: OAuth2Client


class Installation(ResponseModel):
    """The tenant in which an application is installed, and since when."""

    tenant_id: Id
    created_at: Timestamp


class AvailableApplication(ResponseModel):
    """An application in the view of a tenant that uses it."""

    id: Id
    name: str
    available: bool
    available_code: str
    installation: Installation | SkipJsonSchema[None] = None


class DeviceInfo(ResponseModel):
    """The description of a device."""

    name: str
    description: str
    device_type_id: Id
    tags: list[str]
    location: str


class Device(ResponseModel):
    """A device of a tenant."""

    id: Id
    info: DeviceInfo


class InstalledTenant(ResponseModel):
    """A tenant that has the calling application installed."""

    tenant_id: Id
    name: str


class RealmInfo(BaseModel):
    """The public information about the realm."""

    realm: str
    public_key: str


class IssuedToken(BaseModel):
    """The response of the token endpoint."""

    model_config = ConfigDict(populate_by_name=True)

    access_token: str = Field(repr=False)
    expires_in: int
    refresh_expires_in: int
    refresh_token: str = Field(repr=False)
    token_type: Literal["bearer"]
    not_before_policy: int = Field(alias="not-before-policy")
    session_state: str
    scope: str


Name = Annotated[str, Field(pattern=contract.ASSUMED_NAME)]
Url = Annotated[str, Field(pattern=contract.ASSUMED_ABSOLUTE_URL)]
RedirectUri = Annotated[str, Field(pattern=contract.ASSUMED_REDIRECT_URI)]


class AllowedTenantIn(Body):
    """An item of ``allowedTenants`` in a registration. Of equal tenants the last counts."""

    tenant_id: IdIn
    comment: str = ""


class Comment(Body):
    """The request body that allows a tenant."""

    comment: str = ""


class Registration(Body):
    """The request body of a registration."""

    name: Name
    teaser_description: str = ""
    url: Url | None = None
    with_public_oauth2_client: bool = False
    redirect_uris: list[RedirectUri] = []
    allowed_tenants: list[AllowedTenantIn] = []


class Change(Body):
    """The request body of a change. An absent field stays unchanged; null is only for ``url``."""

    name: Name = ""
    teaser_description: str = ""
    url: Url | None = None
    with_public_oauth2_client: bool = False
    redirect_uris: list[RedirectUri] = []
    status: Status = "active"
