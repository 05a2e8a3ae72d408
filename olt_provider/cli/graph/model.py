"""Who can use what, and what a change adds and removes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

Access = Literal["none", "allowed", "installed", "revoked", "unknown"]
"""``installed``: and allowed. ``revoked``: installed, but not allowed any more."""

WORDS: Final[Mapping[Access, str]] = {
    "none": "no access",
    "allowed": "allowed",
    "installed": "allowed and installed",
    "revoked": "installed, not allowed any more",
    "unknown": "not known yet",
}
NAME: Final = 30
"""How much of a name or a comment is shown, in characters."""
Change = Literal["same", "added", "removed"]
RANK: Final[Sequence[Access]] = ("none", "unknown", "revoked", "allowed", "installed")


class Use(NamedTuple):
    """What a tenant may do with an application, before a change and after it."""

    before: Access = "none"
    after: Access = "none"

    @property
    def change(self) -> Change:
        """Whether access is gained or lost. What is not known yet may be either, but for an
        installation, which is known to come or to go.
        """
        if self.before == self.after or ("unknown" in self and "installed" not in self):
            return "same"
        return "added" if RANK.index(self.after) > RANK.index(self.before) else "removed"

    @property
    def shown(self) -> Access:
        """The access to draw: what is removed, else what there is afterwards."""
        return self.before if self.change == "removed" else self.after


def cut(text: str) -> str:
    """A name as it is shown."""
    return text if len(text) <= NAME else f"{text[: NAME - 1]}\N{HORIZONTAL ELLIPSIS}"


def access(*, allowed: bool | None, installed: bool) -> Access:
    """The access in one word. ``allowed`` ``None``: unknown."""
    if allowed is None:
        return "installed" if installed else "unknown"
    if allowed:
        return "installed" if installed else "allowed"
    return "revoked" if installed else "none"


class Group(NamedTuple):
    """Tenants that have the same access to every application."""

    tenants: tuple[str, ...]
    uses: tuple[Use, ...]
    """One for each application."""


@dataclass
class Graph:
    """Applications by a key, with their names, and what each tenant may do with them.

    ``marks`` are what there is to add to a name, such as ``deleted``.
    """

    title: str
    applications: dict[str, str] = field(default_factory=dict)
    uses: dict[tuple[str, str], Use] = field(default_factory=dict)
    """By application and tenant; who is not named has no access."""
    comments: dict[str, str] = field(default_factory=dict)
    """The comment that an owner gives a tenant."""
    unmanaged: set[str] = field(default_factory=set)
    """Keys of applications whose tenants are not known, because no program declares them."""
    notes: list[str] = field(default_factory=list)
    """What the picture does not show."""
    marks: dict[str, list[str]] = field(default_factory=dict)

    def ordered(self) -> list[str]:
        """The keys of the applications, by name."""
        return sorted(self.applications, key=lambda key: (self.applications[key], key))

    def head(self, key: str) -> str:
        """An application's name, cut where it is long, and its marks."""
        marks = self.marks.get(key)
        return cut(self.applications[key]) + (f" ({', '.join(marks)})" if marks else "")

    def label(self, tenant: str) -> str:
        """The comment for a tenant, with enough of its ID to find it."""
        comment = cut(self.comments.get(tenant, "").strip())
        return f"{comment} ({tenant[:8]})" if comment else tenant

    def groups(self) -> list[Group]:
        """The tenants, grouped, in a stable order: what changes first, then the largest group."""
        applications = self.ordered()
        tenants = sorted(
            {tenant for _, tenant in self.uses}, key=lambda each: (self.label(each), each)
        )
        by_uses: dict[tuple[Use, ...], list[str]] = defaultdict(list)
        for tenant in tenants:
            by_uses[tuple(self.uses.get((key, tenant), Use()) for key in applications)].append(
                tenant
            )
        return sorted(
            (Group(tuple(tenants), uses) for uses, tenants in by_uses.items()),
            key=lambda group: (
                not _changes(group),
                -len(group.tenants),
                self.label(group.tenants[0]),
            ),
        )

    def each(self) -> list[Group]:
        """The tenants one by one, in the order of their groups."""
        return [Group((tenant,), group.uses) for group in self.groups() for tenant in group.tenants]

    def summary(self, group: Group, names: int = 3) -> str:
        """A group in a line: its only tenant, or how many there are and who comes first."""
        if len(group.tenants) == 1:
            return self.label(group.tenants[0])
        first = group.tenants[:names]
        shown = ", ".join(cut(self.comments.get(each, "").strip()) or each[:8] for each in first)
        more = ", ..." if len(group.tenants) > names else ""
        return f"{len(group.tenants)} tenants: {shown}{more}"


def _changes(group: Group) -> bool:
    return any(use.change != "same" for use in group.uses)
