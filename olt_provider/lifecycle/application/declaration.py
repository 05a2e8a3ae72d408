"""Check the declaration of an application, and compare it with the state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from pydantic import SecretStr

from olt_provider.lifecycle.application import rotation
from olt_provider.lifecycle.application.model import TABLE
from olt_provider.lifecycle.application.rotation import TRIGGER, Rotation, by_trigger
from olt_provider.lifecycle.application.secret_age import DUE, declared_due, utc_now
from olt_provider.lifecycle.checking import Checked, Failure, Subject, apply_rules, check_tenant
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.plan import plan_of
from olt_provider.lifecycle.properties import Props, as_declared, compared, differing
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.rechecks import Check
from olt_provider.lifecycle.run_record import Holder, application_key
from olt_provider.lifecycle.values import UNKNOWN, has_unknown

UNFINISHED_ADOPTION: Final = "__adopting"
"""Marks the outputs of a resource whose adoption failed half-way, in the native form."""


def check(context: ProviderContext, olds: Props, news: Props) -> Checked:
    """Validate a declaration and fill in its defaults. Makes no API calls.

    ``olds`` are the old inputs, empty on creation and on replacement. ``adopt`` is read on creation
    only and dropped later, so that its secret leaves the state. An application that is to be
    adopted is recorded in the run record.
    """
    checked = apply_rules(news, TABLE)
    inputs = as_declared(TABLE, checked.inputs, olds)
    adopt = inputs.pop("adopt", None) if olds else inputs.get("adopt")
    before = None if olds else context.application_checks.rechecked(news)
    for key in before.holds if before else ():
        context.run.release(key)
    subject = Subject("application", f"application {inputs.get('name')!r}", before)
    result = check_tenant(
        context,
        {key: olds[key] for key in compared(TABLE) if key in olds},
        Checked(inputs, checked.failures),
        subject,
    )
    if result.failures:
        return result
    result = _with_due_date(context, olds, result)
    if "tenant_id" not in checked.inputs and not has_unknown(result.inputs["name"]):
        context.default_tenants.note_application(result.inputs["name"], result.inputs["tenant_id"])
    adopted: str | None = None
    if isinstance(adopt, Mapping) and adopt["application_id"] is not UNKNOWN:
        adopted = adopt["application_id"]
    if olds:
        context.application_checks.checked(Check(olds, news, result.inputs, adopts=adopted))
    elif adopted is not None:
        return _adopting(context, adopted, result)
    return result


def _with_due_date(context: ProviderContext, olds: Props, checked: Checked) -> Checked:
    rotates = by_trigger(olds.get(TRIGGER), checked.inputs.get(TRIGGER)) is Rotation.YES
    due = declared_due(olds, checked.inputs, rotates=rotates, now=context.now())
    return checked if due is None else Checked({**checked.inputs, DUE: due})


def _adopting(context: ProviderContext, application_id: str, checked: Checked) -> Checked:
    """Record that the resource adopts an application, unless another resource manages it."""
    holder = replace(_holder(context, application_id, checked.inputs), adopts=True)
    for other in context.run.holders(holder.held, holder.api_url):
        verb = "adopts" if other.adopts else "manages"
        reason = (
            f"adopt: {other.name} {verb} application {application_id} too; only one resource can: "
            "remove adopt here, or remove the other resource from the program"
        )
        if not other.adopts:  # it may be this resource itself: the engine sends no URN
            reason += (
                "; if it is this resource, whose replacement failed in an earlier run, repeat that "
                "with `pulumi up --replace` and its URN"
            )
        return Checked(checked.inputs, (Failure("", reason),))
    context.run.hold(holder)
    secret = checked.inputs["adopt"].get("client_secret")
    if secret is not None and secret is not UNKNOWN:
        context.declared_secrets[application_id] = SecretStr(secret)
    if secret is None:
        context.warn(
            f"application {application_id} is adopted without its client_secret, so "
            "it gets a new one, and the present one stops working"
        )
    return checked


def _holder(context: ProviderContext, id_: str, inputs: Props) -> Holder:
    name = inputs.get("name")
    return Holder(
        application_key(id_),
        context.api_url,
        _named(inputs),
        application_name=name if isinstance(name, str) else "",
    )


def _named(inputs: Props) -> str:
    """The name of a resource in messages. The engine does not send its name in the program."""
    return f"the resource with name={inputs.get('name')!r}"


@dataclass(frozen=True)
class Difference:
    """The properties that an update would change, and those that replace the resource.

    ``notes`` are warnings about effects that the engine's diff of the inputs cannot show.
    ``hidden``: the resource has to be updated although the inputs do not differ.
    """

    properties: tuple[str, ...]
    replaces: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    hidden: bool = False


def diff(outputs: Props, inputs: Props, now: datetime | None = None) -> Difference:
    """Compare the last outputs with checked inputs, which may hold unknown values.

    ``now``: the time for rotations by age. Default: the clock of the process.
    """
    now = now or utc_now()
    changed = differing(TABLE, outputs, inputs)
    replaces = tuple(name for name in changed if TABLE[name].replaces)
    if replaces:
        return Difference(changed, replaces)
    if rotation.by_age(outputs, inputs, now) is Rotation.YES:
        changed = (*changed, DUE)
    return Difference(changed, notes=tuple(_notes(outputs, inputs, now)))


def compare(context: ProviderContext, id_: str, outputs: Props, inputs: Props) -> Difference:
    """Compare as ``diff``, and record that the resource manages the application.

    Nothing is recorded for a resource that is replaced. Raises ``LifecycleError`` if ``adopt``
    names another application than the resource manages, if another resource manages or adopts an
    application that one of both adopts, or if both secrets of a pair would be rotated.
    """
    now = context.now()
    difference = diff(outputs, inputs, now)
    earlier = context.application_checks.diffed(inputs, changes=bool(difference.properties))
    if earlier is None:
        if difference.replaces:
            context.default_tenants.delete_first("application", outputs["tenant_id"])
        return difference
    earlier.id = id_
    if difference.replaces:
        return difference
    if earlier.adopts not in (None, id_):
        raise LifecycleError(
            f"adopt names application {earlier.adopts}, but {_named(inputs)} already manages "
            f"application {id_}: remove adopt to keep {id_}, or declare another resource that "
            f"adopts {earlier.adopts}; if an earlier run deleted {id_} to replace it, run "
            "`pulumi up --replace` with its URN"
        )
    context.pairs.require_next(id_, outputs, inputs)
    claims = earlier.adopts is not None or bool(outputs.get(UNFINISHED_ADOPTION))
    earlier.holds.append(_hold(context, replace(_holder(context, id_, inputs), claims=claims)))
    secret = outputs.get("client_secret")
    if isinstance(secret, str) and plan_of(outputs, inputs, now).rotation is not Rotation.YES:
        context.kept_secrets.setdefault(id_, []).append(SecretStr(secret))
    hidden = difference.properties == (DUE,) and earlier.olds.get(DUE) == inputs.get(DUE)
    return replace(difference, hidden=hidden)


def hold_created(context: ProviderContext, id_: str, inputs: Props) -> None:
    """Record that the resource manages a registered application, so that no other one adopts it.

    An adopted application is recorded by its check.
    """
    if inputs.get("adopt") is None:
        context.run.hold(Holder(application_key(id_), context.api_url, _named(inputs)))


def _hold(context: ProviderContext, holder: Holder) -> str:
    for other in context.run.holders(holder.held, holder.api_url):
        if other.adopts or other.claims or holder.claims:
            first, second = (other, holder) if holder.claims else (holder, other)
            raise LifecycleError(
                f"{first.name} manages {holder.held}, and {second.name} adopts it; only one "
                "resource can: remove one of them from the program"
            )
        context.warn(
            f"{holder.held} is managed by two resources, {other.name} and {holder.name}, of "
            "which one may hold an old client secret: remove one of them from the program; the "
            "application is not deleted"
        )
    return context.run.hold(holder)


def _notes(outputs: Props, inputs: Props, now: datetime) -> Iterator[str]:
    """Yield warnings about effects that the engine's diff omits or shows wrongly."""
    rotated = rotation.note(plan_of(outputs, inputs, now).rotation, outputs, inputs, now)
    if rotated is not None:
        yield rotated
    application = _titled(outputs)
    was, will_be = "allowed_tenants" in outputs, "allowed_tenants" in inputs
    if was and will_be and isinstance(inputs["allowed_tenants"], Mapping):
        yield from _comment_notes(outputs, inputs["allowed_tenants"])
    if was and inputs.get("allowed_tenants") is UNKNOWN:
        yield (
            f"{application}: not all tenant IDs in allowed_tenants are known yet, so the preview "
            "cannot show which tenants it changes; that all are shown as removed does not mean "
            "that they lose their access"
        )
    if was and not will_be:
        yield (
            f"{application}: allowed_tenants is not declared any more, so its tenants keep their "
            "access and are not managed from now on; to revoke them all, declare allowed_tenants={}"
        )
    if will_be and not was:
        yield (
            f"{application}: allowed_tenants is declared for the first time, so every tenant that "
            "was allowed outside Pulumi and is not in it will be revoked"
        )


def _titled(outputs: Props) -> str:
    """The application by its name and client ID: several tenants may have one of the name."""
    return f"application {outputs.get('name')!r} (client {outputs.get('client_id')})"


def _comment_notes(outputs: Props, tenants: Mapping[str, Any]) -> Iterator[str]:
    """Yield a note for each comment that becomes or was empty.

    The engine shows such a tenant as removed or as added.
    """
    before = outputs["allowed_tenants"]
    for tenant_id in sorted(tenants.keys() & before.keys()):
        if tenants[tenant_id] == before[tenant_id] or (before[tenant_id] and tenants[tenant_id]):
            continue
        effect = "loses its comment" if before[tenant_id] else "gets a comment"
        yield f"{_titled(outputs)}: tenant {tenant_id} keeps its access and only {effect}"
