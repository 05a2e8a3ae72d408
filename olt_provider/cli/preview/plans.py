"""The lifecycle's plans of the updates in a preview."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Final

from olt_provider.cli.preview.resources import Resource
from olt_provider.cli.preview.steps import SECRET, UNKNOWN
from olt_provider.lifecycle import values
from olt_provider.lifecycle.application.model import TABLE
from olt_provider.lifecycle.application.rotation import TRIGGER
from olt_provider.lifecycle.application.secret_age import DUE, ROTATED
from olt_provider.lifecycle.plan import NewSecret, Plan, plan_of
from olt_provider.lifecycle.values import InvalidError, has_unknown

NO_TIME: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
DATES: Final = (DUE, ROTATED)


def plan_of_update(resource: Resource, now: datetime) -> Plan:
    """Return the plan of a resource that is updated, or unchanged: from its outputs to its inputs.

    Two secret values look alike, so a secret trigger that changes rotates.
    """
    old, new = resource.before, resource.after
    if old is None or new is None:
        return Plan()
    outputs = {**old.inputs, **old.outputs}
    try:
        plan = plan_of(_as_lifecycle(outputs), _as_lifecycle({**new.inputs, "adopt": None}), now)
    except OverflowError:  # an impossible date
        plan = plan_of(
            _as_lifecycle(outputs, dates=False),
            _as_lifecycle({**new.inputs, "adopt": None}),
            NO_TIME,
        )
    trigger = new.inputs.get(TRIGGER)
    hidden = isinstance(trigger, Mapping) and SECRET in trigger.values()
    if hidden and TRIGGER in resource.keys and plan.new_secret is None:
        return Plan((*plan.steps, NewSecret(TRIGGER)), plan.undecided)
    return plan


def plan_of_tenants(allowed: Mapping[str, Any], desired: Mapping[str, Any]) -> Plan:
    """Return the plan from the allowed tenants to the declared ones."""
    before, after = (_as_lifecycle({"allowed_tenants": each}) for each in (allowed, desired))
    return plan_of(before, after, NO_TIME)


def _as_lifecycle(props: Mapping[str, Any], *, dates: bool = True) -> dict[str, Any]:
    """Convert properties to those of the lifecycle. Hidden and invalid values are unknown."""
    known = {
        name: _value(name, value)
        for name, value in props.items()
        if name in TABLE and value is not None
    }
    if not dates:
        return known
    return known | {name: props[name] for name in DATES if isinstance(props.get(name), str)}


def _value(name: str, value: Any) -> Any:
    table_entry, converted = TABLE[name], converted_value(value)
    if table_entry.rule is None:
        return values.UNKNOWN
    if has_unknown(converted) and not table_entry.partly_unknown:
        return values.UNKNOWN
    try:
        return table_entry.rule(converted)
    except InvalidError:
        return values.UNKNOWN


def converted_value(value: Any) -> Any:
    """Replace values that are known only after the update by the lifecycle's ``UNKNOWN``."""
    if isinstance(value, Mapping):
        return {key: converted_value(each) for key, each in value.items()}
    if isinstance(value, list):
        return [converted_value(each) for each in value]
    return values.UNKNOWN if value == UNKNOWN else value
