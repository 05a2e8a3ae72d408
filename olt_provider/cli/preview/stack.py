"""The applications and installations of a stack, before and after a run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from olt_provider.cli.preview import facts
from olt_provider.cli.preview.facts import HIDDEN, Facts
from olt_provider.cli.preview.resources import Resource, resources_of
from olt_provider.cli.preview.steps import UNKNOWN, Preview, State, an_id, name_of
from olt_provider.cli.preview.types import APPLICATION, kind_of

UNNAMED: Final = "?"
"""The key of an application that the preview does not identify."""
UNNAMED_LABEL: Final = "an application that the preview does not name"


@dataclass(frozen=True)
class Installed:
    """An installation of a resource: the key of its application, and its tenant."""

    application: str
    tenant: str | None
    resource: Resource
    dependency: str
    """The name of the only application that it depends on, if the resource is unchanged."""


class Stack:
    """Applications by key: their ID, or the URN of the resource that will register them.

    An application that is replaced keeps its key, so that its tenants before and after can be
    compared. ``platform`` is the platform's data by application ID, if it was read.
    """

    def __init__(self, preview: Preview, platform: Mapping[str, Facts] | None = None) -> None:
        self.platform = platform or {}
        found = resources_of(preview)
        self.applications = [each for each in found if each.kind == APPLICATION]
        self._installations = [each for each in found if each.kind != APPLICATION]
        self.of_other_types = [
            each for each in found if each.change == "released" and not each.urn_is_ours
        ]
        """Resources that an alias replaces by a resource of another type."""
        self.adopts_unnamed = any(
            each.change in ("created", "replaced")
            and each.after is not None
            and each.after.inputs.get("adopt") is not None
            and adopted_id(each.after) is None
            for each in self.applications
        )
        """Whether an application is adopted whose ID the preview does not show."""
        self._by_urn = {each.urn: each for each in self.applications}
        self.holders: dict[str, list[Resource]] = defaultdict(list)
        """The resources that manage an application after the run, by its ID."""
        for each in self.applications:
            held = self.held(each)
            if held:
                self.holders[held].append(each)
        self.seen = {
            state.id: facts.before(state)
            for each in self.applications
            if (state := each.seen) is not None and an_id(state.id)
        }
        self.before = list(self._held("before"))
        self.after = list(self._held("after"))
        self._comments = self._all_comments()
        self._depended = {
            each.application: each.dependency
            for each in (*self.before, *self.after)
            if each.dependency
        }
        self._names = Counter(each.name for each in self.applications)

    def held(self, resource: Resource) -> str | None:
        """Return the ID of a resource's application after the run, if it is known."""
        state = resource.after
        if state is None:
            return None
        if resource.change in ("same", "updated"):
            return an_id(state.id) or (an_id(resource.before.id) if resource.before else None)
        return adopted_id(state)

    def key(self, resource: Resource) -> str:
        """Return the key of a resource's application, before and after."""
        held = self.held(resource)
        if held is not None:
            return held
        old = resource.before
        known = an_id(old.id) if old is not None and self.continues(resource) else None
        return known or resource.urn

    def continues(self, resource: Resource) -> bool:
        """Whether the application that it registers replaces its old application."""
        return resource.change != "replaced" or all(
            not each.state.retain and not self.kept_by(each.state.id)
            for each in resource.gone
            if not each.pending
        )

    def may_go_on(self, installed: Installed) -> bool:
        """Whether a resource installs an unidentified application, which may be this one."""
        return any(
            each.application == UNNAMED and each.tenant in (None, installed.tenant)
            for each in self.after
        )

    def declared(self, key: str) -> Facts | None:
        """Return the declared values of an application that declares its tenants."""
        for each in self.applications:
            if each.after is not None and self.key(each) == key:
                declared = facts.after(each.after)
                registers = (
                    each.change in ("created", "replaced") and "adopt" not in each.after.inputs
                )
                return declared if registers or declared.tenants == "managed" else None
        return None

    def old_key(self, resource: Resource) -> str:
        """Return the key of its application before the run."""
        old = resource.before
        return (an_id(old.id) if old is not None else None) or self.key(resource)

    def kept_by(self, application_id: str) -> list[Resource]:
        """Return the resources because of which an application is not deleted."""
        return self.holders.get(an_id(application_id) or "", [])

    def prior(self, application_id: str | None) -> Facts | None:
        """Return the values of an application before the run, by its ID."""
        if application_id is None:
            return None
        if application_id in self.platform:
            return self.platform[application_id]
        for each in self.applications:
            states = [each.before, *(gone.state for gone in each.gone)]
            for state in states:
                if state is not None and an_id(state.id) == application_id:
                    return facts.before(state)
        return self.seen.get(application_id)

    def label(self, key: str) -> str:
        """Return an application's name in the program, else its ID."""
        if key == UNNAMED:
            return UNNAMED_LABEL
        for resource in self.applications:
            if key in (self.key(resource), self.old_key(resource)):
                return self.name(resource)
        for resource in self.applications:
            if any(an_id(each.state.id) == key for each in resource.gone):
                return self.name(resource)
            if resource.seen is not None and an_id(resource.seen.id) == key:
                return self.name(resource)
        return self._depended.get(key, key)

    def name(self, resource: Resource) -> str:
        """Return the name in the program, with its parents' types if it is not unique."""
        if self._names[resource.name] == 1:
            return resource.name
        parents = resource.urn.split("::", 3)[2].rpartition("$")[0]
        return f"{resource.name} in {parents}" if parents else resource.name

    def _held(self, when: str) -> Iterator[Installed]:
        """Return the installations; those of a ``.get`` and retained ones continue unchanged."""
        for resource in self._installations:
            held: State | None = getattr(resource, when)
            states = [held, resource.seen]
            if when == "before" or resource.change == "released":
                states.append(resource.before)
            states += [
                gone.state for gone in resource.gone if when == "before" or gone.state.retain
            ]
            for state in states:
                if state is not None:
                    yield self._installed(resource, state)

    def _installed(self, resource: Resource, state: State) -> Installed:
        tenant, application = _of_id(state.id)
        inputs = state.inputs
        named = application or an_id(inputs.get("application_id"))
        return Installed(
            named or self._of_dependency(resource, state),
            tenant or an_id(inputs.get("tenant_id")),
            resource,
            self._depended_name(state),
        )

    def _of_dependency(self, resource: Resource, state: State) -> str:
        """Return the application whose ``id`` the input is, if no other one is possible."""
        value = state.inputs.get("application_id")
        named = state.depends.get("application_id") or []
        depended = [self._by_urn[urn] for urn in named if urn in self._by_urn]
        if value not in (None, *HIDDEN) or len(named) != 1 or len(depended) != 1:
            return UNNAMED
        application = depended[0]
        # no preview shows the ID of a .get to its dependents
        if value == UNKNOWN and an_id(application.reads):
            return application.reads
        # the ID of an unchanged application is known, so the unknown value is another output
        if value == UNKNOWN and application.change in ("same", "updated"):
            return UNNAMED
        old = resource.before
        if old is not None and application.before is not None:
            was = _of_id(old.id)[1] or an_id(old.inputs.get("application_id"))
            if was not in (None, an_id(application.before.id)):
                return UNNAMED
        return self.old_key(application) if state is old else self.key(application)

    def _depended_name(self, state: State) -> str:
        """Return the name of the dependency, which a preview omits if it is unchanged."""
        named = state.depends.get("application_id") or []
        if len(named) != 1 or named[0].count("::") < 3 or named[0] in self._by_urn:
            return ""
        return name_of(named[0]) if kind_of(named[0]) == APPLICATION else ""

    def comment(self, key: str, tenant: str | None) -> str:
        """Return the program's comment for a tenant: on this application, else a common one."""
        if an_id(tenant) is None or tenant is None:
            return ""
        own = self._comments.get((key, tenant))
        others = {comment for (_, each), comment in self._comments.items() if each == tenant}
        return own or (others.pop() if len(others) == 1 else "")

    @property
    def comments(self) -> dict[str, str]:
        """Return the program's comment for each tenant that has one."""
        return {
            known: self._comments[key, tenant]
            for key, tenant in sorted(self._comments, reverse=True)
            if (known := an_id(tenant))
        }

    def _all_comments(self) -> dict[tuple[str, str], str]:
        """By application and tenant: after the run, else before it."""
        comments: dict[tuple[str, str], str] = {}
        for when in ("after", "before"):
            for each in self.applications:
                state: State | None = getattr(each, when)
                declared = state.inputs.get("allowed_tenants") if state else None
                if not isinstance(declared, Mapping):
                    continue
                for tenant, comment in sorted(declared.items()):
                    if isinstance(comment, str) and comment.strip() and comment not in HIDDEN:
                        comments.setdefault((self.key(each), tenant), comment)
        return comments


def adopted_id(state: State) -> str | None:
    """Return the application that a new resource adopts, if the preview shows it."""
    adopt = state.inputs.get("adopt")
    return an_id(adopt.get("application_id")) if isinstance(adopt, Mapping) else None


def _of_id(id_: str) -> tuple[str | None, str | None]:
    """Return tenant and application of an installation's ID."""
    tenant, _, application = id_.partition("/")
    return (an_id(tenant), an_id(application)) if application else (None, None)
