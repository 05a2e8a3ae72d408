"""Build a graph from the platform, or from a preview."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from olt_provider.api.client import OltClient
from olt_provider.api.errors import OltError
from olt_provider.cli.graph.model import Graph, Use, access
from olt_provider.cli.preview import facts
from olt_provider.cli.preview.facts import Facts
from olt_provider.cli.preview.plans import plan_of_tenants
from olt_provider.cli.preview.resources import Resource
from olt_provider.cli.preview.stack import Stack
from olt_provider.cli.preview.steps import Preview, an_id


def of_platform(client: OltClient, tenants: Sequence[str], notify: Callable[[str], None]) -> Graph:
    """Build the graph of tenants' applications and of those that they use. Two lists per tenant.

    Raises ``OltError`` if a tenant's applications cannot be listed.
    """
    graph = Graph("Who can use what")
    for tenant in tenants:
        notify(f"what tenant {tenant} owns")
        for application in client.as_tenant(tenant).applications.list():
            inactive = "" if application.status == "active" else " (inactive)"
            graph.applications[application.id] = application.name + inactive
            for each in application.allowed_tenants:
                now = access(allowed=True, installed=each.installed)
                graph.uses[application.id, each.tenant_id] = Use(now, now)
                if each.comment:
                    graph.comments.setdefault(each.tenant_id, each.comment)
    for tenant in tenants:
        notify(f"what tenant {tenant} uses")
        try:
            for seen in client.as_tenant(tenant).installations.list(installed=True):
                graph.applications.setdefault(seen.id, seen.name or seen.id)
                # an application that the owner's list shows as allowed may be inactive
                allowed = seen.available or (seen.id, tenant) in graph.uses
                now = access(allowed=allowed, installed=True)
                graph.uses[seen.id, tenant] = Use(now, now)
        except OltError as error:
            graph.notes.append(f"not checked: what tenant {tenant} uses of others ({error})")
    _number_equal_names(graph)
    return graph


def _number_equal_names(graph: Graph) -> None:
    names = list(graph.applications.values())
    for key, name in graph.applications.items():
        if names.count(name) > 1:
            graph.applications[key] = f"{name} ({key[:8]})"


def of_preview(preview: Preview) -> Graph:
    """Build the graph of a stack before and after a preview's changes. Reads the preview only."""
    graph = Graph(f"Who can use what: {preview.stack}")
    stack = Stack(preview)
    columns = _columns(stack)
    noted: dict[str, list[str]] = defaultdict(list)
    installed = [
        {(each.application, each.tenant) for each in when if each.tenant is not None}
        for when in (stack.before, stack.after)
    ]
    for key in {key for pairs in installed for key, _ in pairs} - columns.keys():
        columns[key] = _Column(stack.label(key), known=False)
    for key, column in columns.items():
        graph.applications[key] = column.label
        graph.marks[key] = column.marks
        if column.note:
            noted[column.note].append(column.label)
        if not column.known:
            graph.unmanaged.add(key)
        moving = {(each.application, each.tenant) for each in stack.before if stack.may_go_on(each)}
        tenants = {tenant for pairs in installed for named, tenant in pairs if named == key}
        for tenant in tenants | column.tenants():
            use = column.use(tenant or "", *((key, tenant) in pairs for pairs in installed))
            goes = (key, tenant) in moving and use.after != "installed"
            if goes:
                kept = column.use(tenant or "", True, True)
                use = kept if kept.change == "removed" else Use("unknown", "unknown")
            graph.uses[key, tenant or ""] = use
    graph.comments = stack.comments
    graph.notes += [f"{note}: {', '.join(sorted(names))}" for note, names in sorted(noted.items())]
    if preview.summary.get("same", 0) > sum(step.op == "same" for step in preview.steps):
        graph.notes.append("what does not change is left out: make the preview with --show-sames")
    return graph


NO_TENANTS: Final[Mapping[str, Any]] = {}
HIDDEN_NOTE: Final = "allowed tenants that are secret or not known yet"
UNMANAGED_NOTE: Final = "allowed tenants that are not managed here"


