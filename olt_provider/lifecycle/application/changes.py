"""From what an application is to what is declared: the calls that differ, in a safe order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import SecretStr

from olt_provider.api.applications import Application, ApplicationPatch
from olt_provider.api.client import TenantClient
from olt_provider.api.errors import ApiError, OltError
from olt_provider.lifecycle.application.model import TABLE, ApplicationInputs, allowed_in
from olt_provider.lifecycle.application.secret import LostSecretError, make_secret
from olt_provider.lifecycle.deletion_check import NOT_FOUND
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.properties import Sent

MEND: Final = (
    "Part of the change may have been made: run `pulumi up` again to finish it, or, if you take "
    "the change out of the program, `pulumi up --refresh --run-program`"
)


@dataclass(frozen=True)
class Changed:
    """What the calls gave back: the application if it was patched, a secret if one was made."""

    application: Application | None = None
    secret: SecretStr | None = None


class Changes:
    """One PATCH, then one call per tenant, a new secret last, because it ends the old at once.

    Every step can be repeated. ``current.allowed_tenants`` ``None`` with tenants desired: they
    are looked up first. ``check_cancelled`` is called before each step, because a step of a
    cancelled run could undo what a later run did, such as a secret that a state has just got.
    """

    def __init__(
        self,
        client: TenantClient,
        application_id: str,
        current: ApplicationInputs,
        desired: ApplicationInputs,
        *,
        new_secret: bool,
        check_cancelled: Callable[[], None],
    ) -> None:
        self._client = client
        self._id = application_id
        self._current = current
        self._desired = desired
        self._new_secret = new_secret
        self._check_cancelled = check_cancelled
        self._begun = False

    def apply(self) -> Changed:
        """Make the calls. Raises ``OltError``, with what to run if a part may have been done.

        ``LostSecretError``: the secret that was known before may be dead. The cause of an error is
        the refusal that stopped it, if it was one.
        """
        allowed = self._allowed_now()
        try:
            application = self._patch()
            self._set_tenants(allowed)
            secret = self._make_secret()
        except LostSecretError as error:
            raise LostSecretError(f"{error.reason}. {MEND}") from None
        except OltError as error:
            if self._begun or error.may_have_changed:
                raise LifecycleError(f"{error.reason}. {MEND}") from error
            raise
        return Changed(application, secret)

    def _allowed_now(self) -> Mapping[str, str]:
        if self._desired.allowed_tenants is None:
            return {}
        if self._current.allowed_tenants is not None:
            return self._current.allowed_tenants
        return allowed_in(self._client.applications.get(self._id))

    def _patch(self) -> Application | None:
        changed: dict[str, Any] = {
            name: getattr(self._desired, name)
            for name, each in TABLE.items()
            if Sent.PATCH in each.sent
            and getattr(self._desired, name) != getattr(self._current, name)
        }
        if not changed:
            return None
        self._check_cancelled()
        application = self._client.applications.patch(self._id, ApplicationPatch(**changed))
        self._begun = True
        return application

    def _set_tenants(self, allowed: Mapping[str, str]) -> None:
        desired = self._desired.allowed_tenants
        if desired is None:
            return
        for tenant_id, comment in sorted(desired.items()):
            if allowed.get(tenant_id) != comment:
                self._check_cancelled()
                self._allow(tenant_id, comment)
                self._begun = True
        for tenant_id in sorted(allowed.keys() - desired.keys()):
            self._check_cancelled()
            self._revoke(tenant_id)
            self._begun = True

    def _allow(self, tenant_id: str, comment: str) -> None:
        try:
            self._client.allowed_tenants.allow(self._id, tenant_id, comment)
        except ApiError as error:
            if error.status != NOT_FOUND or not error.from_platform or not self._is_there():
                raise
            raise LifecycleError(
                f"{error.reason}; the application is there, so the platform may have no tenant "
                f"{tenant_id}: check allowed_tenants"
            ) from None

    def _is_there(self) -> bool:
        try:
            self._client.applications.get(self._id)
        except OltError:
            return False
        return True

    def _revoke(self, tenant_id: str) -> None:
        try:
            self._client.allowed_tenants.revoke(self._id, tenant_id)
        except ApiError as error:
            if error.status != NOT_FOUND or not error.from_platform:
                raise
            self._begun = self._begun or error.may_have_changed
            # Revoked already, or the application is hidden: only a look tells.
            if tenant_id in allowed_in(self._client.applications.get(self._id)):
                raise

    def _make_secret(self) -> SecretStr | None:
        if not self._new_secret:
            return None
        return make_secret(self._client, self._id, self._check_cancelled)
