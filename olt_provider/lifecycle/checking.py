"""Checking declarations: every problem named at its property, offline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from olt_provider.api.errors import ConfigurationError, WrongTenantError
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.properties import Props, Table
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.rechecks import Check
from olt_provider.lifecycle.values import UNKNOWN, InvalidError, has_unknown


@dataclass(frozen=True)
class Failure:
    """What is wrong with one property, and what is allowed. ``""``: with the whole resource."""

    property: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """Inputs in the form in which they are kept, or why they are refused."""

    inputs: dict[str, Any]
    failures: tuple[Failure, ...] = ()


def apply_rules(news: Props, table: Table) -> Checked:
    """Apply the rule of each property that is declared. Unknown values pass unchecked."""
    inputs: dict[str, Any] = {}
    failures: list[Failure] = []
    for key, each in table.items():
        value = news.get(key)
        if value is None or each.rule is None:
            continue
        if value is UNKNOWN or (has_unknown(value) and not each.partly_unknown):
            inputs[key] = value
            continue
        try:
            inputs[key] = each.rule(value)
        except InvalidError as error:
            failures.append(Failure(key, str(error)))
    return Checked(inputs, tuple(failures))


@dataclass(frozen=True)
class Subject:
    """The resource that is checked.

    Attributes:
        kind: ``application`` or ``installation``.
        name: how messages name it.
        before: its check with the old inputs, if this one repeats it for a replacement.
    """

    kind: str
    name: str
    before: Check | None = None


def check_tenant(
    context: ProviderContext, olds: Props, checked: Checked, subject: Subject
) -> Checked:
    """Fill in the default of ``tenant_id`` and check the credentials, without a call.

    A default never moves a resource to another tenant: credentials of another one are an error,
    and so is a default where it may move a resource that is replaced. Other problems with the
    credentials fail what is new or changed, and are a warning for the rest, because an unchanged
    stack must preview without working credentials.
    """
    if checked.failures:
        return checked
    declared = checked.inputs.get("tenant_id")
    inputs = dict(checked.inputs)
    try:
        if declared is None:
            inputs["tenant_id"] = _tenant_by_default(context, olds, subject)
        elif not olds and subject.before is None and declared is not UNKNOWN:
            context.default_tenants.replace(subject.kind, declared)
        tenant_id = inputs["tenant_id"]
        note = context.client.tokens.check(None if tenant_id is UNKNOWN else tenant_id)
    except LifecycleError as error:
        return Checked(inputs, (Failure("", str(error)),))
    except ConfigurationError as error:
        elsewhere = declared is None and isinstance(error, WrongTenantError)
        if elsewhere or not _same(olds, inputs):
            return Checked(inputs, (Failure("", str(error)),))
        note = f"these credentials cannot make changes: {error}"
    if note is not None:
        context.warn(note)
    return Checked(inputs)


def _tenant_by_default(context: ProviderContext, olds: Props, subject: Subject) -> str:
    """The tenant that the resource already has, else the default.

    Raises ``LifecycleError`` where the default may move a resource that is replaced, and
    ``ConfigurationError`` where there is no default.
    """
    before = {} if subject.before is None else subject.before.inputs
    kept: str | None = olds.get("tenant_id") or before.get("tenant_id")
    if kept is None:
        tenant_id = context.default_tenant()
        context.default_tenants.create(subject.kind, subject.name, tenant_id)
        context.default_tenants.replace(subject.kind, tenant_id)
        return tenant_id
    try:
        default = context.default_tenant()
    except ConfigurationError:
        return kept
    context.default_tenants.keep(subject.name, kept, default)
    return kept


def _same(olds: Props, inputs: Props) -> bool:
    return bool(olds) and dict(olds) == dict(inputs)
