"""Validate declarations offline, with each problem reported at its property."""

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
    """A problem with one property (``""``: with the whole resource), and what is allowed."""

    property: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """Inputs in the form in which the state holds them, or the failures."""

    inputs: dict[str, Any]
    failures: tuple[Failure, ...] = ()


def apply_rules(news: Props, table: Table) -> Checked:
    """Apply the rule of each declared property. Unknown values pass unchecked."""
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
        name: its name in messages.
        before: its check with the old inputs, if this check repeats it for a replacement.
    """

    kind: str
    name: str
    before: Check | None = None


def check_tenant(
    context: ProviderContext, olds: Props, checked: Checked, subject: Subject
) -> Checked:
    """Fill in the default of ``tenant_id`` and check the credentials. Makes no API calls.

    A default never moves a resource to another tenant: credentials of another tenant are an error,
    and so is a default that might move a resource that is replaced. Other problems with the
    credentials fail new and changed resources, and are a warning for the rest, because an unchanged
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
    """Return the tenant that the resource already has, else the default.

    Raises ``LifecycleError`` if the default may move a resource that is replaced, and
    ``ConfigurationError`` if there is no default.
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
