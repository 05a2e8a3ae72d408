"""The effects on applications and their client secrets, without those on tenants."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from olt_provider.cli.preview import facts
from olt_provider.cli.preview.facts import Facts
from olt_provider.cli.preview.plans import plan_of_update
from olt_provider.cli.preview.resources import Gone, Resource
from olt_provider.cli.preview.stack import UNNAMED_LABEL, Stack, adopted_id
from olt_provider.cli.preview.steps import State, an_id
from olt_provider.cli.review import client_secrets
from olt_provider.cli.review.findings import Affected, DeadSecret, SecretAge
from olt_provider.lifecycle.application.rotation import TRIGGER
from olt_provider.lifecycle.plan import Plan

LISTED_APART: Final = client_secrets.LISTED | {
    *("allowed_tenants", "status", "adopt", "with_public_oauth2_client", "redirect_uris"),
}


class Applications:
    """Collects the effects on applications and their client secrets."""

    def __init__(self, stack: Stack, now: datetime) -> None:
        self._stack = stack
        self._now = now
        self.replaced: list[Affected] = []
        self.deleted: list[Affected] = []
        self.inactive: list[Affected] = []
        self.dead_secrets: list[DeadSecret] = []
        self.secret_ages: list[SecretAge] = []
        self.logins: list[Affected] = []
        self.other: list[Affected] = []
        for resource in stack.applications:
            self._resource(resource)

    def _resource(self, resource: Resource) -> None:
        after = resource.after
        if after is not None and resource.change in ("created", "replaced"):
            if after.inputs.get("adopt") is not None:
                self._adopted(resource, after)
            else:
                self._registered(resource)
        elif resource.imported:
            note = "imported: it is managed from now on, and does not change"
            self._note(self.other, resource, after, note)
        elif resource.change in ("updated", "same"):
            plan = plan_of_update(resource, self._now)
            self._rotated(resource, plan)
            self._updated(resource, plan)
        elif resource.change == "released" and resource not in self._stack.of_other_types:
            note = "is only read from now on: it leaves the stack and stays on the platform"
            self._note(self.other, resource, resource.before, note)
        for gone in resource.gone:
            self._gone(resource, gone)

    def _note(
        self,
        where: list[Affected],
        resource: Resource,
        state: State | None,
        note: str,
        *,
        properties: tuple[str, ...] = (),
        certain: bool = True,
    ) -> None:
        where.append(
            Affected(
                application=self._stack.name(resource),
                application_id=an_id(state.id) if state is not None else None,
                note=note,
                properties=properties,
                certain=certain,
            )
        )

    def _registered(self, resource: Resource) -> None:
        note = "registered: a new client ID and a new secret"
        if resource.change != "replaced":
            self._note(self.other, resource, resource.after, note)
            return
        note = "a new client ID and a new secret; the old application "
        if self._stack.continues(resource):
            note += "is deleted with its installations"
        else:
            note += "stays on the platform, its client secret stays valid"
        self._note(self.replaced, resource, resource.before, note)

    def _adopted(self, resource: Resource, after: State) -> None:
        named = adopted_id(after)
        base = self._stack.prior(named)
        adopted = State(id=named or "")
        secret = client_secrets.of_adoption(self._stack.name(resource), after, named, base)
        self.dead_secrets += [secret] if secret is not None else []
        if resource.change == "replaced" and named != an_id((resource.before or adopted).id):
            note = f"its resource adopts {named or UNNAMED_LABEL} instead: another client ID"
            self._note(self.replaced, resource, resource.before, note)
        new = facts.after(after)
        wakes = base is None and new.status == "active"
        note = "adopted, and set active if it is inactive" if wakes else "adopted"
        self._note(self.other, resource, adopted, note)
        self._compare(resource, adopted, base, new, ALL, "adopted: ")

    def _updated(self, resource: Resource, plan: Plan) -> None:
        old, new = resource.before, resource.after
        if old is None or new is None or resource.change == "same":
            return
        held = self._stack.platform.get(an_id(old.id) or "", facts.before(old))
        decided = plan.patched.keys() - plan.undecided
        self._compare(resource, old, held, facts.after(new), resource.keys | decided)
        others = sorted(resource.keys - LISTED_APART)
        if others:
            note = "changed in place"
            self._note(self.other, resource, old, note, properties=tuple(others))

    def _rotated(self, resource: Resource, plan: Plan) -> None:
        name = self._stack.name(resource)
        rotated = client_secrets.of_update(name, resource, plan)
        if rotated is not None:
            self.dead_secrets.append(rotated)
            kept = client_secrets.partner(resource, self._stack.applications)
            if kept is not None:
                self._note(self.other, kept[0], kept[0].before, kept[1])
            return
        if TRIGGER in resource.keys:
            note = f"{TRIGGER} changes without a rotation: its client secret stays valid"
            self._note(self.other, resource, resource.before, note)
        age = client_secrets.age(name, resource)
        self.secret_ages += [age] if age is not None else []

    def _compare(  # noqa: PLR0917 (one call each)
        self,
        resource: Resource,
        state: State,
        base: Facts | None,
        new: Facts,
        keys: frozenset[str] | set[str],
        prefix: str = "",
    ) -> None:
        """Compare all but secrets and tenants. ``base`` ``None``: nothing is known of it."""
        held = base or Facts()
        if "status" in keys:
            self._status(resource, state, held, new, prefix)
        certain, possible = _ended_logins(held, new, keys)
        if certain:
            note = f"{prefix}{' and '.join(certain)}"
            self._note(self.logins, resource, state, note)
        if possible:
            note = f"{prefix}{' and '.join(possible)} may end"
            self._note(self.logins, resource, state, note, certain=False)
        grown = "with_public_oauth2_client" in keys and new.public and not held.public
        moved = "redirect_uris" in keys and (new.redirects or frozenset()) - (
            held.redirects or frozenset()
        )
        gained = [
            key
            for key, more in (("redirect_uris", moved), ("with_public_oauth2_client", grown))
            if more
        ]
        if gained and not prefix:
            note = "changed in place, which ends no login"
            self._note(self.other, resource, state, note, properties=tuple(gained))

    def _status(
        self, resource: Resource, state: State, held: Facts, new: Facts, prefix: str
    ) -> None:
        if new.status == "active":
            if held.status == "inactive":
                self._note(self.other, resource, state, prefix + "set active again")
            elif held.status is None and not prefix:
                self._note(self.other, resource, state, "set active, if it is not yet")
            return
        if held.status == "inactive":
            if new.status is None:
                note = "may be set active again: status is secret or not known yet"
                self._note(self.other, resource, state, prefix + note)
            return
        if new.status is None:
            note = "may be set inactive: status is secret or not known yet"
        else:
            note = "its tenants' data cannot be accessed, and it cannot be installed"
        certain = new.status is not None and held.status is not None
        if not certain and new.status is not None:
            note = f"set inactive if it is not yet: {note}"
        self._note(self.inactive, resource, state, prefix + note, certain=certain)

    def _gone(self, resource: Resource, gone: Gone) -> None:
        state = gone.state
        holders = self._stack.kept_by(state.id)
        if holders:
            held = ", ".join(self._stack.name(each) for each in holders)
            self._note(self.other, resource, state, "is not deleted, because it is still held by",
                       properties=(held,))  # fmt: skip
            return
        replaced = resource.change == "replaced" and not gone.pending
        why = "replaced" if replaced else "deleted"
        if state.retain:
            if not replaced:
                note = "leaves the stack and stays on the platform: its client secret stays valid"
                self._note(self.other, resource, state, note)
            return
        certain = not self._stack.adopts_unnamed
        if not replaced:
            note = "with its installations"
            if gone.pending:
                note = "left over from an earlier replacement, with its installations"
            self._note(self.deleted, resource, state, note, certain=certain)
        was = facts.before(state)
        self.dead_secrets.append(
            DeadSecret(
                application=self._stack.name(resource),
                application_id=an_id(state.id),
                client_id=was.client_id,
                why=why,
                certain=certain,
            )
        )
        held_now = self._stack.platform.get(an_id(state.id) or "", was)
        if held_now.public or held_now.redirects:
            self._note(self.logins, resource, state, f"application {why}", certain=certain)


ALL: Final = frozenset({"status", "with_public_oauth2_client", "redirect_uris"})
"""Properties whose changes are findings of their own."""


def _ended_logins(
    held: Facts, new: Facts, keys: frozenset[str] | set[str]
) -> tuple[list[str], list[str]]:
    """Return what ends for users who log in: certainly, and possibly."""
    certain, possible = [], []
    if "with_public_oauth2_client" in keys and held.public is not False and new.public is not True:
        if held.public is None or new.public is None:
            possible.append("its public client")
        else:
            certain.append("its public client ends")
    if "redirect_uris" in keys and held.redirects != frozenset():
        if held.redirects is None or new.redirects is None:
            possible.append("redirect URIs that are not declared")
        elif removed := len(held.redirects - new.redirects):
            certain.append(f"{removed} redirect URI{' ends' if removed == 1 else 's end'}")
    return certain, possible
