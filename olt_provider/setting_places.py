"""Where settings and credentials are read: the configuration, and the environment.

Two kinds of providers have configurations. The stack's own has the stack's, and the environment
comes first. An explicit ``Provider`` has its arguments, and they come first: a token that is in the
environment for one platform must not reach another that the provider names. Only a variable that
``env_var_mappings`` passes to it replaces an argument.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from olt_provider.setting_names import EXPLICIT, configured, variable

Look = Callable[[str], str | None]


class Credentials(NamedTuple):
    """One group of credentials, by their keys, from one place."""

    values: dict[str, str]
    in_environment: bool
    lent: bool = False
    """Whether they are the environment's, for an explicit provider that has none."""


@dataclass(frozen=True)
class Places:
    """The places of one provider. Each looks a key up and returns ``None`` where it is unset."""

    configured: Look
    environment: Look
    mapped: Look
    """The variables that an explicit provider's ``env_var_mappings`` pass to it."""
    explicit: bool

    @classmethod
    def of(cls, config: Callable[[str], object], environ: Mapping[str, str]) -> Places:
        """``config`` looks a key such as ``olt:apiUrl`` up in the provider's configuration."""

        def from_configuration(key: str) -> str | None:
            value = config(configured(key))
            return str(value).strip() or None if value is not None else None

        mark = from_configuration(EXPLICIT)
        mapped = {target: environ.get(source, "") for source, target in _mappings(mark).items()}
        return cls(from_configuration, _in(environ), _in(mapped), explicit=mark is not None)

    def settings(self, keys: Sequence[str]) -> dict[str, str | None]:
        """Each setting by itself, from the first place that has it."""
        return {key: next(filter(None, (look(key) for look in self._looks)), None) for key in keys}

    def hosts(self, keys: Sequence[str]) -> dict[str, str | None]:
        """The settings that choose hosts. Those of an explicit provider are not mixed."""
        if self.explicit:
            for look in self._looks:
                if any(map(look, keys)):
                    return {key: look(key) for key in keys}
        return self.settings(keys)

    def credentials(self, keys: Sequence[str]) -> Credentials:
        """The credentials of the first place that has any."""
        for look in self._looks:
            found = {key: value for key in keys if (value := look(key))}
            if found:
                lent = self.explicit and look is self.environment
                return Credentials(found, look is not self.configured, lent)
        return Credentials({}, in_environment=False)

    @property
    def _looks(self) -> tuple[Look, ...]:
        if self.explicit:
            return self.mapped, self.configured, self.environment
        return self.environment, self.configured


def explicit(mappings: Mapping[str, str] | None) -> str:
    """The value of the key that marks an explicit provider's configuration as such."""
    return json.dumps(dict(mappings or {}), sort_keys=True)


def _mappings(mark: str | None) -> dict[str, str]:
    try:
        mappings = json.loads(mark or "{}")
    except ValueError:
        return {}
    if not isinstance(mappings, dict):
        return {}
    return {str(source): str(target) for source, target in mappings.items()}


def _in(environ: Mapping[str, str]) -> Look:
    return lambda key: environ.get(variable(key), "").strip() or None
