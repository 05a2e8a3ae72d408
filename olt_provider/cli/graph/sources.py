"""Where a graph comes from: the platform as it is, or a preview."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from olt_provider.api.client import OltClient
from olt_provider.api.errors import OltError
from olt_provider.cli.graph.model import Access, Graph, Use, access
from olt_provider.cli.review.findings import an_id
from olt_provider.cli.review.meaning import application_of, effective, stack_of
from olt_provider.cli.review.preview import (
    APPLICATION,
    SECRET,
    UNKNOWN,
    Preview,
    State,
    Step,
)


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
    for step in effective(preview, unchanged=True):
        if step.kind == APPLICATION:
            _application(graph, told, step)
        else:
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
    if step.op == "delete":
        return step.old, step.old if step.old and step.old.retain else None
    return step.old, step.new


class _Told:
    """Who is allowed and installed, before and after."""

    def __init__(self) -> None:
        self.allowed: tuple[dict[str, set[str] | None], ...] = ({}, {})
        """By application; ``None``: it cannot be told. Not there: it is not managed at all."""
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

    def access(self, when: int, name: str, tenant: str) -> Access:
        installed = tenant in self.installed[when][name]
        if name not in self.allowed[when]:
            return "installed" if installed else "none"
        tenants = self.allowed[when][name]
        return access(allowed=None if tenants is None else tenant in tenants, installed=installed)


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
    allowed = [_allowed(state) for state in (before, after)]
    if None in allowed:
        graph.notes.append(f"{step.name}: its allowed tenants are secret or not known yet")
    if allowed == [UNMANAGED, UNMANAGED]:
        return
    for when, tenants in enumerate(allowed):
        if tenants is None or tenants is UNMANAGED:
            told.allowed[when][step.name] = None
            continue
        told.allowed[when][step.name] = set(tenants)
        for tenant, comment in tenants.items():
            if isinstance(comment, str) and comment not in ("", SECRET, UNKNOWN):
                graph.comments.setdefault(tenant, comment)


UNMANAGED: Mapping[str, Any] = MappingProxyType({"": None})
"""Instead of tenants, where the program does not declare them."""


def _allowed(state: State | None) -> Mapping[str, Any] | None:
    """Tenant -> comment, or ``UNMANAGED``; ``None``: it is secret or not known yet."""
    if state is None:
        return {}
    declared = state.inputs.get("allowed_tenants")
    if declared is None:
        return UNMANAGED
    if not isinstance(declared, Mapping) or {SECRET, UNKNOWN} & declared.keys():
        return None
    return {each: comment for tenant, comment in declared.items() if (each := an_id(tenant))}
