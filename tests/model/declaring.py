"""Rules that change declarations in a program."""

from __future__ import annotations

import copy
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.model import programs
from tests.model.faults import KINDS, Deck
from tests.model.programs import SLOTS, changes, declarations, with_tenants
from tests.model.scheduling import SHARES, Agenda, when
from tests.model.stack import PICK, Stack, of
from tests.model.state import Placed, Props

MAX_INSTALLATIONS: Final = 4
TENANT: Final = st.integers(0, programs.TENANTS - 1)


class Declaring(Stack):
    """Rules that change only the program."""

    @initialize(declared=declarations(), tenant=TENANT, seed=st.integers(0, 2**32 - 1))
    def begin(self, declared: Props, tenant: int, seed: int) -> None:
        """So that there is something: swarms of rules may lack those that declare."""
        self.deck = Deck(seed, self.favoured & set(KINDS))
        if self.agenda is not None:
            self.agenda = Agenda(seed, self.favoured & set(SHARES))
        named, tenant_id = with_tenants(declared, self.stage.tenants), self.stage.tenants[tenant]
        allowed = {**named.get("allowed_tenants", {}), tenant_id: ""}
        self.program.applications[SLOTS[0]] = {
            **named,
            "name": declared["name"] or SLOTS[0],
            "allowed_tenants": allowed,
        }
        self.program.installations["begun"] = Placed(SLOTS[0], tenant_id)

    @when(lambda self: self.free_slots())
    @rule(pick=PICK, declared=declarations())
    def declare(self, pick: int, declared: Props) -> None:
        slot = of(self.free_slots(), pick)
        named = with_tenants(declared, self.stage.tenants)
        self.program.applications[slot] = {**named, "name": declared["name"] or slot}
        self.done("declare")

    @when(lambda self: self.program.applications)
    @rule(pick=PICK, changed=changes())
    def change(self, pick: int, changed: Props) -> None:
        declared = self.program.applications[of(list(self.program.applications), pick)]
        declared.update(with_tenants(changed, self.stage.tenants))
        for name in [name for name, value in declared.items() if value == programs.UNSET]:
            del declared[name]
        self.done("change")

    @when(lambda self: self.movable())
    @rule(pick=PICK, trigger=PICK, changed=changes())
    def rotate(self, pick: int, trigger: int, changed: Props) -> None:
        name, _ = of(self.movable(), pick)
        declared = self.program.applications[name]
        kept = {key for key, value in changed.items() if value != programs.UNSET} - {"tenant_id"}
        new = {key: changed[key] for key in kept}
        declared.update(with_tenants(new, self.stage.tenants))
        old = declared.get("rotate_secret_when_changed")
        others = [each for each in programs.TRIGGERS if each and each != old]
        declared["rotate_secret_when_changed"] = of(others, trigger)
        self.done("rotate")

    @when(lambda self: self.has_room())
    @rule(pick=PICK, tenant=TENANT, allowed=st.sampled_from([True, True, True, False]))
    def install(self, pick: int, tenant: int, *, allowed: bool) -> None:
        name, tenant_id = of(list(self.program.applications), pick), self.stage.tenants[tenant]
        if allowed:
            tenants = self.program.applications[name].setdefault("allowed_tenants", {})
            tenants.setdefault(tenant_id, "")
        if Placed(name, tenant_id) not in self.program.installations.values():
            self.numbers += 1
            self.program.installations[f"{name}-{self.numbers}"] = Placed(name, tenant_id)
        self.done("install")

    def has_room(self) -> bool:
        full = len(self.program.installations) >= MAX_INSTALLATIONS
        return bool(self.program.applications) and not full

    @when(lambda self: self.program.installations)
    @rule(pick=PICK, revoke=st.booleans())
    def remove_installation(self, pick: int, *, revoke: bool) -> None:
        placed = self.program.installations.pop(of(list(self.program.installations), pick))
        if revoke:
            declared = self.program.applications[placed.application]
            declared.get("allowed_tenants", {}).pop(placed.tenant_id, None)
        self.done("remove_installation")

    @when(lambda self: self.program.applications)
    @rule(pick=PICK)
    def remove(self, pick: int) -> None:
        self.program.drop_application(of(list(self.program.applications), pick))
        self.done("remove")

    @when(lambda self: self.history)
    @rule(pick=PICK)
    def revert(self, pick: int) -> None:
        self.program = copy.deepcopy(of(self.history, pick))
        self.done("revert")

    @when(lambda self: self.free_slots() and self.adoptable())
    @rule(pick=PICK, slot=PICK, declared=declarations(), secret=st.booleans())
    def adopt(self, pick: int, slot: int, declared: Props, *, secret: bool) -> None:
        id_ = of(self.adoptable(), pick)
        found = self.platform.application(id_) or {}
        adoption = {"application_id": id_}
        known = self.stranger_secrets.get(id_, "")
        if secret and self.platform.secret_is_valid(found["oauth2Client"]["id"], known):
            adoption["client_secret"] = known
        self.program.applications[of(self.free_slots(), slot)] = {
            **with_tenants(declared, self.stage.tenants),
            "name": declared["name"] or found["name"],
            "tenant_id": found["tenantId"],
            "adopt": adoption,
        }
        self.done("adopt")
