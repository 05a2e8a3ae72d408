"""The effects on tenants' access: which tenants lose, keep and gain it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from olt_provider.cli.preview import facts
from olt_provider.cli.preview.facts import Facts
from olt_provider.cli.preview.plans import plan_of_tenants
from olt_provider.cli.preview.resources import Resource
from olt_provider.cli.preview.stack import UNNAMED, Installed, Stack
from olt_provider.cli.preview.steps import an_id
from olt_provider.cli.review.findings import Access, Affected

HIDDEN_TENANTS: Final = "allowed_tenants is secret or not known yet"
MAY_STAY: Final = "uninstalled, unless the ID that is not known yet is that of this application"
Pair = tuple[str, str | None]
"""The key of an application, and a tenant; ``None``: the preview does not show it."""


@dataclass
class _Reason:
    """Why a tenant loses or gains access, and whether that is certain."""

    why: set[str]
    certain: bool


class Tenants:
    """Compares allowed and installed tenants before and after a run."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._loses: dict[Pair, _Reason] = {}
        self._gains: dict[Pair, _Reason] = {}
        self._keeps: set[Pair] = set()
        self.notes: list[Affected] = []
        self._gone: dict[str, str] = {}
        """Keys of applications that end, with the reason."""
        self._fresh: set[str] = set()
        """Keys of applications that this run registers."""
        for resource in stack.applications:
            self._application(resource)
        self._installations()

    @property
    def loses(self) -> tuple[Access, ...]:
        """Return the tenants that lose access, or may lose it."""
        return self._accesses(self._loses)

    @property
    def gains(self) -> tuple[Access, ...]:
        """Return the tenants that gain access, or may gain it."""
        return self._accesses(self._gains)

    @property
    def keeps(self) -> tuple[Access, ...]:
        """Return the tenants that keep access to a replaced application with new credentials."""
        ended = {pair for pair, reason in self._loses.items() if reason.certain}
        kept = self._keeps - ended
        reason = _Reason({"application replaced"}, certain=True)
        return self._accesses(dict.fromkeys(kept, reason))

    def _accesses(self, found: dict[Pair, _Reason]) -> tuple[Access, ...]:
        accesses = [
            Access(
                tenant=an_id(tenant),
                comment=self._stack.comment(key, tenant),
                application=self._stack.label(key),
                application_id=an_id(key),
                why=", ".join(sorted(reason.why)),
                certain=reason.certain,
            )
            for (key, tenant), reason in found.items()
        ]
        return tuple(
            sorted(accesses, key=lambda each: (each.application, each.tenant or "", each.why))
        )

    def _application(self, resource: Resource) -> None:
        after = resource.after
        if after is not None and resource.change in ("created", "replaced"):
            new = facts.after(after)
            if after.inputs.get("adopt") is not None:
                base = self._stack.prior(self._stack.held(resource))
                self._changed(resource, self._stack.key(resource), base, new, adopted=True)
            else:
                self._registered(resource, new)
        elif resource.change == "updated" and resource.before is not None and after is not None:
            self._updated(resource, facts.before(resource.before), facts.after(after))
        for gone in resource.gone:
            state = gone.state
            if state.retain or self._stack.kept_by(state.id):
                continue
            key = an_id(state.id) or self._stack.old_key(resource)
            if key == self._stack.key(resource) and after is not None:
                continue  # it is registered again, so it is compared with its replacement
            replaced = resource.change == "replaced" and not gone.pending
            self._ended(key, state.id, facts.before(state), "replaced" if replaced else "deleted")

    def _ended(self, key: str, application_id: str, was: Facts, why: str) -> None:
        why = f"application {why}"
        self._gone[key] = why
        held = self._stack.platform.get(an_id(application_id) or "", was)
        for tenant in [*(held.allowed or ()), *held.installed]:
            self._lose(key, tenant, why)
        if held.allowed is None:
            self._lose(
                key, None, f"{why}; the preview does not show who was allowed", certain=False
            )

    def _registered(self, resource: Resource, new: Facts) -> None:
        key = self._stack.key(resource)
        self._fresh.add(key)
        if resource.change == "replaced" and self._stack.continues(resource) and resource.before:
            was = facts.before(resource.before)
            base = self._stack.platform.get(an_id(resource.before.id) or "", was)
            registered = new if new.tenants != "unmanaged" else _without_tenants(new)
            self._changed(resource, key, base, registered, why="application replaced")
            there = {(each.application, each.tenant) for each in self._stack.after}
            for tenant in base.installed:  # only known from the platform
                if (key, tenant) in there:
                    continue
                if (UNNAMED, tenant) in there:
                    self._lose(key, tenant, MAY_STAY, certain=False)
                else:
                    self._lose(key, tenant, "uninstalled")
            self._keeps |= {
                (key, each) for each in (base.allowed or {}).keys() & (registered.allowed or {})
            }
            return
        for tenant in new.allowed or ():
            self._gain(key, tenant, "allowed")
        if new.tenants == "hidden":
            self._gain(key, None, HIDDEN_TENANTS, certain=False)

    def _updated(self, resource: Resource, was: Facts, new: Facts) -> None:
        key = self._stack.key(resource)
        if "allowed_tenants" not in resource.keys and was.allowed == new.allowed:
            return
        held = self._stack.platform.get(key)
        if held is not None and was.allowed is not None and new.allowed is not None:
            new = _with(new, _tenants_after(held.allowed or {}, was.allowed, new.allowed))
        self._changed(resource, key, held or was, new)

    def _changed(
        self,
        resource: Resource,
        key: str,
        base: Facts | None,
        new: Facts,
        *,
        adopted: bool = False,
        why: str = "revoked",
    ) -> None:
        """Compare the allowed tenants. ``base`` ``None``: nothing is known of the application."""
        held = base.allowed if base is not None else None
        if new.tenants == "unmanaged":
            if held is not None and not adopted:
                self._note(resource, "its tenants are not managed any more and keep their access")
            return
        prefix = "adopted: " if adopted else ""
        if new.allowed is None:
            if held != {}:
                self._lose(key, None, prefix + HIDDEN_TENANTS, certain=False)
            self._gain(key, None, prefix + HIDDEN_TENANTS, certain=False)
            return
        if held is None:
            self._lose(key, None, _unmanaged(base, adopted=adopted, why=why), certain=False)
            for tenant in new.allowed:
                self._gain(key, tenant, "allowed", certain=key in self._fresh)
            return
        plan = plan_of_tenants(held, new.allowed)
        for tenant in plan.revoked:
            self._lose(key, tenant, why)
        for tenant in plan.allowed.keys() - held.keys():
            self._gain(key, tenant, "allowed")
        if why == "revoked" and plan.allowed.keys() & held.keys():
            self._note(resource, "changed in place: comments of tenants")

    def _note(self, resource: Resource, note: str) -> None:
        self.notes.append(
            Affected(
                application=self._stack.name(resource),
                application_id=an_id(self._stack.key(resource)),
                note=note,
            )
        )

    def _installations(self) -> None:
        before = {(each.application, each.tenant): each for each in self._stack.before}
        after = {(each.application, each.tenant): each for each in self._stack.after}
        for pair, installed in before.items():
            if pair not in after:
                self._uninstalled(pair, installed)
            elif pair[0] in self._fresh and pair[0] != UNNAMED:
                self._keeps.add(pair)
        for pair, installed in after.items():
            if pair not in before:
                self._installed(pair, installed)

    def _uninstalled(self, pair: Pair, installed: Installed) -> None:
        key, tenant = pair
        if key in self._gone:
            self._lose(key, tenant, self._gone[key])
            return
        held = self._stack.platform.get(key)
        if held is not None and tenant not in held.installed and tenant in (held.allowed or {}):
            return
        if self._stack.may_go_on(installed) or key == UNNAMED or tenant is None:
            self._lose(key, tenant, MAY_STAY, certain=False)
        else:
            self._lose(key, tenant, "uninstalled")

    def _installed(self, pair: Pair, installed: Installed) -> None:
        key, tenant = pair
        held = self._stack.platform.get(key)
        if held is not None and key not in self._fresh and tenant in held.installed:
            return
        newly_allowed = pair in self._gains and self._gains[pair].certain
        certain = (
            key in self._fresh or newly_allowed or (held is not None and key != UNNAMED)
        ) and tenant is not None
        before = {
            each.application for each in self._stack.before if each.resource == installed.resource
        }
        if key == UNNAMED and before:
            certain = False
        self._gain(
            key, tenant, "installed" if certain else "installed if it is not yet", certain=certain
        )

    def _lose(self, key: str, tenant: str | None, why: str, *, certain: bool = True) -> None:
        _add(self._loses, (key, tenant), why, certain=certain)

    def _gain(self, key: str, tenant: str | None, why: str, *, certain: bool = True) -> None:
        _add(self._gains, (key, tenant), why, certain=certain)


def _add(found: dict[Pair, _Reason], pair: Pair, why: str, *, certain: bool) -> None:
    reason = found.setdefault(pair, _Reason(set(), certain=False))
    reason.why.add(why)
    reason.certain = reason.certain or certain


def _unmanaged(base: Facts | None, *, adopted: bool, why: str) -> str:
    if base is not None and base.tenants == "hidden":
        return HIDDEN_TENANTS
    if adopted:
        return "adopted: tenants that are allowed now and not declared are revoked"
    if why != "revoked":
        return f"{why}; the preview does not show who was allowed"
    return "its tenants become managed: those that are allowed and not declared are revoked"


def _without_tenants(new: Facts) -> Facts:
    """Return a registration's values with the tenants that it allows, none by default."""
    return _with(new, {})


def _tenants_after(
    held: Mapping[str, Any], was: Mapping[str, Any], new: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the allowed tenants after the calls for differences between state and program."""
    differs = {each: comment for each, comment in new.items() if was.get(each, None) != comment}
    kept = {each: comment for each, comment in held.items() if each not in was or each in new}
    return {**kept, **differs}


def _with(new: Facts, allowed: Mapping[str, Any]) -> Facts:
    return replace(new, allowed=allowed, tenants="managed")
