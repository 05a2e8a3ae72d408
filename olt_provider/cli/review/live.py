"""What the platform says now about what a preview would do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from olt_provider.api.applications.domain import Application
from olt_provider.api.client import OltClient
from olt_provider.api.errors import OltError
from olt_provider.cli.review.findings import Access, Live, an_id
from olt_provider.cli.review.meaning import effective
from olt_provider.cli.review.preview import APPLICATION, INSTALLATION, Preview, State, Step


def check(preview: Preview, client: OltClient, progress: Callable[[str], None]) -> Live:
    """Ask for each application that is deleted, replaced, adopted, or loses tenants.

    Only reads: ``GET .../applications/{applicationId}``. A refusal ends up in ``reason``.
    """
    steps = effective(preview)
    uninstalled = _uninstalled(steps)
    refused: list[Access] = []
    revoked: list[Access] = []
    reasons: list[str] = []
    for step in steps:
        asked = _asked(step)
        if asked is None:
            continue
        application_id, owner = asked
        progress(step.name)
        try:
            found = client.acting_for(owner).applications.get(application_id)
        except OltError as error:
            reasons.append(str(error))
            continue
        there = {t.tenant_id for t in found.allowed_tenants if t.installed}
        there -= uninstalled.get(application_id, set())
        if step.op in ("delete", "replace"):
            refused += _access(step, there, "still installed, and force_destroy is not set")
        else:
            revoked += _access(step, there & _revoked(step, found), "revoked while installed")
    return Live(
        checked=True,
        reason=reasons[0] if reasons else "",
        refused=tuple(refused),
        revoked_installed=tuple(revoked),
    )


def _access(step: Step, tenants: set[str], why: str) -> list[Access]:
    return [Access(tenant=tenant, application=step.name, why=why) for tenant in sorted(tenants)]


def _asked(step: Step) -> tuple[str, str | None] | None:
    """The application to ask for and its owner, where there is something to ask."""
    if step.kind != APPLICATION:
        return None
    old, new = step.old or State(), step.new or State()
    if step.op == "create":
        adopt = new.inputs.get("adopt")
        taken = an_id(adopt.get("application_id")) if isinstance(adopt, dict) else None
        return (taken, an_id(new.inputs.get("tenant_id"))) if taken else None
    application_id = an_id(old.id)
    if application_id is None or (step.op == "update" and "allowed_tenants" not in step.changed):
        return None
    if step.op != "update" and (old.retain or old.outputs.get("force_destroy") is True):
        return None
    return application_id, an_id(old.inputs.get("tenant_id"))


def _revoked(step: Step, found: Application) -> set[str]:
    """The tenants that are allowed now and will not be."""
    declared: Any = (step.new or State()).inputs.get("allowed_tenants")
    if not isinstance(declared, dict):  # not managed, secret or not known yet
        return set()
    return {each.tenant_id for each in found.allowed_tenants} - declared.keys()


def _uninstalled(steps: list[Step]) -> dict[str, set[str]]:
    """The tenants in which the preview itself uninstalls an application."""
    gone: dict[str, set[str]] = {}
    for step in steps:
        if step.kind == INSTALLATION and step.op in ("delete", "replace") and step.old:
            application = an_id(step.old.inputs.get("application_id"))
            tenant = an_id(step.old.inputs.get("tenant_id"))
            if application and tenant and not step.old.retain:
                gone.setdefault(application, set()).add(tenant)
    return gone
