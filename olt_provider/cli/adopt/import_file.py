"""The file from which `pulumi import --file` takes applications and installations."""

from __future__ import annotations

from collections.abc import Sequence

from olt_provider.cli.adopt.discovery import Found
from olt_provider.cli.adopt.program import resources
from olt_provider.cli.terminal import to_json
from olt_provider.native.names import APPLICATION, INSTALLATION


def import_file(found: Sequence[Found]) -> str:
    """The file, with the names of the program that ``olt adopt`` writes."""
    entries = []
    for each, resource in zip(found, resources(found), strict=True):
        id_, owner = each.application.id, each.application.tenant_id
        entries.append({"type": APPLICATION, "name": resource, "id": f"{owner}/{id_}"})
        for tenant in each.installed:
            name = f"{resource}-{tenant}"
            entries.append({"type": INSTALLATION, "name": name, "id": f"{tenant}/{id_}"})
    return to_json({"resources": entries}, indent=2) + "\n"
