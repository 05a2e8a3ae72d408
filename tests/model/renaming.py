"""Rules that change the names, providers and options of a program's resources."""

from __future__ import annotations

import copy
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.model.programs import PROVIDERS
from tests.model.scheduling import when
from tests.model.stack import PICK, Stack, of
from tests.model.state import Key, Options, Resource

PROVIDER: Final = st.sampled_from(PROVIDERS)
REPLACING: Final = ("url", "teaser_description", "rotate_secret_when_changed")
"""Properties whose change replaces an application, if its options require it."""


class Renaming(Stack):
    """Rules that change only the program."""

    @when(lambda self: self.free_slots() and self.movable())
    @rule(pick=PICK, slot=PICK, provider=PROVIDER)
    def move(self, pick: int, slot: int, provider: str) -> None:
        """The same application under another resource: adopted there, taken out here."""
        (old, held), new = of(self.movable(), pick), of(self.free_slots(), slot)
        self.rename_to(old, new, provider)
        declared = self.program.applications[new]
        declared["tenant_id"] = held.inputs["tenant_id"]
        declared["adopt"] = {"application_id": held.id}
        self.done("move")

    @when(lambda self: self.free_slots() and self.program.applications)
    @rule(pick=PICK, slot=PICK, provider=PROVIDER)
    def rename(self, pick: int, slot: int, provider: str) -> None:
        """Another name for a resource, without an alias: the engine takes it for a new one."""
        old, new = of(list(self.program.applications), pick), of(self.free_slots(), slot)
        self.rename_to(old, new, provider)
        self.done("rename")

    def rename_to(self, old: str, new: str, provider: str) -> None:
        self.program.applications[new] = self.program.applications.pop(old)
        self.program.place_elsewhere(old, new)
        self.program.options[Key("application", new)] = Options(provider)

    @when(lambda self: self.program.installations)
    @rule(pick=PICK, provider=PROVIDER)
    def rename_installation(self, pick: int, provider: str) -> None:
        """Another name for the same resource: the engine creates, then deletes."""
        placed = self.program.installations.pop(of(list(self.program.installations), pick))
        self.numbers += 1
        name = f"{placed.application}-{self.numbers}"
        self.program.installations[name] = placed
        self.program.options[Key("installation", name)] = Options(provider)
        self.done("rename_installation")

    @when(lambda self: self.program.applications)
    @rule(
        pick=PICK,
        provider=PROVIDER,
        first=st.booleans(),
        replacing=st.lists(st.sampled_from(REPLACING), max_size=2, unique=True),
    )
    def change_options(
        self, pick: int, provider: str, replacing: list[str], *, first: bool
    ) -> None:
        key = of(self.program.resources(), pick)
        self.program.options[key] = Options(provider, first, tuple(replacing))
        self.done("change_options")

    @when(lambda self: self.adopted())
    @rule(pick=PICK)
    def take_adopt_out(self, pick: int) -> None:
        """Remove ``adopt`` from a resource whose application is adopted already."""
        del self.program.applications[of(self.adopted(), pick)]["adopt"]
        self.done("take_adopt_out")

    def adopted(self) -> list[str]:
        return [
            name for name, held in self.movable() if self.program.applications[name].get("adopt")
        ]

    @when(lambda self: self.free_slots() and self.movable())
    @rule(pick=PICK, slot=PICK, provider=PROVIDER, first=st.booleans())
    def adopt_twice(self, pick: int, slot: int, provider: str, *, first: bool) -> None:
        """A mistake: another resource of the program holds that application."""
        (_, held), new = of(self.movable(), pick), of(self.free_slots(), slot)
        second = {
            "name": held.inputs["name"],
            "tenant_id": held.inputs["tenant_id"],
            "adopt": {"application_id": held.id},
        }
        others = self.program.applications
        self.program.applications = {new: second, **others} if first else {**others, new: second}
        self.program.options[Key("application", new)] = Options(provider)
        self.done("adopt_twice")

    @when(lambda self: self.undeclared())
    @rule(pick=PICK)
    def declare_again(self, pick: int) -> None:
        """Put a resource back that has not been deleted yet, perhaps beside its successor."""
        name, held = of(self.undeclared(), pick)
        self.program.applications[name] = copy.deepcopy(held.inputs)
        self.done("declare_again")

    def undeclared(self) -> list[tuple[str, Resource]]:
        declared = self.program.applications
        return [(key.name, held) for key, held in self.live() if key.name not in declared]

    def targetable(self) -> list[set[Key]]:
        """Each application with its installations, unless others hold what would be deleted.

        Resources that are not targeted are not compared, so it is not recorded what they manage.
        """
        names = {key.name for key in self.state.resources if key.kind == "application"}
        groups = [self.group(name) for name in sorted(names | set(self.program.applications))]
        return [
            group
            for group in groups
            if not self.held_outside(group) and not self.depends_outside(group)
        ]

    def group(self, name: str) -> set[Key]:
        owner = Key("application", name)
        declared = {
            Key("installation", each)
            for each, placed in self.program.installations.items()
            if placed.application == name
        }
        held = {key for key, each in self.state.everything() if each.application == owner}
        return {owner} | declared | held

    def depends_outside(self, group: set[Key]) -> bool:
        """Whether one needs an application that is not targeted, which the engine may refuse."""
        return any(
            key.name in self.program.installations and self.program.application_of(key) not in group
            for key in group
            if key.kind == "installation"
        )

    def held_outside(self, group: set[Key]) -> bool:
        everything = self.state.everything()
        inside = {held.id for key, held in everything if key in group}
        return any(held.id in inside for key, held in everything if key not in group)
