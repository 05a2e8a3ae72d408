"""Checking declarations: every problem named at its property, offline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from olt_provider.api.errors import ConfigurationError, WrongTenantError
from olt_provider.lifecycle.platform import Platform
from olt_provider.lifecycle.values import UNKNOWN, InvalidError, Rule, has_unknown

Props = Mapping[str, Any]


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


def apply_rules(
    news: Props, rules: Mapping[str, Rule], *, partly_unknown: frozenset[str] = frozenset()
) -> Checked:
    """Put each declared property through its rule. Unknown values pass unseen.

    The properties in ``partly_unknown`` have rules that know what to do with unknown parts.
    """
    inputs: dict[str, Any] = {}
    failures: list[Failure] = []
    for key, rule in rules.items():
        value = news.get(key)
        if value is None:
            continue
        if value is UNKNOWN or (has_unknown(value) and key not in partly_unknown):
            inputs[key] = value
            continue
        try:
            inputs[key] = rule(value)
        except InvalidError as error:
            failures.append(Failure(key, str(error)))
    return Checked(inputs, tuple(failures))


def check_tenant(platform: Platform, olds: Props, checked: Checked) -> Checked:
    """Fill in the default of ``tenant_id`` and look at the credentials, without a call.

    A default never moves a resource to another tenant: credentials of another one are an error.
    Other problems with the credentials fail what is new or changed, and only warn of the rest,
    because an unchanged stack must preview without working credentials.
    """
    if checked.failures:
        return checked
    declared = checked.inputs.get("tenant_id")
    inputs = dict(checked.inputs)
    try:
        if declared is None:
            inputs["tenant_id"] = olds.get("tenant_id") or platform.default_tenant()
        tenant_id = inputs["tenant_id"]
        note = platform.client.tokens.check(None if tenant_id is UNKNOWN else tenant_id)
    except ConfigurationError as error:
        elsewhere = declared is None and isinstance(error, WrongTenantError)
        if elsewhere or not _same(olds, inputs):
            return Checked(inputs, (Failure("", str(error)),))
        note = f"with these credentials nothing can be changed: {error}"
    if note is not None:
        platform.warn(note)
    return Checked(inputs)


def _same(olds: Props, inputs: Props) -> bool:
    return bool(olds) and dict(olds) == dict(inputs)
