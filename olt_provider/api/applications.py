"""``/application-developer/applications``: the applications that a tenant owns."""

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
    """The confidential client of an application.

    ``secret`` is only in the responses to a registration and to a new secret.
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


class UnreadableApplication(NamedTuple):
    """A list entry that is no readable application, and why. ``None``: it has no such text."""

    id: str | None
    name: str | None
    reason: str


def secret_in(data: Any) -> SecretStr | None:
    """The client secret of a response, in either of the places where the platform may return it."""
    client = data.get("oauth2Client") if isinstance(data, Mapping) else None
    for place in (client, data):
        secret = place.get("secret") if isinstance(place, Mapping) else None
        if isinstance(secret, str) and secret:
            return SecretStr(secret)
    return None


class ApplicationsClient:
    """Needs ``applications_development:read`` for reads and ``:write`` for changes.

    Every method raises ``ApiError`` for a refusal and ``RequestError`` for a response that never
    came or cannot be read.
    """

    def __init__(self, transport: TenantTransport) -> None:
        self._transport = transport

    def register(self, registration: ApplicationRegistration) -> Application:
        """``POST``: a new application, with its client secret, which is returned only here.

        Never repeated once the request may have reached the platform, because each one makes an
        application. A ``RequestError`` with ``sent`` leaves open whether there is one now. What the
        response lacks beside the IDs and the secret is read by a GET; where that fails, it is what
        was sent.
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
        """The application of an incomplete response to a registration."""
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
        """``GET``, all pages: the tenant's applications, without secrets.

        One that cannot be read is left out and reported, so that it does not block the others.
        """
        for entry in self.entries():
            if isinstance(entry, Application):
                yield entry
            else:
                self._transport.notify(f"left out of a list: {entry.reason}")

    def entries(self) -> Iterator[Application | UnreadableApplication]:
        """``GET``, all pages: as ``list``, with those that cannot be read in their places."""
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
        """``GET``, all pages: their IDs and names alone, whatever else cannot be read.

        An ID that cannot be read is an error: the list does not prove then that one is missing.
        """
        return self._transport.items(ListedApplication, PATH)

    def names(self) -> Iterator[ListedApplication]:
        """``GET``, all pages: as ``listed``, without those whose ID cannot be read."""
        return chain.from_iterable(self._transport.readable_pages(ListedApplication, PATH))

    def pages(self) -> Iterator[Sequence[Application]]:
        """``GET``, page by page as needed, up to 100 applications at once.

        An application that cannot be read is left out: its own GET reports why.
        """
        return self._transport.readable_pages(Application, PATH)

    def get(self, application_id: str) -> Application:
        """``GET .../{applicationId}``: one application, without its secret."""
        source = f"GET {_one(application_id)}"
        body = self._transport.send("GET", _one(application_id))
        return self._complete(data_of(body, source=source), source)

    def _complete(self, data: Any, source: str) -> Application:
        """An application; its allowed tenants are read by a GET of their own where it has none."""
        if isinstance(data, Mapping) and data.get("allowedTenants") is None:
            listed = parse(ListedApplication, data, source=source)
            found = AllowedTenantsClient(self._transport).list(listed.id)
            data = {**data, "allowedTenants": tuple(found)}
        return parse(Application, data, source=source)

    def patch(self, application_id: str, patch: ApplicationPatch) -> Application:
        """``PATCH .../{applicationId}``: change what is set in ``patch``.

        A response that does not hold the whole application is followed by a GET.
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
        """``DELETE .../{applicationId}``: also removes its installations."""
        self._transport.send("DELETE", _one(application_id))

    def new_secret(self, application_id: str) -> SecretStr:
        """``POST .../{applicationId}/secret``: a new secret; the old one is invalid at once.

        Repeated when its response is lost, because each repetition only makes a newer secret.
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
