"""What a program declares of an installation, and what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Props = Mapping[str, Any]


@dataclass(frozen=True)
class InstallationInputs:
    """A checked declaration."""

    application_id: str
    tenant_id: str

    @classmethod
    def from_props(cls, props: Props) -> InstallationInputs:
        """From checked inputs, or from outputs, which hold every input."""
        return cls(props["application_id"], props["tenant_id"])

    def to_props(self) -> dict[str, Any]:
        """As inputs are kept."""
        return {"application_id": self.application_id, "tenant_id": self.tenant_id}


@dataclass(frozen=True)
class InstallationState:
    """An installation that exists, as the state keeps it."""

    inputs: InstallationInputs
    installed_at: str
    api_url: str

    @property
    def id(self) -> str:
        """``{tenant_id}/{application_id}``."""
        return f"{self.inputs.tenant_id}/{self.inputs.application_id}"

    @classmethod
    def from_props(cls, props: Props) -> InstallationState:
        """From the outputs of an earlier operation."""
        return cls(
            InstallationInputs.from_props(props),
            props.get("installed_at", ""),
            props.get("api_url", ""),
        )

    def to_props(self) -> dict[str, Any]:
        """As outputs: the inputs and what the platform adds."""
        return {
            **self.inputs.to_props(),
            "installed_at": self.installed_at,
            "api_url": self.api_url,
        }
