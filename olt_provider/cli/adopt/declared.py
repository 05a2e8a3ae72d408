"""An application of the platform as the declaration that adopts it."""

from __future__ import annotations

from typing import Any

from olt_provider.api.applications import Application
from olt_provider.lifecycle.application.declaration import RULES
from olt_provider.lifecycle.checking import apply_rules


def declared(application: Application) -> dict[str, Any]:
    """What deviates from the defaults, and the allowed tenants in any case."""
    arguments: dict[str, Any] = {"name": application.name, "tenant_id": application.tenant_id}
    arguments["allowed_tenants"] = {
        each.tenant_id: each.comment
        for each in sorted(application.allowed_tenants, key=lambda each: each.tenant_id)
    }
    if application.with_public_oauth2_client:
        arguments["with_public_oauth2_client"] = True
    if application.redirect_uris:
        arguments["redirect_uris"] = sorted(set(application.redirect_uris))
    if application.teaser_description:
        arguments["teaser_description"] = application.teaser_description
    if application.url is not None:
        arguments["url"] = application.url
    if application.status != "active":
        arguments["status"] = application.status
    return arguments


def refusal(application: Application) -> str:
    """Why the provider would refuse that declaration, by its own rules; else nothing."""
    failures = apply_rules(declared(application), RULES).failures
    return "; ".join(f"{each.property}: {each.reason}" for each in failures)
