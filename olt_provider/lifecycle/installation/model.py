"""The property tables of an installation, and its typed inputs and state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from olt_provider.lifecycle import values
from olt_provider.lifecycle.properties import Inputs, Property, Props, dumped, parsed, table_of


@dataclass(frozen=True)
class InstallationInputs(Inputs):
    """The property table of the inputs, and a checked declaration."""

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
            "The tenant to install it in. Default: its present tenant, else ``olt:tenantId``, "
            "else the tenant of the credentials.",
            rule=values.uuid,
            replaces=True,
        ),
    ]


TABLE: Final = InstallationInputs.properties()


@dataclass(frozen=True)
class InstallationState:
    """The property table of the outputs, and an existing installation as the state holds it."""

    inputs: InstallationInputs
    installed_at: Annotated[str, Property("When it was installed, RFC 3339 in UTC.")]
    api_url: Annotated[str, Property("The API base URL of its platform.")]

    @property
    def id(self) -> str:
        """The resource ID: ``{tenant_id}/{application_id}``."""
        return f"{self.inputs.tenant_id}/{self.inputs.application_id}"

    @classmethod
    def from_props(cls, props: Props) -> InstallationState:
        """Convert the outputs of an earlier operation."""
        return cls(InstallationInputs.from_props(props), **parsed(OUTPUTS, props))

    def to_props(self) -> dict[str, Any]:
        """Return the outputs: the inputs and the values of the platform."""
        return {**self.inputs.to_props(), **dumped(OUTPUTS, self)}


OUTPUTS: Final = table_of(InstallationState)
