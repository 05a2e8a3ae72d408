"""The platform that each resource of a preview lives on, as its provider reaches it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

from olt_provider.api.client import OltClient
from olt_provider.api.errors import ConfigurationError
from olt_provider.api.settings import Settings
from olt_provider.cli.review.preview import SECRET, UNKNOWN, Preview, Step, name_of

DEFAULT: Final = "default"
"""The provider of resources that name none; the engine adds versions to its name."""


class Clients:
    """One client per explicit provider, and that of the stack for all other resources.

    An explicit provider has its own settings, which do not inherit the stack's. A preview shows
    them but for what is secret, so its credentials have to be in the environment.
    """

    def __init__(self, preview: Preview, stacks: OltClient, notify: Callable[[str], None]) -> None:
        self._stacks = stacks
        self._notify = notify
        self._inputs = {
            step.urn: declared.inputs
            for step in preview.steps
            if step.kind == "pulumi:providers:pulumi-python" and (declared := step.new or step.old)
        }
        self._made: dict[str, OltClient] = {}

    def of(self, step: Step) -> OltClient:
        """The client of a resource. Raises ``ConfigurationError`` where a preview does not tell."""
        urn = step.provider.rpartition("::")[0]  # the provider's ID follows its URN
        if not urn or name_of(urn).partition("_")[0] == DEFAULT:
            return self._stacks
        if urn not in self._made:
            settings = self._settings(name_of(urn), self._inputs.get(urn, {}))
            self._made[urn] = settings.client(user_agent="cli", notify=self._notify)
        return self._made[urn]

    def _settings(self, name: str, inputs: dict[str, Any]) -> Settings:
        hidden = sorted(key for key, value in inputs.items() if value in (SECRET, UNKNOWN))
        settings = Settings.load(lambda key: None if key in hidden else inputs.get(key), os.environ)
        if hidden and not settings.credentials_in_environment:
            raise ConfigurationError(
                f"the preview does not show {', '.join(hidden)} of the provider {name}: set "
                "credentials in the environment"
            )
        return settings
