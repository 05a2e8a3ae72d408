"""Checking what is declared of an installation, and comparing it with what is kept."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from olt_provider.lifecycle import values
from olt_provider.lifecycle.checking import Checked, Failure, apply_rules, check_tenant
from olt_provider.lifecycle.installation.model import InstallationInputs, Props
from olt_provider.lifecycle.platform import Platform
from olt_provider.lifecycle.values import Rule, has_unknown

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {"application_id": values.uuid, "tenant_id": values.uuid}
)


def check(platform: Platform, olds: Props, news: Props) -> Checked:
    """Validate a declaration and fill in the tenant, without a call. ``olds``: the old inputs."""
    checked = apply_rules(news, RULES)
    if news.get("application_id") is None:
        missing = Failure("application_id", "is missing: say which application to install")
        checked = Checked(checked.inputs, (*checked.failures, missing))
    result = check_tenant(platform, {key: olds[key] for key in RULES if key in olds}, checked)
    if not result.failures and not has_unknown(result.inputs):
        inputs = InstallationInputs.from_props(result.inputs)
        platform.declared_installations.add((inputs.tenant_id, inputs.application_id))
    return result


def diff(outputs: Props, inputs: Props) -> tuple[str, ...]:
    """The properties that differ. Each of them replaces the installation."""
    return tuple(
        key for key in RULES if has_unknown(inputs.get(key)) or inputs.get(key) != outputs.get(key)
    )