@dataclass
class _Column:
    """An application, with its allowed tenants before and after; ``None``: not known."""

    label: str
    marks: list[str] = field(default_factory=list)
    allowed: list[Mapping[str, Any] | None] = field(
        default_factory=lambda: [NO_TENANTS, NO_TENANTS]
    )
    known: bool = True
    note: str = ""
    adopted: bool = False

    def tenants(self) -> set[str]:
        return {
            known for allowed in self.allowed for each in allowed or () if (known := an_id(each))
        }

    def use(self, tenant: str, *installed: bool) -> Use:
        """Return a tenant's access.

        The access to an adopted application before the change is not known, so none is gained.
        """
        then, now = (
            access(allowed=None if allowed is None else tenant in allowed, installed=there)
            if self.known
            else access(allowed=there, installed=there)
            for allowed, there in zip(self.allowed, installed, strict=True)
        )
        return Use(now, now) if self.adopted and now != "none" else Use(then, now)


def _columns(stack: Stack) -> dict[str, _Column]:
    columns: dict[str, _Column] = {}
    for resource in stack.applications:
        for gone in resource.gone:
            key = an_id(gone.state.id) or stack.old_key(resource)
            if not stack.kept_by(gone.state.id):
                column = columns.setdefault(key, _Column(stack.name(resource)))
                held = facts.before(gone.state)
                _fill(column, held, held if gone.state.retain else None)
                column.marks.append("retained" if gone.state.retain else "deleted")
        if resource.before is not None or resource.after is not None:
            key = stack.key(resource) if resource.after else stack.old_key(resource)
            if resource.after is not None or key not in columns:
                columns[key] = _column(stack, resource)
    return columns


def _column(stack: Stack, resource: Resource) -> _Column:
    column = _Column(stack.name(resource))
    old, new = resource.before, resource.after
    if new is None:
        held = facts.before(old) if old is not None else None
        column.marks.append("leaves the stack")
        _fill(column, held, held)
        return column
    declared = facts.after(new)
    adopts = resource.change in ("created", "replaced") and new.inputs.get("adopt") is not None
    if adopts:
        prior = stack.prior(stack.held(resource))
        column.adopted = prior is None or prior.allowed is None
        column.marks.append("adopted")
        _fill(column, prior or declared, declared)
    elif resource.change == "created":
        column.marks.append("new")
        _fill(column, None, _registered(declared))
    elif resource.change == "replaced":
        column.marks.append("replaced" if stack.continues(resource) else "new")
        held = facts.before(old) if old is not None and stack.continues(resource) else None
        _fill(column, held, _registered(declared))
    else:
        held = facts.before(old) if old is not None else None
        _fill(column, held, _updated(held, declared) if resource.change == "updated" else held)
    if declared.status == "inactive":
        column.marks.append("inactive")
    return column


def _updated(held: Facts | None, declared: Facts) -> Facts:
    """Return the tenants that are allowed after the plan of an update."""
    if held is None or held.allowed is None or declared.allowed is None:
        return declared
    plan = plan_of_tenants(held.allowed, declared.allowed)
    allowed = {**held.allowed, **plan.allowed}.items()
    return replace(declared, allowed={key: of for key, of in allowed if key not in plan.revoked})


def _registered(declared: Facts) -> Facts:
    """Return the tenants of a registration, which allows none by default."""
    return replace(declared, allowed=declared.allowed or {}) if _managed(declared) else declared


def _managed(declared: Facts) -> bool:
    return declared.tenants != "hidden"


def _fill(column: _Column, before: Facts | None, after: Facts | None) -> None:
    """Set the access at one time. ``None``: there is no such application at that time."""
    column.allowed = [NO_TENANTS if each is None else each.allowed for each in (before, after)]
    there = [each for each in (before, after) if each is not None]
    if any(each.allowed is None and each.tenants == "hidden" for each in there):
        column.note = HIDDEN_NOTE
    elif any(each.allowed is None for each in there):
        column.note = UNMANAGED_NOTE
    column.known = not there or not all(
        each.allowed is None and each.tenants == "unmanaged" for each in there
    )
