"""Defects to plant: each is a mistake that a provider of this kind is likely to make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import SecretStr

from olt_provider.api.retry import Repeat
from olt_provider.lifecycle.application import operations as application_operations
from olt_provider.lifecycle.application.changes import Changes
from olt_provider.lifecycle.installation import operations as installation_operations


def rotation_first(patch: pytest.MonkeyPatch) -> None:
    """The new secret is made before the other calls of an update, which may still fail."""
    look_up, make = Changes._set_tenants, Changes._make_secret
    patch_it = Changes._patch
    made: dict[int, SecretStr | None] = {}

    def first(self: Changes) -> Any:
        made[id(self)] = make(self)
        self._begun = self._begun or made[id(self)] is not None
        return patch_it(self)

    def then(self: Changes, allowed: Mapping[str, str]) -> None:
        look_up(self, allowed)

    patch.setattr(Changes, "_patch", first)
    patch.setattr(Changes, "_set_tenants", then)
    patch.setattr(Changes, "_make_secret", lambda self: made.pop(id(self)))


def not_found_means_gone(patch: pytest.MonkeyPatch) -> None:
    """A 404 is taken for a proof."""
    for module in (application_operations, installation_operations):
        patch.setattr(module, "require_gone", lambda *_args, **_kwargs: None)


def lost_registration_repeated(patch: pytest.MonkeyPatch) -> None:
    """A registration is repeated like everything else, also where its answer was lost."""
    allows = Repeat.allows
    patch.setattr(Repeat, "allows", lambda _self, error: allows(Repeat.SAFELY, error))
