"""From the steps of a preview to a review."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from olt_provider.cli.review import drift
from olt_provider.cli.review.findings import (
    ADOPTED,
    ROTATED,
    Access,
    Affected,
    DeadSecret,
    Review,
    an_id,
)
from olt_provider.cli.review.preview import (
    APPLICATION,
    INSTALLATION,
    SECRET,
    UNKNOWN,
    Preview,
    State,
    Step,
    name_of,
)
from olt_provider.cli.review.providers import changed_providers

NOTHING = State()
OURS = (APPLICATION, INSTALLATION)


def review(preview: Preview) -> Review:
    """What a preview means."""
    found = _Found()
    for step in effective(preview):
        if step.kind == APPLICATION:
            found.application(step)
        else:
            found.installation(step)
    return Review(
        stack=stack_of(preview),
        failed=preview.failed,
        replaced=tuple(found.replaced),
        deleted=tuple(found.deleted),
        inactive=tuple(found.inactive),
        dead_secrets=tuple(found.dead_secrets),
        loses_access=_merged(found.loses),
        gains_access=_merged(found.gains),
        other=(*found.other, *_of_other_types(preview)),
        providers=changed_providers(preview),
        drift=drift.found(preview),
    )


def _of_other_types(preview: Preview) -> list[Affected]:
    """Resources of this package that an alias gives to a resource of another type."""
    note = "becomes a resource of another type, so it leaves the stack: it stays on the platform"
    return [
        Affected(application=step.name, application_id=an_id(step.old.id), note=note)
        for step in sorted(preview.steps, key=lambda step: step.urn)
        if step.old and step.old.type in OURS and step.kind not in OURS
        if step.op in ("same", "update")
    ]


def stack_of(preview: Preview) -> str:
    """Project and stack, or nothing where there is no step."""
    if not preview.steps:
        return ""
    stack, project = preview.steps[0].urn.removeprefix("urn:pulumi:").split("::", 3)[:2]
    return f"{project}/{stack}"


def effective(preview: Preview, *, unchanged: bool = False) -> list[Step]:
    """One step per resource of this package: the one that says what happens to it.

    With ``unchanged`` also those to which nothing happens, as far as the preview tells them.
    """
    order = (*ORDER, "same") if unchanged else ORDER
    by_urn: dict[str, list[Step]] = defaultdict(list)
    for step in preview.steps:
        if step.kind in (APPLICATION, INSTALLATION):
            by_urn[step.urn].append(step)
    steps = []
    for _, group in sorted(by_urn.items(), key=_by_name):  # the engine's order differs each time
        by_op = {step.op: step for step in group}
        for alias, op in ALIASES:
            if op not in by_op and alias in by_op:
                by_op[op] = by_op[alias].model_copy(update={"op": op})
        chosen = next((by_op[op] for op in order if op in by_op), None)
        if chosen is not None and not (chosen.old or NOTHING).external:
            steps.append(chosen)
    return steps


def _by_name(item: tuple[str, list[Step]]) -> tuple[str, str]:
    urn, _ = item
    return name_of(urn), urn


def _merged(accesses: list[Access]) -> tuple[Access, ...]:
    """One per tenant and application, with all reasons."""
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in accesses:
        told = reasons[each.application, each.tenant or ""]
        if each.why not in told:
            told.append(each.why)
    return tuple(
        Access(tenant=tenant or None, application=application, why=", ".join(sorted(why)))
        for (application, tenant), why in sorted(reasons.items())
    )


ALIASES = (("create-replacement", "replace"), ("delete-replaced", "delete"))
ORDER = ("replace", "create", "update", "delete")


def owned_by(step: Step) -> str | None:
    """The tenant that owns an application now."""
    return an_id((step.old or NOTHING).inputs.get("tenant_id"))


def application_of(step: Step) -> str:
    """The application of an installation, by its name in the program where that is told."""
    for state in (step.new, step.old):
        for urn in (state.depends.get("application_id") or []) if state else []:
            if urn.count("::") >= 3:
                return name_of(urn)
    state = step.new or step.old or NOTHING
    return an_id(state.inputs.get("application_id")) or "an application that is not known yet"


def rotates(step: Step) -> bool:
    """Whether an update makes a new secret: a trigger that is not empty and differs."""
    trigger = (step.new or NOTHING).inputs.get("rotate_secret_when_changed")
    return bool(trigger) and "rotate_secret_when_changed" in step.changed


class _Found:
    def __init__(self) -> None:
        self.replaced: list[Affected] = []
        self.deleted: list[Affected] = []
        self.inactive: list[Affected] = []
        self.dead_secrets: list[DeadSecret] = []
        self.loses: list[Access] = []
        self.gains: list[Access] = []
        self.other: list[Affected] = []

    def application(self, step: Step) -> None:
        old, new = step.old or NOTHING, step.new or NOTHING
        if step.op == "create":
            self._created(step.name, new)
        elif step.op == "update":
            self._updated(step, old, new)
        elif step.op == "replace":
            self._gone(step.name, old, "replaced", self.replaced)
            self._all_gain(step.name, new.inputs.get("allowed_tenants"))
        else:
            self._gone(step.name, old, "deleted", self.deleted)

    def _note(
        self,
        where: list[Affected],
        name: str,
        state: State,
        note: str,
        properties: tuple[str, ...] = (),
    ) -> None:
        found = an_id(state.id)
        where.append(
            Affected(application=name, application_id=found, note=note, properties=properties)
        )

    def _created(self, name: str, new: State) -> None:
        adopt = new.inputs.get("adopt")
        allowed = new.inputs.get("allowed_tenants")
        if adopt is None:
            self._note(self.other, name, new, "registered: a new client ID and a new secret")
        else:
            known = isinstance(adopt, dict)
            if not known or adopt.get("client_secret") in (None, "", UNKNOWN):
                self.dead_secrets.append(DeadSecret(application=name, client_id=None, why=ADOPTED))
            taken = State(id=str(adopt.get("application_id", ""))) if known else new
            self._note(self.other, name, taken, "adopted")
            if allowed is not None:
                why = "adopted: tenants that are allowed now and not declared are revoked"
                self.loses.append(Access(tenant=None, application=name, why=why))
            if new.inputs.get("status") == "inactive":
                self._note(self.inactive, name, taken, "adopted as inactive")
            elif new.inputs.get("status") in HIDDEN:
                note = "may be set inactive: status is secret or not known yet"
                self._note(self.inactive, name, taken, note)
        self._all_gain(name, allowed)

    def _updated(self, step: Step, old: State, new: State) -> None:
        name = step.name
        if rotates(step):
            client = an_id(old.outputs.get("client_id"))
            self.dead_secrets.append(DeadSecret(application=name, client_id=client, why=ROTATED))
        elif "rotate_secret_when_changed" in step.changed:
            self._note(self.other, name, old, "rotate_secret_when_changed is empty: no new secret")
        before, after = old.inputs.get("status"), new.inputs.get("status")
        if "status" in step.changed and after in HIDDEN:
            note = "may be set inactive: status is secret or not known yet"
            self._note(self.inactive, name, old, note)
        elif before != after and after == "inactive":
            note = "its tenants' data cannot be accessed and nobody can install it"
            self._note(self.inactive, name, old, note)
        elif before == "inactive" and after != "inactive":
            self._note(self.other, name, old, "set active again")
        if "allowed_tenants" in step.changed:
            self._tenants(step, old, new)
        others = sorted(step.changed - TOLD - {"__provider"})
        if others:
            self._note(self.other, name, old, "changed in place", tuple(others))

    def _tenants(self, step: Step, old: State, new: State) -> None:
        name = step.name
        before, after = (state.inputs.get("allowed_tenants") for state in (old, new))
        if after is None:
            note = "its tenants are not managed any more and keep their access"
            self._note(self.other, name, old, note)
        elif not _told(after) or (before is not None and not _told(before)):
            why = "allowed_tenants is secret or not known yet"
            for access in (self.loses, self.gains):
                access.append(Access(tenant=None, application=name, why=why))
        elif before is None:
            why = "its tenants become managed: those allowed by hand and not declared are revoked"
            self.loses.append(Access(tenant=None, application=name, why=why))
            self._all_gain(name, after)
        else:
            self._each(self.loses, name, before.keys() - after.keys(), "revoked")
            self._each(self.gains, name, after.keys() - before.keys(), "allowed")
            if any(before[tenant] != after[tenant] for tenant in before.keys() & after.keys()):
                self._note(self.other, name, old, "changed in place: comments of tenants")

    def _gone(self, name: str, old: State, why: str, where: list[Affected]) -> None:
        if old.retain:
            note = f"{why} in the stack, but retained on the platform: its secret goes on working"
            self._note(self.other, name, old, note)
            return
        note = "a new client ID and a new secret" if why == "replaced" else "with its installations"
        self._note(where, name, old, note)
        client = an_id(old.outputs.get("client_id"))
        self.dead_secrets.append(DeadSecret(application=name, client_id=client, why=why))
        allowed = old.inputs.get("allowed_tenants")
        if _told(allowed):
            self._each(self.loses, name, allowed, f"application {why}")
        else:
            told = f"application {why}; who was allowed is not declared"
            self.loses.append(Access(tenant=None, application=name, why=told))

    def _all_gain(self, name: str, allowed: Any) -> None:
        if _told(allowed):
            self._each(self.gains, name, allowed, "allowed")
        elif allowed is not None:
            why = "allowed_tenants is secret or not known yet"
            self.gains.append(Access(tenant=None, application=name, why=why))

    def _each(self, where: list[Access], name: str, tenants: Any, why: str) -> None:
        where += [Access(tenant=an_id(t), application=name, why=why) for t in sorted(tenants)]

    def installation(self, step: Step) -> None:
        name = application_of(step)
        old, new = step.old or NOTHING, step.new or NOTHING
        if step.op in ("create", "replace"):
            tenant = an_id(new.inputs.get("tenant_id"))
            self.gains.append(Access(tenant=tenant, application=name, why="installed"))
        if step.op in ("delete", "replace") and not old.retain:
            tenant = an_id(old.inputs.get("tenant_id"))
            self.loses.append(Access(tenant=tenant, application=name, why="uninstalled"))


HIDDEN = (SECRET, UNKNOWN)
TOLD = frozenset({"allowed_tenants", "rotate_secret_when_changed", "status"})


def _told(allowed: Any) -> bool:
    """Whether a preview tells which tenants; a masked or unknown mapping is a text."""
    return isinstance(allowed, Mapping) and not {SECRET, UNKNOWN} & set(allowed)
