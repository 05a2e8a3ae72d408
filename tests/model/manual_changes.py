"""Rules that make manual changes on the platform."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.model import programs
from tests.model.programs import SLOTS, declarations, with_tenants
from tests.model.scheduling import when
from tests.model.stack import PICK, Stack, of
from tests.model.stage import without_clock
from tests.model.state import Props

MAX_STRANGERS: Final = 3


class ManualChanges(Stack):
    """Rules that change only the platform."""

    @when(lambda self: len(self.book.strangers) < MAX_STRANGERS)
    @rule(declared=declarations(), owner=st.integers(0, 1), installed=st.booleans())
    def register_manually(self, declared: Props, owner: int, *, installed: bool) -> None:
        tenant_id = self.stage.tenants[owner]
        allowed = with_tenants(declared, self.stage.tenants).get("allowed_tenants", {})
        made = self.platform.register(
            tenant_id, name=declared["name"] or SLOTS[0], allowed_tenants=allowed
        )
        for each in list(allowed)[: int(installed)]:
            self.platform.install(made["id"], each)
            self.book.installed.add((made["id"], each))
        self.stranger_secrets[made["id"]] = made["oauth2Client"]["secret"]
        self.book.strangers[made["id"]] = without_clock(self.platform.application(made["id"])) or {}
        self.done("register_manually")

    @when(lambda self: self.live())
    @rule(pick=PICK, wire=programs.manual_changes())
    def change_manually(self, pick: int, wire: Props) -> None:
        _, held = of(self.live(), pick)
        self.platform.patch(held.id, **wire)
        self.drifted("change_manually")

    @when(lambda self: self.live())
    @rule(pick=PICK, status=st.sampled_from(["active", "inactive", "inactive"]))
    def set_status_manually(self, pick: int, status: str) -> None:
        _, held = of(self.live(), pick)
        self.platform.patch(held.id, status=status)
        self.drifted("set_status_manually")

    @when(lambda self: self.live())
    @rule(
        pick=PICK,
        tenant=st.integers(0, programs.TENANTS - 1),
        comment=st.sampled_from(["", "Manual"]),
    )
    def allow_manually(self, pick: int, tenant: int, comment: str) -> None:
        _, held = of(self.live(), pick)
        self.platform.allow(held.id, self.stage.tenants[tenant], comment)
        self.drifted("allow_manually")

    @when(lambda self: self.revocable())
    @rule(pick=PICK)
    def revoke_manually(self, pick: int) -> None:
        self.platform.revoke(*of(self.revocable(), pick))
        self.drifted("revoke_manually")

    def revocable(self) -> list[tuple[str, str]]:
        return [
            (held.id, item["tenantId"])
            for _, held in self.live()
            for item in (self.platform.application(held.id) or {})["allowedTenants"]
        ]

    @when(lambda self: self.revocable())
    @rule(pick=PICK)
    def install_manually(self, pick: int) -> None:
        """A tenant that may install it does so by itself."""
        pair = of(self.revocable(), pick)
        self.platform.install(*pair)
        self.book.installed.add(pair)
        self.drifted("install_manually")

    @when(lambda self: self.uninstallable())
    @rule(pick=PICK)
    def uninstall_manually(self, pick: int) -> None:
        pair = of(self.uninstallable(), pick)
        self.platform.uninstall(*pair)
        self.book.uninstalled.add(pair)
        self.book.installed.discard(pair)
        self.drifted("uninstall_manually")

    def uninstallable(self) -> list[tuple[str, str]]:
        return [
            (held.id, each["tenantId"])
            for _, held in self.live()
            for each in self.platform.installations(held.id)
        ]

    @when(lambda self: self.live())
    @rule(pick=PICK)
    def delete_manually(self, pick: int) -> None:
        _, held = of(self.live(), pick)
        self.platform.delete(held.id)
        self.book.gone.add(held.id)
        self.drifted("delete_manually")
