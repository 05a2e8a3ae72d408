"""The findings of a review, as typed values. They contain no value that may be secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["replace", "rotate", "revoke", "login", "delete"]
KINDS: Final[tuple[Kind, ...]] = ("replace", "rotate", "revoke", "login", "delete")


LABELS: Final[Mapping[Kind, str]] = {
    "replace": "olt:replaces",
    "rotate": "olt:rotates",
    "revoke": "olt:revokes",
    "login": "olt:ends-logins",
    "delete": "olt:deletes",
}
FAILS: Final = "olt:fails"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Access(_Part):
    """A tenant that gains, loses or keeps access to an application, and the reason.

    ``tenant`` is ``None`` if the preview does not show it. ``comment`` is the program's comment for
    the tenant. ``certain`` is false if it depends on the platform's data, or on a value that is
    secret or not known yet.
    """

    tenant: str | None
    comment: str = ""
    application: str
    application_id: str | None = None
    why: str
    certain: bool = True


class DeadSecret(_Part):
    """A client secret that stops working."""

    application: str
    application_id: str | None = None
    client_id: str | None
    why: str
    due: str = ""
    """Its due date, if its age is the reason."""
    certain: bool = True


class SecretAge(_Part):
    """A client secret with rotation by age: its creation, if known, and its due date."""

    application: str
    application_id: str | None
    rotated: str
    due: str


class Affected(_Part):
    """An application, by its name in the program, and the effect on it."""

    application: str
    application_id: str | None
    note: str
    properties: tuple[str, ...] = ()
    """The names of the properties that the note concerns, as in the preview."""
    certain: bool = True


class Failure(_Part):
    """An error of the preview: its resource, if any, and its lines."""

    resource: str
    lines: tuple[str, ...]


class Drift(_Part):
    """A manual change since the last update or refresh."""

    resource: str
    what: str
    name: str = ""
    """The property or the tenant that it concerns."""


class ProviderChange(_Part):
    """A provider that is new, removed, or has other settings, by their names."""

    provider: str
    what: str
    settings: tuple[str, ...]


class Live(_Part):
    """The results of checks on the platform."""

    checked: bool
    reason: str = ""
    """Why checks are missing."""
    refused: tuple[Access, ...] = ()
    """Tenants whose installations make the guard refuse a deletion."""
    revoked_installed: tuple[Access, ...] = ()
    """Tenants that are revoked while they have the application installed."""
    names_in_use: tuple[Affected, ...] = ()
    """Registrations that the duplicate-name guard would refuse, with the existing application."""
    not_allowed: tuple[Access, ...] = ()
    """Installations that the platform would refuse."""

    @property
    def refuses(self) -> bool:
        """Whether ``up`` would refuse a step."""
        return bool(self.refused or self.names_in_use or self.not_allowed)


NOT_ASKED: Final = Live(checked=False, reason="run with --live")


class Review(_Part):
    """The effects of a preview on the platform."""

    version: int = 2
    stack: str
    failed: bool
    failures: tuple[Failure, ...] = ()
    """The errors of a failed preview, without secrets that are in use here."""
    refresh_only: bool = False
    """Whether it is a preview of ``pulumi refresh``, which only changes the state."""
    replaced: tuple[Affected, ...] = ()
    deleted: tuple[Affected, ...] = ()
    inactive: tuple[Affected, ...] = ()
    dead_secrets: tuple[DeadSecret, ...] = ()
    secret_ages: tuple[SecretAge, ...] = ()
    """Client secrets that stay valid and have a due date."""
    logins: tuple[Affected, ...] = ()
    """Applications whose users cannot log in as before."""
    loses_access: tuple[Access, ...] = ()
    needs_credentials: tuple[Access, ...] = ()
    """Tenants that keep their access to an application that is replaced."""
    gains_access: tuple[Access, ...] = ()
    refused: tuple[Affected, ...] = ()
    """Steps that ``up`` will refuse, as far as the preview shows them."""
    other: tuple[Affected, ...] = ()
    providers: tuple[ProviderChange, ...] = ()
    drift: tuple[Drift, ...] | None = None
    """``None``: not checked."""
    notes: tuple[str, ...] = ()
    """Notes on what the preview does not show."""
    live: Live = NOT_ASKED

    def count(self, kind: Kind) -> int:
        """Count the findings of a kind of ``--fail-on``, including the possible ones."""
        if kind == "replace":
            return len(self.replaced)
        if kind == "delete":
            return len(self.deleted)
        if kind == "rotate":
            return sum(each.why in IN_PLACE for each in self.dead_secrets)
        if kind == "login":
            return len(self.logins)
        return len(self.loses_access) + len(self.inactive)

    @property
    def labels(self) -> list[str]:
        """Return labels for a pull request: one per kind that is found, and one for a failure."""
        found = [LABELS[kind] for kind in KINDS if self.count(kind)]
        return found + [FAILS] * (self.failed or self.will_fail or self.live.refuses)

    @property
    def will_fail(self) -> bool:
        """Whether ``up`` will certainly refuse a step."""
        return any(each.certain for each in self.refused)


ROTATED: Final = "rotated"
ADOPTED: Final = "adopted without its secret"
IN_PLACE: Final = frozenset({ROTATED, ADOPTED})
