"""Applications that a tenant owns: ``/application-developer/applications``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, SecretStr

from olt_provider.api.allowed_tenants import AllowedTenant, AllowedTenantsClient
from olt_provider.api.errors import OltError, RequestError, UnreadableError
from olt_provider.api.ids import segment
from olt_provider.api.model import (
    Id,
    Model,
    OpaqueId,
    OptionalText,
    Text,
    TextList,
    Timestamp,
    data_of,
    parse,
)
from olt_provider.api.retry import Repeat
from olt_provider.api.tenant_transport import TenantTransport

PATH = "/application-developer/applications"


def _spelled_right(value: Any) -> Any:
    # The platform returns "confidental"; its documentation has "confidential".
    return "confidential" if value == "confidental" else value


class OAuth2Client(Model):
    """The confidential OAuth2 client of an application.

    ``secret`` is set only in the responses to a registration and to a rotation.
    """

    id: OpaqueId
    secret: SecretStr | None = None
    type: Annotated[str, BeforeValidator(_spelled_right)] = "confidential"


class PublicOAuth2Client(Model):
    """The public OAuth2 client of an application that has one."""

    id: OpaqueId


class Application(Model):
    """An application, as its owner reads it."""

    id: Id
    name: str
    with_public_oauth2_client: bool
    oauth2_client: OAuth2Client
    public_oauth2_client: PublicOAuth2Client | None = None
    tenant_id: Id
    status: str
    """``active`` or ``inactive``. Other values that the platform may add are accepted unchanged."""
    created_at: Timestamp | None
    """``None`` if the response lacks it."""
    teaser_description: Text = ""
    url: OptionalText = None
    redirect_uris: TextList = ()
    allowed_tenants: tuple[AllowedTenant, ...]
    """Complete: every tenant that may install the application, installed or not."""


class AllowedTenantRegistration(Model):
    """An item of ``allowedTenants`` in a registration."""

    tenant_id: str
    comment: str = ""


class ApplicationRegistration(Model):
    """The request body of a registration. The platform has defaults for unset fields."""

    name: str
    teaser_description: str = ""
    url: str | None = None
    with_public_oauth2_client: bool = False
    redirect_uris: tuple[str, ...] = ()
    allowed_tenants: tuple[AllowedTenantRegistration, ...] = ()


class ApplicationPatch(Model):
    """The request body of a change. Fields that are not set stay unchanged."""

    name: str = ""
    teaser_description: str = ""
    url: str | None = None
    with_public_oauth2_client: bool = False
    redirect_uris: tuple[str, ...] = ()
    status: str = "active"


class ListedApplication(Model):
    """The ID and name of a list item, which prove that the application exists."""

    id: Id
    name: Text = ""


class UnreadableApplication(NamedTuple):
    """A list item that is not a readable application, and the reason.

    ``id`` and ``name`` are ``None`` where the item has no such text.
    """

    id: str | None
    name: str | None
    reason: str


def secret_in(data: Any) -> SecretStr | None:
    """Return the client secret of a response from either place where the platform may put it."""
    client = data.get("oauth2Client") if isinstance(data, Mapping) else None
    for place in (client, data):
        secret = place.get("secret") if isinstance(place, Mapping) else None
        if isinstance(secret, str) and secret:
            return SecretStr(secret)
    return None


class ApplicationsClient:
    """Registers, reads, changes and deletes the applications that a tenant owns.

    Reads need the permission ``applications_development:read``, changes ``:write``. Every method
    raises ``ApiError`` if the platform refuses the request and ``RequestError`` if no usable
    response arrives.
    """

    def __init__(self, transport: TenantTransport) -> None:
        self._transport = transport

    def register(self, registration: ApplicationRegistration) -> Application:
        """Register an application: ``POST``. Only this response holds its client secret.

        The request is never repeated once it may have reached the platform, because each one
        registers another application. After a ``RequestError`` with ``sent`` it is not known
        whether an application was registered. If the response lacks more than the IDs and the
        secret, the application is read by a GET; if that fails, the missing values are those that
        were sent.
        """
        source = f"POST {PATH}"
        body = self._transport.send(
            "POST", PATH, json=registration.to_wire(), repeat=Repeat.IF_UNSENT
        )
        data = data_of(body, source=source)
        secret = _require_secret(secret_in(data), source)
        try:
            registered = parse(Application, data, source=source)
        except RequestError:
            registered = self._read_rest(data, registration)
        client = registered.oauth2_client.model_copy(update={"secret": secret})
        return registered.model_copy(update={"oauth2_client": client})

    def _read_rest(self, data: Any, registration: ApplicationRegistration) -> Application:
        """Complete an incomplete response to a registration."""
        source = f"POST {PATH}"
        listed = parse(ListedApplication, data, source=source)
        try:
            return self.get(listed.id)
        except OltError:
            client = parse(OAuth2Client, data.get("oauth2Client"), source=source)
        tenants = [item.model_dump() for item in registration.allowed_tenants]
        sent: dict[str, Any] = {**registration.model_dump(), "allowed_tenants": tenants}
        found = {"id": listed.id, "oauth2_client": client, "created_at": None, "status": "active"}
        owner = {"tenant_id": self._transport.own_tenant()}
        return parse(Application, {**sent, **found, **owner}, source=source)

    def list(self) -> Iterator[Application]:
        """List the tenant's applications, without secrets: ``GET``, all pages.

        An application that cannot be read is left out and reported, so that the others are
        returned.
        """
        for entry in self.entries():
            if isinstance(entry, Application):
                yield entry
            else:
                self._transport.notify(f"left out of a list: {entry.reason}")

    def entries(self) -> Iterator[Application | UnreadableApplication]:
        """List as ``list`` does, with an ``UnreadableApplication`` for each unreadable item."""
        return map(self._entry, self._transport.raw_items(PATH))

    def _entry(self, item: Any) -> Application | UnreadableApplication:
        source = f"GET {PATH}"
        try:
            return self._complete(item, source)
        except UnreadableError as error:
            fields = item if isinstance(item, Mapping) else {}
            id_, name = (fields.get(key) for key in ("id", "name"))
            return UnreadableApplication(
                id_ if isinstance(id_, str) else None,
                name if isinstance(name, str) else None,
                str(error),
            )

    def listed(self) -> Iterator[ListedApplication]:
        """List the IDs and names only: ``GET``, all pages. Other fields need not be readable.

        Raises ``UnreadableError`` for an ID that cannot be read, because the list would then not
        prove that an application is missing.
        """
        return self._transport.items(ListedApplication, PATH)

    def names(self) -> Iterator[ListedApplication]:
        """List as ``listed`` does, without the applications whose ID cannot be read."""
        return chain.from_iterable(self._transport.readable_pages(ListedApplication, PATH))

    def pages(self) -> Iterator[Sequence[Application]]:
        """Yield pages of up to 100 applications: ``GET``, each page when it is needed.

        An application that cannot be read is left out; a ``get`` of it reports why.
        """
        return self._transport.readable_pages(Application, PATH)

    def get(self, application_id: str) -> Application:
        """Read one application, without its secret: ``GET .../{applicationId}``."""
        source = f"GET {_one(application_id)}"
        body = self._transport.send("GET", _one(application_id))
        return self._complete(data_of(body, source=source), source)

    def _complete(self, data: Any, source: str) -> Application:
        """Parse an application. If the response lacks its allowed tenants, list them."""
        if isinstance(data, Mapping) and data.get("allowedTenants") is None:
            listed = parse(ListedApplication, data, source=source)
            found = AllowedTenantsClient(self._transport).list(listed.id)
            data = {**data, "allowedTenants": tuple(found)}
        return parse(Application, data, source=source)

    def patch(self, application_id: str, patch: ApplicationPatch) -> Application:
        """Change the fields that are set in ``patch``: ``PATCH .../{applicationId}``.

        If the response does not hold the whole application, it is read by a GET.
        """
        path = _one(application_id)
        body = self._transport.send("PATCH", path, json=patch.to_wire())
        try:
            return parse(Application, data_of(body, source=f"PATCH {path}"), source=f"PATCH {path}")
        except RequestError:
            return self._read_changed(application_id)

    def _read_changed(self, application_id: str) -> Application:
        try:
            return self.get(application_id)
        except OltError as error:
            raise RequestError(
                f"PATCH {_one(application_id)}: the change was made, but the response does not "
                f"hold the application, and reading it failed: {error}",
                sent=True,
                temporary=False,
            ) from None

    def delete(self, application_id: str) -> None:
        """Delete an application and its installations: ``DELETE .../{applicationId}``."""
        self._transport.send("DELETE", _one(application_id))

    def new_secret(self, application_id: str) -> SecretStr:
        """Rotate the client secret: ``POST .../{applicationId}/secret``.

        The old secret is invalid at once. The request is repeated if its response is lost: a
        repetition only rotates the secret once more.
        """
        path = f"{_one(application_id)}/secret"
        body = self._transport.send("POST", path)
        return _require_secret(secret_in(data_of(body, source=f"POST {path}")), f"POST {path}")


def _one(application_id: str) -> str:
    return f"{PATH}/{segment(application_id, what='application ID')}"


def _require_secret(secret: SecretStr | None, source: str) -> SecretStr:
    if secret is None or not secret.get_secret_value():
        raise RequestError(
            f"{source}: the response has no client secret", sent=True, temporary=False
        )
    return secret
