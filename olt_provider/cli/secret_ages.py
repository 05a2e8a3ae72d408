"""The ages and due dates of the client secrets in a state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from olt_provider.cli.doctor_checks import Check
from olt_provider.cli.preview.types import APPLICATION, as_dynamic, plain_type
from olt_provider.lifecycle.application.secret_age import DUE, ROTATED, read

NAME: Final = "client secret"
UNKNOWN: Final = "its age is not known"
FIX: Final = "run `pulumi up`, which rotates it"


def age(outputs: Mapping[str, Any], now: datetime) -> str:
    """Return when the secret in an application's outputs was made, and when it is due."""
    rotated, due = read(outputs.get(ROTATED)), read(outputs.get(DUE))
    parts = [UNKNOWN if rotated is None else f"made {_ago(rotated, now)}"]
    if due is not None:
        parts.append(f"overdue {_ago(due, now)}" if now >= due else f"due {_ahead(due, now)}")
    return ", ".join(parts)


def ages(resources: Iterable[Any], now: datetime) -> list[Check]:
    """Return a line for each application of a state; a warning if its secret is overdue.

    Raises ``KeyError``, ``TypeError`` or ``AttributeError`` for a resource in another format.
    """
    checks = []
    for each in resources:
        there = each.get("id") and not each.get("delete") and not each.get("external")
        if plain_type(each["type"]) != APPLICATION or not there:
            continue
        outputs = as_dynamic(each["type"], each.get("outputs") or {})
        found = f"{each['urn'].split('::', 3)[3]}: {age(outputs, now)}"
        due = read(outputs.get(DUE))
        if due is not None and now >= due:
            checks.append(Check(NAME, "warning", found, FIX))
        else:
            known = ROTATED in outputs or due is not None
            checks.append(Check(NAME, "ok" if known else "not checked", found))
    return checks


def _ago(moment: datetime, now: datetime) -> str:
    return f"{_days(now - moment)} ago ({moment.date()})"


def _ahead(moment: datetime, now: datetime) -> str:
    return f"in {_days(moment - now)} ({moment.date()})"


def _days(span: timedelta) -> str:
    days = span.days
    return "less than a day" if days < 1 else f"{days} day{'s' if days > 1 else ''}"
