"""The property table of an installation, and the values that it describes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from olt_provider.lifecycle import values
from olt_provider.lifecycle.properties import Inputs, Property, Props, dumped, parsed, table_of


@dataclass(frozen=True)
class InstallationInputs(Inputs):
    """The table of inputs, and a checked declaration."""

    application_id: Annotated[
        str,
        Property(
            "The application to install: ``app.id``. Required.",
            rule=values.uuid,
            replaces=True,
        ),
    ]
    tenant_id: Annotated[
        str,
        Property(
            "The tenant to install it in. Default: the one it had, else ``olt:tenantId``, else "
            "the tenant of the credentials.",
            rule=values.uuid,
            replaces=True,
        ),
    ]


TABLE: Final = InstallationInputs.properties()


@dataclass(frozen=True)
class InstallationState:
    """The table of outputs, and an installation that exists, as the state keeps it."""

    inputs: InstallationInputs
    installed_at: Annotated[str, Property("Since when, RFC 3339 in UTC.")]
    api_url: Annotated[str, Property("The API base URL of its platform.")]

    @property
    def id(self) -> str:
        """``{tenant_id}/{application_id}``."""
        return f"{self.inputs.tenant_id}/{self.inputs.application_id}"

    @classmethod
    def from_props(cls, props: Props) -> InstallationState:
        """From the outputs of an earlier operation."""
        return cls(InstallationInputs.from_props(props), **parsed(OUTPUTS, props))

    def to_props(self) -> dict[str, Any]:
        """As outputs: the inputs and what the platform adds."""
        return {**self.inputs.to_props(), **dumped(OUTPUTS, self)}


OUTPUTS: Final = table_of(InstallationState)
