"""Where a graph comes from: the platform as it is, or a preview."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from olt_provider.api.client import OltClient
from olt_provider.api.errors import OltError
from olt_provider.cli.graph.model import Graph, Use, access
from olt_provider.cli.review.findings import an_id
from olt_provider.cli.review.meaning import application_of, stack_of
from olt_provider.cli.review.preview import (
    APPLICATION,
    INSTALLATION,
    SECRET,
    UNKNOWN,
    Preview,
    State,
    Step,
)

GONE = frozenset({"delete", "delete-replaced"})


def of_platform(client: OltClient, tenants: Sequence[str], tell: Callable[[str], None]) -> Graph:
    """What the tenants own, whom they allow, and what they use of others. Two lists a tenant.

    Raises ``OltError`` where a tenant's applications cannot be listed.
    """
    graph = Graph("Who can use what")
    for tenant in tenants:
        tell(f"what tenant {tenant} owns")
        for application in client.acting_for(tenant).applications.list():
            inactive = "" if application.status == "active" else " (inactive)"
            graph.applications[application.id] = application.name + inactive
            for each in application.allowed_tenants:
                now = access(allowed=True, installed=each.installed)
                graph.uses[application.id, each.tenant_id] = Use(now, now)
                if each.comment:
                    graph.comments.setdefault(each.tenant_id, each.comment)
    for tenant in tenants:
        tell(f"what tenant {tenant} uses")
        try:
            for seen in client.acting_for(tenant).installations.list(installed=True):
                graph.applications.setdefault(seen.id, seen.name or seen.id)
                # what the owner's list shows as allowed may be unavailable because it is inactive
                allowed = seen.available or (seen.id, tenant) in graph.uses
                now = access(allowed=allowed, installed=True)
                graph.uses[seen.id, tenant] = Use(now, now)
        except OltError as error:
            graph.notes.append(f"not checked: what tenant {tenant} uses of others ({error})")
    _tell_equal_names_apart(graph)
    return graph


def _tell_equal_names_apart(graph: Graph) -> None:
    names = list(graph.applications.values())
    for key, name in graph.applications.items():
        if names.count(name) > 1:
            graph.applications[key] = f"{name} ({key[:8]})"


def of_preview(preview: Preview) -> Graph:
    """What the stack has now, and what it will have. Only the preview is read."""
    graph = Graph(f"Who can use what: {stack_of(preview)}")
    told = _Told()
    for step in preview.steps:
        if step.kind == APPLICATION and step.op != "read":
            _application(graph, told, step)
        elif step.kind == INSTALLATION and step.op != "read":
            told.installation(step)
            graph.applications.setdefault(application_of(step), application_of(step))
    if preview.summary.get("same", 0) > sum(step.op == "same" for step in preview.steps):
        graph.notes.append("what does not change is left out: make the preview with --show-sames")
    for name, tenant in sorted({*told.pairs()}):
        before, after = (told.access(when, name, tenant) for when in (BEFORE, AFTER))
        graph.uses[name, tenant] = Use(before, after)
    return graph


BEFORE, AFTER = 0, 1


def _states(step: Step) -> tuple[State | None, State | None]:
    """Before and after. One that is retained is no longer the stack's, but goes on as it is."""
    if step.op in GONE:
        return step.old, step.old if step.old and step.old.retain else None
    if step.op in ("create", "create-replacement") and step.old is None:
        return None, step.new
    return step.old, step.new


class _Told:
    """Who is allowed and installed, before and after."""

    def __init__(self) -> None:
        self.allowed: tuple[dict[str, set[str] | None], ...] = ({}, {})
        self.installed: tuple[dict[str, set[str]], ...] = (defaultdict(set), defaultdict(set))

    def installation(self, step: Step) -> None:
        for when, state in enumerate(_states(step)):
            tenant = an_id((state or State()).inputs.get("tenant_id"))
            if tenant:
                self.installed[when][application_of(step)].add(tenant)

    def pairs(self) -> Iterable[tuple[str, str]]:
        for when in (BEFORE, AFTER):
            for name, tenants in self.allowed[when].items():
                yield from ((name, each) for each in tenants or ())
            for name, tenants in self.installed[when].items():
                yield from ((name, each) for each in tenants)

    def access(self, when: int, name: str, tenant: str) -> Any:
        tenants = self.allowed[when].get(name, None if name not in self._ours() else set())
        allowed = None if tenants is None else tenant in tenants
        installed = tenant in self.installed[when][name]
        if allowed is None and not installed and name not in self.allowed[when]:
            return "none"
        return access(allowed=allowed, installed=installed)

    def _ours(self) -> set[str]:
        """The applications that this stack declares, before or after."""
        return {*self.allowed[BEFORE], *self.allowed[AFTER]}


def _application(graph: Graph, told: _Told, step: Step) -> None:
    before, after = _states(step)
    marks = [
        word
        for word, holds in (
            ("deleted", after is None),
            ("replaced", "replace" in step.op),
            ("new", before is None),
            ("inactive", after is not None and after.inputs.get("status") == "inactive"),
        )
        if holds
    ]
    graph.applications[step.name] = step.name + (f" ({', '.join(marks)})" if marks else "")
    for when, state in ((BEFORE, before), (AFTER, after)):
        if state is None:
            continue
        declared = state.inputs.get("allowed_tenants")
        if not isinstance(declared, dict) or {SECRET, UNKNOWN} & declared.keys():
            told.allowed[when][step.name] = None
            if declared is not None:
                graph.notes.append(f"{step.name}: its allowed tenants are secret or not known yet")
            continue
        told.allowed[when][step.name] = {each for each in map(an_id, declared) if each}
        for tenant, comment in declared.items():
            if isinstance(comment, str) and comment not in ("", SECRET, UNKNOWN):
                graph.comments.setdefault(tenant, comment)
