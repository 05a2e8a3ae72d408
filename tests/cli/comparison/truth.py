"""Snapshots of the platform before and after a run, and their differences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from olt_provider.emulator import Emulator
from tests.emulated import calls_of

NEW_SECRET = re.compile(r".*/application-developer/applications/([0-9a-f-]{36})/secret")


@dataclass(frozen=True)
class Held:
    """An application on the platform."""

    name: str
    owner: str
    status: str
    allowed: Mapping[str, str]
    installed: frozenset[str]
    public: bool
    redirects: frozenset[str]
    other: tuple[str | None, ...]

    @property
    def used_by(self) -> set[str]:
        """The tenants that are allowed or have it installed."""
        return {*self.allowed, *self.installed}


Snapshot = Mapping[str, Held]


def snapshot(emulator: Emulator) -> Snapshot:
    """All applications by ID."""
    return {
        each["id"]: Held(
            name=each["name"],
            owner=each["tenantId"],
            status=each["status"],
            allowed={item["tenantId"]: item["comment"] for item in each["allowedTenants"]},
            installed=frozenset(
                item["tenantId"] for item in emulator.platform.installations(each["id"])
            ),
            public=each["withPublicOauth2Client"],
            redirects=frozenset(each.get("redirectUris") or ()),
            other=(each.get("url"), each.get("teaserDescription")),
        )
        for each in emulator.platform.applications()
    }


def new_secrets(emulator: Emulator) -> frozenset[str]:
    """The applications that got a new client secret since the calls were cleared."""
    return frozenset(
        found[1]
        for call in calls_of(emulator)
        if call.method == "POST" and call.status == 200 and (found := NEW_SECRET.match(call.path))
    )


Effect = tuple[str, str, str]
"""An effect: its kind, the application, and the tenant or ``""``."""


def effects(before: Snapshot, after: Snapshot, secrets: frozenset[str]) -> set[Effect]:
    """Return all differences."""
    found: set[Effect] = set()
    for key in before.keys() | after.keys():
        if key not in after:
            found |= {("deleted", key, ""), *(("lost", key, t) for t in before[key].used_by)}
            if before[key].public or before[key].redirects:
                found.add(("login", key, ""))
        elif key not in before:
            found.add(("registered", key, ""))
            found |= {("allowed", key, tenant) for tenant in after[key].allowed}
            found |= {("installed", key, tenant) for tenant in after[key].installed}
        else:
            found |= set(_changed(key, before[key], after[key]))
            if key in secrets:
                found.add(("secret", key, ""))
    return found


def _changed(key: str, old: Held, new: Held) -> Iterator[Effect]:
    yield from (("revoked", key, each) for each in old.allowed.keys() - new.allowed.keys())
    yield from (("allowed", key, each) for each in new.allowed.keys() - old.allowed.keys())
    yield from (("uninstalled", key, each) for each in old.installed - new.installed)
    yield from (("installed", key, each) for each in new.installed - old.installed)
    if old.status != new.status:
        yield new.status, key, ""
    if (old.public and not new.public) or old.redirects - new.redirects:
        yield "login", key, ""
    kept = old.allowed.keys() & new.allowed.keys()
    if any(old.allowed[each] != new.allowed[each] for each in kept):
        yield "changed", key, ""
    grown = new.redirects - old.redirects or (new.public and not old.public)
    if old.name != new.name or old.other != new.other or grown:
        yield "changed", key, ""
