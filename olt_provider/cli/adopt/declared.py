"""An application of the platform as the declaration that adopts it."""

from __future__ import annotations

from typing import Any

from olt_provider.api.applications import Application
from olt_provider.lifecycle.application.model import TABLE, ApplicationInputs
from olt_provider.lifecycle.checking import apply_rules
from olt_provider.lifecycle.properties import as_declared


def declared(application: Application) -> dict[str, Any]:
    """What deviates from the defaults, and the allowed tenants in any case."""
    return as_declared(TABLE, ApplicationInputs.found(application).to_props(), {})


def refusal(application: Application) -> str:
    """Why the provider would refuse that declaration, by its own rules; else nothing."""
    failures = apply_rules(declared(application), TABLE).failures
    return "; ".join(f"{each.property}: {each.reason}" for each in failures)
