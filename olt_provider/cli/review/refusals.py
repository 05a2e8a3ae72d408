"""Steps that ``up`` will refuse, as far as a preview shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from olt_provider.cli.preview import facts
from olt_provider.cli.preview.resources import Resource
from olt_provider.cli.preview.stack import UNNAMED, Stack, adopted_id
from olt_provider.cli.preview.steps import an_id
from olt_provider.cli.review.findings import Affected

Name = tuple[str, str | None]
"""A name, and the tenant that owns the application."""


def refusals(stack: Stack) -> tuple[Affected, ...]:
    """Return registrations with a name in use, refused installations, and refused deletions."""
    return (
        *_names_in_use(stack),
        *_owned_by_others(stack),
        *_not_allowed(stack),
        *_still_installed(stack),
    )


def _names_in_use(stack: Stack) -> Iterator[Affected]:
    """Apply the duplicate-name guard to every registration, with the names before its step."""
    registering: dict[Name, list[Resource]] = defaultdict(list)
    for resource in stack.applications:
        if (name := _registers(resource)) is not None:
            registering[name].append(resource)
    for name, resources in sorted(registering.items(), key=lambda item: item[1][0].urn):
        for resource in resources:
            if resource.after is None or not facts.after(resource.after).guarded:
                continue
            certain = [_in_use(stack, other, name, resource) for other in stack.applications]
            others = any(other is not resource for other in resources)
            known = [each for each in certain if each is not None]
            if known or others:
                yield Affected(
                    application=stack.name(resource),
                    application_id=None,
                    note="its name is in use: adopt the application that has it, or set "
                    "prevent_duplicate_name=False; of a replacement, set delete_before_replace=True"
                    " in its options",
                    certain=any(known),
                )


def _owned_by_others(stack: Stack) -> Iterator[Affected]:
    """Return adoptions of applications of another tenant than the declared one."""
    for resource in stack.applications:
        if resource.after is None or resource.change not in ("created", "replaced"):
            continue
        named = adopted_id(resource.after)
        base, declared = stack.prior(named), facts.after(resource.after)
        if base is None or None in (base.owner, declared.owner) or base.owner == declared.owner:
            continue
        yield Affected(
            application=stack.name(resource),
            application_id=named,
            note="cannot be adopted, because it belongs to another tenant",
            properties=(base.owner or "",),
        )


def _registers(resource: Resource) -> Name | None:
    """Return the name with which a resource registers an application, if it is known."""
    after = resource.after
    if after is None or resource.change not in ("created", "replaced"):
        return None
    if after.inputs.get("adopt") is not None:
        return None
    declared = facts.after(after)
    return (declared.name, declared.owner) if declared.name is not None else None


def _in_use(stack: Stack, other: Resource, name: Name, resource: Resource) -> bool | None:
    """Whether another resource's application has the name certainly, possibly, or not."""
    states = [(gone.state, gone.place) for gone in other.gone]
    if other.before is not None and all(state.id != other.before.id for state, _ in states):
        states.append((other.before, None))
    found: list[bool] = []
    for state, place in states:
        held = facts.before(state)
        if (held.name, held.owner) != name:
            continue
        if place is None and gives_up_name(other):
            continue
        first = place is not None and resource.created is not None and place < resource.created
        if first and not state.retain and not stack.kept_by(state.id):
            continue
        unordered = place is None and (other.change == "replaced" or bool(other.gone))
        renamed = other.change == "updated" and "name" in other.keys
        found.append(not renamed and not unordered)
    return any(found) if found else None


def gives_up_name(resource: Resource) -> bool:
    """Whether an application is renamed in place, so that its old name is not in use."""
    if resource.change != "updated" or resource.before is None or resource.after is None:
        return False
    name = facts.after(resource.after).name
    return name is not None and name != facts.before(resource.before).name


def _not_allowed(stack: Stack) -> Iterator[Affected]:
    """Return installations in tenants that are not allowed, or of an inactive application."""
    before = {(each.application, each.tenant) for each in stack.before}
    holding = {stack.key(each): each for each in stack.applications if each.after is not None}
    for installed in stack.after:
        key, tenant = installed.application, installed.tenant
        resource = holding.get(key)
        fresh = resource is not None and resource.change in ("created", "replaced")
        known = (key, tenant) in before and not (fresh and _registers(resource) is not None)  # type: ignore[arg-type]
        if key == UNNAMED and tenant is not None:
            yield Affected(
                application=stack.label(key),
                application_id=None,
                note="cannot be installed if it does not allow the tenant",
                properties=(tenant,),
                certain=False,
            )
        if resource is None or resource.after is None or known or key == UNNAMED or tenant is None:
            continue
        declared = facts.after(resource.after)
        allowed = declared.allowed
        if allowed is None and declared.tenants == "unmanaged" and _registers(resource) is not None:
            allowed = {}
        note = ""
        if allowed is not None and tenant not in allowed:
            note = "cannot be installed, because the application does not allow the tenant"
        elif declared.status == "inactive":
            note = "cannot be installed, because the application is inactive"
        if note:
            yield Affected(
                application=stack.label(key),
                application_id=an_id(key),
                note=note,
                properties=(tenant,),
                certain=_registers(resource) is not None or not _may_be_there(stack, key, tenant),
            )


def _may_be_there(stack: Stack, key: str, tenant: str) -> bool:
    """Whether it may be installed already, which is no error."""
    base = stack.prior(key)
    if base is None or base.allowed is None:
        return True
    return tenant in (base.installed if base.complete else base.allowed)


def _still_installed(stack: Stack) -> Iterator[Affected]:
    """Return deletions of applications that stay, or may stay, installed by other resources."""
    after = {each.application: each.tenant for each in stack.after}
    may_stay = {each.application: each.tenant for each in stack.before if stack.may_go_on(each)}
    for resource in stack.applications:
        for gone in resource.gone:
            key = an_id(gone.state.id)
            held = facts.before(gone.state)
            replaced = resource.change == "replaced" and not gone.pending
            if key is None or gone.state.retain or stack.kept_by(key) or held.forced:
                continue
            tenant = after.get(key) or may_stay.get(key)
            if tenant is None or (replaced and key == stack.key(resource)):
                continue
            yield Affected(
                application=stack.name(resource),
                application_id=key,
                note="cannot be deleted, because it stays installed in a tenant",
                properties=(tenant,),
                certain=key in after,
            )
