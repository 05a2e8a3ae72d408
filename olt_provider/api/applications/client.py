"""``/application-developer/applications``: the applications that a tenant owns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import SecretStr

from olt_provider.api.applications.domain import (
    Application,
    ApplicationPatch,
    ApplicationRegistration,
    NewSecret,
)
from olt_provider.api.errors import RequestError
from olt_provider.api.path import segment
from olt_provider.api.retry import Repeat
from olt_provider.api.tenant import TenantTransport

PATH = "/application-developer/applications"


class ApplicationsClient:
    """Needs ``applications_development:read`` to look and ``:write`` to change.

    Every method raises ``ApiError`` for a refusal and ``RequestError`` for an answer that never
    came or cannot be read.
    """

    def __init__(self, transport: TenantTransport) -> None:
        self._transport = transport

    def register(self, registration: ApplicationRegistration) -> Application:
        """``POST``: a new application, with its client secret, which is told only here.

        Never repeated once the request may have reached the platform, because each one makes an
        application. A ``RequestError`` with ``sent`` leaves open whether there is one now.
        """
        application = self._transport.item(
            Application, "POST", PATH, json=registration.to_wire(), repeat=Repeat.IF_UNSENT
        )
        _require_secret(application.oauth2_client.secret, f"POST {PATH}")
        return application

    def list(self) -> Iterator[Application]:
        """``GET``, all pages: the acting tenant's applications, without secrets."""
        return self._transport.items(Application, PATH)

    def pages(self) -> Iterator[Sequence[Application]]:
        """``GET``, page by page as they are asked for: what ``list`` gives, up to 100 at once."""
        return self._transport.pages(Application, PATH)

    def get(self, application_id: str) -> Application:
        """``GET .../{applicationId}``: one application, without its secret."""
        return self._transport.item(Application, "GET", _one(application_id))

    def patch(self, application_id: str, patch: ApplicationPatch) -> Application:
        """``PATCH .../{applicationId}``: change what is set in ``patch``."""
        return self._transport.item(
            Application, "PATCH", _one(application_id), json=patch.to_wire()
        )

    def delete(self, application_id: str) -> None:
        """``DELETE .../{applicationId}``: also removes its installations."""
        self._transport.send("DELETE", _one(application_id))

    def new_secret(self, application_id: str) -> SecretStr:
        """``POST .../{applicationId}/secret``: a new secret; the old one is invalid at once.

        Repeated when its answer is lost, because each repetition only makes a newer secret.
        """
        path = f"{_one(application_id)}/secret"
        answer = self._transport.item(NewSecret, "POST", path)
        return _require_secret(answer.value(), f"POST {path}")


def _one(application_id: str) -> str:
    return f"{PATH}/{segment(application_id, what='application ID')}"


def _require_secret(secret: SecretStr | None, source: str) -> SecretStr:
    if secret is None or not secret.get_secret_value():
        raise RequestError(f"{source}: the answer has no client secret", sent=True, temporary=False)
    return secret
