"""Precedence of configuration and environment, for the stack's provider and explicit ones.

For the stack's own provider, the environment comes before the stack's configuration. For an
explicit ``Provider``, its arguments come before the environment: a token that the environment holds
for one platform must not reach another platform that the provider names. Only a variable that
``env_var_mappings`` passes to it replaces an argument.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from olt_provider.setting_names import EXPLICIT, configured, variable

Lookup = Callable[[str], str | None]


class Credentials(NamedTuple):
    """A group of credentials by their keys, all from one place."""

    values: dict[str, str]
    in_environment: bool
    lent: bool = False
    """Whether an explicit provider without credentials takes them from the environment."""


@dataclass(frozen=True)
class Places:
    """The places of one provider. Each returns the value of a key, or ``None`` if it is unset."""

    configured: Lookup
    environment: Lookup
    mapped: Lookup
    """The variables that an explicit provider's ``env_var_mappings`` pass to it."""
    explicit: bool

    @classmethod
    def of(cls, config: Callable[[str], object], environ: Mapping[str, str]) -> Places:
        """Return the places. ``config`` returns the value of a key such as ``olt:apiUrl``."""

        def from_configuration(key: str) -> str | None:
            value = config(configured(key))
            return str(value).strip() or None if value is not None else None

        mark = from_configuration(EXPLICIT)
        mapped = {target: environ.get(source, "") for source, target in _mappings(mark).items()}
        return cls(
            from_configuration,
            _lookup_in(environ),
            _lookup_in(mapped),
            explicit=mark is not None,
        )

    def settings(self, keys: Sequence[str]) -> dict[str, str | None]:
        """Return each setting from the first place that sets it."""
        return {
            key: next(filter(None, (lookup(key) for lookup in self._by_precedence)), None)
            for key in keys
        }

    def hosts(self, keys: Sequence[str]) -> dict[str, str | None]:
        """Return the settings that choose hosts: an explicit provider's come from one place."""
        if self.explicit:
            for lookup in self._by_precedence:
                if any(map(lookup, keys)):
                    return {key: lookup(key) for key in keys}
        return self.settings(keys)

    def credentials(self, keys: Sequence[str]) -> Credentials:
        """Return the credentials of the first place that has any."""
        for lookup in self._by_precedence:
            found = {key: value for key in keys if (value := lookup(key))}
            if found:
                lent = self.explicit and lookup is self.environment
                return Credentials(found, lookup is not self.configured, lent)
        return Credentials({}, in_environment=False)

    @property
    def _by_precedence(self) -> tuple[Lookup, ...]:
        if self.explicit:
            return self.mapped, self.configured, self.environment
        return self.environment, self.configured


def explicit(mappings: Mapping[str, str] | None) -> str:
    """The value of the key that marks the configuration of an explicit provider."""
    return json.dumps(dict(mappings or {}), sort_keys=True)


def _mappings(mark: str | None) -> dict[str, str]:
    try:
        mappings = json.loads(mark or "{}")
    except ValueError:
        return {}
    if not isinstance(mappings, dict):
        return {}
    return {str(source): str(target) for source, target in mappings.items()}


def _lookup_in(environ: Mapping[str, str]) -> Lookup:
    return lambda key: environ.get(variable(key), "").strip() or None
