"""What the steps of a preview mean: who gains and loses what. Holds no value that may be secret."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["replace", "rotate", "revoke", "delete"]
KINDS: Final[tuple[Kind, ...]] = ("replace", "rotate", "revoke", "delete")
ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Access(_Part):
    """A tenant that gains or loses access to an application, and by what.

    ``tenant`` is ``None`` where the preview does not tell which.
    """

    tenant: str | None
    application: str
    why: str


class DeadSecret(_Part):
    """A client secret that stops working."""

    application: str
    client_id: str | None
    why: str


class Affected(_Part):
    """An application, by its name in the program, and what there is to say of it."""

    application: str
    application_id: str | None
    note: str
    properties: tuple[str, ...] = ()
    """The names of properties that the note is about, as the preview names them."""


class Drift(_Part):
    """What somebody changed by hand since the last update or refresh."""

    resource: str
    what: str
    name: str = ""
    """The property or the tenant that it is about."""


class ProviderChange(_Part):
    """A provider that is new, removed, or has other settings, by their names."""

    provider: str
    what: str
    settings: tuple[str, ...]


class Live(_Part):
    """What the platform says about it now."""

    checked: bool
    reason: str = ""
    """Why it was not, or not all, checked."""
    refused: tuple[Access, ...] = ()
    """Tenants for whose sake a guard would refuse a deletion."""
    revoked_installed: tuple[Access, ...] = ()
    """Tenants that are revoked while they have the application installed."""
    names_in_use: tuple[Affected, ...] = ()
    """Registrations that a guard would refuse, and who has the name."""


NOT_ASKED: Final = Live(checked=False, reason="run with --live")


class Review(_Part):
    """The meaning of a preview on the platform."""

    version: int = 1
    stack: str
    failed: bool
    replaced: tuple[Affected, ...]
    deleted: tuple[Affected, ...]
    inactive: tuple[Affected, ...]
    dead_secrets: tuple[DeadSecret, ...]
    loses_access: tuple[Access, ...]
    gains_access: tuple[Access, ...]
    other: tuple[Affected, ...]
    providers: tuple[ProviderChange, ...]
    drift: tuple[Drift, ...] | None
    """``None``: not checked."""
    live: Live = NOT_ASKED

    def count(self, kind: Kind) -> int:
        """How many findings there are of a kind that ``--fail-on`` names."""
        if kind == "replace":
            return len(self.replaced)
        if kind == "delete":
            return len(self.deleted)
        if kind == "rotate":
            return sum(each.why in IN_PLACE for each in self.dead_secrets)
        return len(self.loses_access) + len(self.inactive)

    @property
    def breaking(self) -> bool:
        """Whether something that works now stops working."""
        return bool(
            self.replaced or self.deleted or self.inactive or self.dead_secrets or self.loses_access
        )


ROTATED: Final = "rotated"
ADOPTED: Final = "adopted without its secret"
IN_PLACE: Final = frozenset({ROTATED, ADOPTED})


def an_id(value: Any) -> str | None:
    """An ID that may be shown; anything else, a masked or unknown value too, is not."""
    text = value.lower() if isinstance(value, str) else ""
    return text if ID.fullmatch(text) else None
