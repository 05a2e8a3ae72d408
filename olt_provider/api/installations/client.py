"""``/applications``: installing applications in the acting tenant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from olt_provider.api.installations.domain import AvailableApplication, Installation
from olt_provider.api.path import segment
from olt_provider.api.tenant import TenantTransport

PATH = "/applications"


class InstallationsClient:
    """Needs ``applications:read`` to look and ``:write`` to install.

    Every method raises ``ApiError`` for a refusal and ``RequestError`` for an answer that never
    came or cannot be read.
    """

    def __init__(self, transport: TenantTransport) -> None:
        self._transport = transport

    def list(self, *, installed: bool | None = None) -> Iterator[AvailableApplication]:
        """``GET``, all pages: what is available to or installed in the acting tenant.

        ``installed`` keeps only those that are, or are not, installed; default: both.
        """
        return self._transport.items(AvailableApplication, PATH, _filter(installed))

    def pages(self, *, installed: bool | None = None) -> Iterator[Sequence[AvailableApplication]]:
        """``GET``, page by page as they are asked for: what ``list`` gives, up to 100 at once."""
        return self._transport.pages(AvailableApplication, PATH, _filter(installed))

    def get(self, application_id: str) -> AvailableApplication:
        """``GET .../{applicationId}``: how an installation is verified."""
        return self._transport.item(AvailableApplication, "GET", _one(application_id))

    def install(self, application_id: str) -> Installation:
        """``PUT .../{applicationId}/installation``: repeating it is harmless."""
        return self._transport.item(Installation, "PUT", f"{_one(application_id)}/installation")

    def uninstall(self, application_id: str) -> None:
        """``DELETE .../{applicationId}/installation``: 404 also where it is not installed."""
        self._transport.send("DELETE", f"{_one(application_id)}/installation")


def _filter(installed: bool | None) -> dict[str, str]:
    return {} if installed is None else {"installed": "true" if installed else "false"}


def _one(application_id: str) -> str:
    return f"{PATH}/{segment(application_id, what='application ID')}"
