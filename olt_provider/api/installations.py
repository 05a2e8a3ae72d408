"""``/applications``: installing applications in the tenant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from olt_provider.api.applications import ListedApplication
from olt_provider.api.errors import OltError, RequestError, UnreadableError
from olt_provider.api.ids import segment
from olt_provider.api.model import Id, Model, OptionalText, Text, Timestamp, data_of, parse
from olt_provider.api.tenant_transport import TenantTransport

PATH = "/applications"
APP_AVAILABLE = "APP_AVAILABLE"


class Installation(Model):
    """That an application is installed in a tenant, and since when."""

    tenant_id: Id
    created_at: Timestamp


class AvailableApplication(Model):
    """An application that is available to, or installed in, the tenant."""

    id: Id
    name: Text = ""
    available: bool
    available_code: OptionalText = None
    installation: Installation | None = None


class InstallationsClient:
    """Needs ``applications:read`` for reads and ``:write`` to install.

    Every method raises ``ApiError`` for a refusal and ``RequestError`` for a response that never
    came or cannot be read.
    """

    def __init__(self, transport: TenantTransport) -> None:
        self._transport = transport

    def list(self, *, installed: bool | None = None) -> Iterator[AvailableApplication]:
        """``GET``, all pages: what is available to or installed in the tenant.

        ``installed`` keeps only those that are, or are not, installed; default: both. One that
        cannot be read is left out and reported, so that it does not block the others.
        """
        source = f"GET {PATH}"
        for item in self._transport.raw_items(PATH, _filter(installed)):
            try:
                yield parse(AvailableApplication, item, source=source)
            except UnreadableError as error:
                self._transport.notify(f"left out of a list: {error}")

    def pages(self, *, installed: bool | None = None) -> Iterator[Sequence[AvailableApplication]]:
        """``GET``, page by page as needed, up to 100 applications at once.

        An application that cannot be read is left out: its own GET reports why.
        """
        return self._transport.readable_pages(AvailableApplication, PATH, _filter(installed))

    def listed(self) -> Iterator[ListedApplication]:
        """``GET``, all pages: the IDs and names alone, whatever else cannot be read."""
        return self._transport.items(ListedApplication, PATH)

    def get(self, application_id: str) -> AvailableApplication:
        """``GET .../{applicationId}``: how an installation is verified."""
        return self._transport.item(AvailableApplication, "GET", _one(application_id))

    def install(self, application_id: str) -> Installation:
        """``PUT .../{applicationId}/installation``: repeating it is harmless.

        A response that does not hold the installation is followed by a GET.
        """
        path = f"{_one(application_id)}/installation"
        source = f"PUT {path}"
        body = self._transport.send("PUT", path)
        try:
            return parse(Installation, data_of(body, source=source), source=source)
        except RequestError as error:
            return self._read_installed(application_id, error)

    def _read_installed(self, application_id: str, error: RequestError) -> Installation:
        try:
            installation = self.get(application_id).installation
        except OltError as failure:
            raise RequestError(
                f"{error}; reading the installation failed too: {failure}",
                sent=True,
                temporary=False,
            ) from None
        if installation is None:
            raise error
        return installation

    def uninstall(self, application_id: str) -> None:
        """``DELETE .../{applicationId}/installation``: 404 also where it is not installed."""
        self._transport.send("DELETE", f"{_one(application_id)}/installation")


def _filter(installed: bool | None) -> dict[str, str]:
    return {} if installed is None else {"installed": "true" if installed else "false"}


def _one(application_id: str) -> str:
    return f"{PATH}/{segment(application_id, what='application ID')}"
