"""Applications in the tenant that uses them, and their installations: ``/applications``."""

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
    """The tenant in which an application is installed, and since when."""

    tenant_id: Id
    created_at: Timestamp


class AvailableApplication(Model):
    """An application that is available to the tenant, or installed in it."""

    id: Id
    name: Text = ""
    available: bool
    available_code: OptionalText = None
    installation: Installation | None = None


class InstallationsClient:
    """Lists, installs and uninstalls applications in the tenant.

    Reads need the permission ``applications:read``, changes ``:write``. Every method raises
    ``ApiError`` if the platform refuses the request and ``RequestError`` if no usable response
    arrives.
    """

    def __init__(self, transport: TenantTransport) -> None:
        self._transport = transport

    def list(self, *, installed: bool | None = None) -> Iterator[AvailableApplication]:
        """List the applications that are available or installed: ``GET``, all pages.

        ``installed`` selects those that are installed, or those that are not; default: both. An
        application that cannot be read is left out and reported, so that the others are returned.
        """
        source = f"GET {PATH}"
        for item in self._transport.raw_items(PATH, _filter(installed)):
            try:
                yield parse(AvailableApplication, item, source=source)
            except UnreadableError as error:
                self._transport.notify(f"left out of a list: {error}")

    def pages(self, *, installed: bool | None = None) -> Iterator[Sequence[AvailableApplication]]:
        """Yield pages of up to 100 applications: ``GET``, each page when it is needed.

        An application that cannot be read is left out; a ``get`` of it reports why.
        """
        return self._transport.readable_pages(AvailableApplication, PATH, _filter(installed))

    def listed(self) -> Iterator[ListedApplication]:
        """List the IDs and names only: ``GET``, all pages. Other fields need not be readable."""
        return self._transport.items(ListedApplication, PATH)

    def get(self, application_id: str) -> AvailableApplication:
        """Read an application, and whether it is installed: ``GET .../{applicationId}``."""
        return self._transport.item(AvailableApplication, "GET", _one(application_id))

    def install(self, application_id: str) -> Installation:
        """Install an application: ``PUT .../{applicationId}/installation``. It is safe to repeat.

        If the response does not hold the installation, it is read by a GET.
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
        """Uninstall an application: ``DELETE .../{applicationId}/installation``.

        The platform returns 404 also for an application that is not installed.
        """
        self._transport.send("DELETE", f"{_one(application_id)}/installation")


def _filter(installed: bool | None) -> dict[str, str]:
    return {} if installed is None else {"installed": "true" if installed else "false"}


def _one(application_id: str) -> str:
    return f"{PATH}/{segment(application_id, what='application ID')}"
