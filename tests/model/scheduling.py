"""The schedule of rules: in few examples each rule has to run often enough."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from typing import Any, Final, Protocol, TypeVar

from hypothesis.stateful import precondition

SHARES: Final[dict[str, int]] = {
    "declare": 3,
    "change": 2,
    "rotate": 2,
    "install": 1,
    "remove_installation": 1,
    "remove": 1,
    "revert": 1,
    "adopt": 1,
    "move": 1,
    "rename": 1,
    "rename_installation": 1,
    "change_options": 1,
    "take_adopt_out": 1,
    "adopt_twice": 1,
    "declare_again": 1,
    "register_manually": 1,
    "change_manually": 1,
    "set_status_manually": 1,
    "allow_manually": 1,
    "revoke_manually": 1,
    "install_manually": 1,
    "uninstall_manually": 1,
    "delete_manually": 1,
    "up": 7,
    "up_in_parallel": 6,
    "up_with_refresh": 3,
    "refresh": 2,
    "replace": 2,
    "up_beside_a_failure": 1,
    "up_of_targets": 1,
    "destroy": 1,
    "finish": 2,
}
"""How often each rule comes in one round."""
ROUND: Final = sum(SHARES.values())

F = TypeVar("F", bound=Callable[..., Any])
_WHEN: Final[dict[str, Callable[[Any], object]]] = {}


class Player(Protocol):
    """A machine whose rules are scheduled."""

    agenda: Agenda | None


class Agenda:
    """The rules in a drawn order. An impossible one waits until it is possible."""

    def __init__(self, seed: int, favoured: Collection[str] = ()) -> None:
        self._round = [name for name, share in SHARES.items() for _ in range(share)]
        self._round += sorted(favoured)
        self._random = random.Random(seed)
        self._left: list[str] = []
        self._turn: str | None = None

    def turn(self, player: Player) -> str | None:
        """Return the next rule; None if no rule is possible."""
        if self._turn is None:
            self._turn = self._choose(player)
        return self._turn

    def played(self) -> None:
        """Record that the rule has run."""
        self._turn = None

    def _choose(self, player: Player) -> str | None:
        for _ in range(2):
            for index, name in enumerate(self._left):
                if _WHEN[name](player):
                    return self._left.pop(index)
            self._random.shuffle(self._round)
            self._left += self._round
        return None


def when(possible: Callable[[Any], object]) -> Callable[[F], F]:
    """A rule is played where it is possible and, if there is an agenda, where it is its turn."""

    def decorate(function: F) -> F:
        name = function.__name__
        _WHEN[name] = possible

        def its_turn(player: Player) -> bool:
            if player.agenda is None:
                return bool(possible(player))
            return player.agenda.turn(player) == name

        decorated: F = precondition(its_turn)(function)
        return decorated

    return decorate
