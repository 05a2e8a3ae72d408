"""What the platform says now about what a preview would do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from olt_provider.api.applications.domain import Application
from olt_provider.api.errors import OltError
from olt_provider.cli.review.clients import Clients
from olt_provider.cli.review.findings import Access, Affected, Live, an_id
from olt_provider.cli.review.meaning import effective
from olt_provider.cli.review.preview import (
    APPLICATION,
    INSTALLATION,
    SECRET,
    UNKNOWN,
    Preview,
    State,
    Step,
)


def check(preview: Preview, clients: Clients, progress: Callable[[str], None]) -> Live:
    """Ask for each application that is deleted, replaced, adopted, or loses tenants, and for names.

    Only reads: ``GET .../applications/{applicationId}``, and the applications of each tenant in
    which one is registered, once. A refusal ends up in ``reason``.
    """
    steps = effective(preview)
    asking = _Asking(clients, _uninstalled(steps))
    for step in steps:
        if step.kind != APPLICATION:
            continue
        progress(step.name)
        try:
            asking.guard_of_name(step)
            asking.application(step)
        except OltError as error:
            asking.reasons.append(str(error))
    return asking.answer()


class _Asking:
    def __init__(self, clients: Clients, uninstalled: dict[str, set[str]]) -> None:
        self._clients = clients
        self._uninstalled = uninstalled
        self._names: dict[tuple[str, str | None], dict[str, list[str]]] = {}
        self.refused: list[Access] = []
        self.revoked: list[Access] = []
        self.in_use: list[Affected] = []
        self.reasons: list[str] = []

    def answer(self) -> Live:
        return Live(
            checked=True,
            reason=self.reasons[0] if self.reasons else "",
            refused=tuple(self.refused),
            revoked_installed=tuple(self.revoked),
            names_in_use=tuple(self.in_use),
        )

    def application(self, step: Step) -> None:
        asked = _asked(step)
        if asked is None:
            return
        application_id, owner = asked
        found = self._clients.of(step).acting_for(owner).applications.get(application_id)
        there = {t.tenant_id for t in found.allowed_tenants if t.installed}
        there -= self._uninstalled.get(application_id, set())
        if step.op in ("delete", "replace"):
            self.refused += _access(step, there, "still installed, and force_destroy is not set")
        else:
            self.revoked += _access(step, there & _revoked(step, found), "revoked while installed")

    def guard_of_name(self, step: Step) -> None:
        """Whether a registration would be refused, because its tenant uses the name already."""
        inputs = (step.new or State()).inputs
        name = inputs.get("name")
        # of a replacement the preview does not tell whether the old one is deleted first
        registers = step.op == "create"
        guarded = inputs.get("prevent_duplicate_name") is not False and "adopt" not in inputs
        if not (registers and guarded) or not isinstance(name, str) or name in (SECRET, UNKNOWN):
            return
        taken = self._used(step, an_id(inputs.get("tenant_id"))).get(name, [])
        for other in sorted(taken):
            note = "its name is in use: adopt that one, or set prevent_duplicate_name=False"
            self.in_use.append(Affected(application=step.name, application_id=other, note=note))

    def _used(self, step: Step, tenant: str | None) -> dict[str, list[str]]:
        """The names that a tenant uses, with the IDs of the applications."""
        key = (step.provider, tenant)
        if key not in self._names:
            names: dict[str, list[str]] = {}
            for each in self._clients.of(step).acting_for(tenant).applications.list():
                names.setdefault(each.name, []).append(each.id)
            self._names[key] = names
        return self._names[key]


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
