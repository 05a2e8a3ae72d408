"""Commands that fix the findings of ``olt doctor``, ready to be copied into a shell."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from olt_provider.setting_names import configured, variable
from olt_provider.settings import Settings

INSTALL: Final = "python3 -m venv .venv && . .venv/bin/activate && pip install 'pulumi-olt[cli]'"
UPGRADE_SDK: Final = "pip install --upgrade pulumi"
INSTALL_ENGINE: Final = "curl -fsSL https://get.pulumi.com | sh"


@dataclass(frozen=True)
class Remedies:
    """Commands for the place of the settings: a stack, or the environment."""

    stack: str | None = None
    folder: Path | None = None
    states: Sequence[Path] = ()
    environment: bool = False
    """Whether the environment sets credentials, which replace those of a stack."""

    def list_settings(self) -> str:
        """Print the names of the settings, without secrets."""
        if self.stack is None and self.folder is None:
            return "env | grep -o '^OLT_[A-Z_]*'"
        return self._pulumi("config")

    def set_secret(self, key: str, path: str = "") -> str:
        """Prompt for a secret value and set it. ``path`` names an entry of a mapping."""
        if self.environment or (self.stack is None and self.folder is None):
            name = variable(key)
            return f"read -rs {name} && export {name}"
        if path:
            return self._pulumi("config", "set", "--secret", "--path", f"{configured(key)}.{path}")
        return self._pulumi("config", "set", "--secret", configured(key))

    def set_tenant(self) -> str:
        """Prompt for a tenant ID, or set one in the stack."""
        if self.stack is None and self.folder is None:
            name = variable("tenantId")
            return f"read -r {name} && export {name}"
        return self._pulumi("config", "set", configured("tenantId"))

    def call(self, url: str, settings: Settings) -> str:
        """Show where a connection fails: name, proxy, certificate or response."""
        bundle = ["--cacert", settings.ca_bundle] if settings.ca_bundle else []
        return shlex.join(["curl", "--verbose", "--output", "/dev/null", *bundle, url])

    def adopt(self, tenant: str) -> str:
        """Write the program that adopts the applications that no given state holds."""
        states = [word for each in self.states for word in ("--state", str(each))]
        place = ["--stack", self.stack] if self.stack is not None else []
        place += ["--cwd", str(self.folder)] if self.folder is not None else []
        return shlex.join(["olt", "adopt", "--tenant", tenant, *states, *place])

    def _pulumi(self, *arguments: str) -> str:
        folder = ["-C", str(self.folder)] if self.folder is not None else []
        stack = ["--stack", self.stack] if self.stack is not None else []
        return shlex.join(["pulumi", *folder, *arguments, *stack])
