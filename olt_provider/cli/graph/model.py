"""The graph: which tenants can use which applications, before and after a change."""

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
"""The number of characters of a name or a comment that are shown."""
SUMMARY_NAMES: Final = 3
"""The number of tenants that the summary of a group names."""
Change = Literal["same", "added", "removed"]
RANK: Final[Sequence[Access]] = ("none", "unknown", "revoked", "allowed", "installed")


class Use(NamedTuple):
    """A tenant's access to an application, before a change and after it."""

    before: Access = "none"
    after: Access = "none"

    @property
    def change(self) -> Change:
        """Whether access is gained or lost.

        An unknown access may be either, except for an installation that is known to be added or
        removed.
        """
        if self.before == self.after or ("unknown" in self and "installed" not in self):
            return "same"
        return "added" if RANK.index(self.after) > RANK.index(self.before) else "removed"

    @property
    def shown(self) -> Access:
        """The access to draw: the removed one, else the one after the change."""
        return self.before if self.change == "removed" else self.after


def cut(text: str) -> str:
    """Return a name, shortened to the characters that are shown."""
    return text if len(text) <= NAME else f"{text[: NAME - 1]}\N{HORIZONTAL ELLIPSIS}"


def access(*, allowed: bool | None, installed: bool) -> Access:
    """Return the access in one word. ``allowed`` ``None``: unknown."""
    if allowed is None:
        return "installed" if installed else "unknown"
    if allowed:
        return "installed" if installed else "allowed"
    return "revoked" if installed else "none"


class Group(NamedTuple):
    """Tenants that have the same access to every application."""

    tenants: tuple[str, ...]
    uses: tuple[Use, ...]
    """The access to each application."""


@dataclass
class Graph:
    """Applications by key, with their names, and the tenants' access to them.

    ``marks`` are additions to a name, such as ``deleted``.
    """

    title: str
    applications: dict[str, str] = field(default_factory=dict)
    uses: dict[tuple[str, str], Use] = field(default_factory=dict)
    """The access by application and tenant. A missing entry is no access."""
    comments: dict[str, str] = field(default_factory=dict)
    """The owners' comments by tenant."""
    unmanaged: set[str] = field(default_factory=set)
    """Keys of applications whose tenants are unmanaged, and so not known."""
    notes: list[str] = field(default_factory=list)
    """Notes on what the picture does not show."""
    marks: dict[str, list[str]] = field(default_factory=dict)

    def ordered(self) -> list[str]:
        """Return the keys of the applications, by name."""
        return sorted(self.applications, key=lambda key: (self.applications[key], key))

    def head(self, key: str) -> str:
        """Return an application's name, shortened if it is long, and its marks."""
        marks = self.marks.get(key)
        return cut(self.applications[key]) + (f" ({', '.join(marks)})" if marks else "")

    def label(self, tenant: str) -> str:
        """Return the comment of a tenant, with enough of its ID to identify it."""
        comment = cut(self.comments.get(tenant, "").strip())
        return f"{comment} ({tenant[:8]})" if comment else tenant

    def groups(self) -> list[Group]:
        """Return the tenants in groups, in a stable order: changes first, then by size."""
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
        """Return the tenants one by one, in the order of their groups."""
        return [Group((tenant,), group.uses) for group in self.groups() for tenant in group.tenants]

    def summary(self, group: Group) -> str:
        """Return a group in a line: its only tenant, or the number of tenants and some of them."""
        if len(group.tenants) == 1:
            return self.label(group.tenants[0])
        first = group.tenants[:SUMMARY_NAMES]
        shown = ", ".join(cut(self.comments.get(each, "").strip()) or each[:8] for each in first)
        more = ", ..." if len(group.tenants) > SUMMARY_NAMES else ""
        return f"{len(group.tenants)} tenants: {shown}{more}"


def _changes(group: Group) -> bool:
    return any(use.change != "same" for use in group.uses)
