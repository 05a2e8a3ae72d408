"""The applications of the fleet, which every tenant of every group may install."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pulumi
import yaml

from olt_provider import AdoptArgs, OltApplication

fleet = yaml.safe_load(Path(os.environ["FLEET_FILE"]).read_text("utf-8"))
tenants: dict[str, str] = {
    tenant: group for group, members in fleet["groups"].items() for tenant in members
}
secrets: dict[str, str] = pulumi.Config().get_object("clientSecrets") or {}


def arguments(name: str, declared: dict[str, Any]) -> dict[str, Any]:
    """What an application is declared with; a client secret comes from the configuration."""
    if "adopt" not in declared:
        return declared
    known = pulumi.Output.secret(secrets[name]) if name in secrets else None
    return {**declared, "adopt": AdoptArgs(declared["adopt"]["application_id"], known)}


applications = {
    name: OltApplication(
        name,
        tenant_id=fleet["owner"],
        allowed_tenants=dict(sorted(tenants.items())),
        **arguments(name, declared),
    )
    for name, declared in fleet["applications"].items()
}

pulumi.export("applications", {name: each.id for name, each in applications.items()})
pulumi.export("tenants", dict(sorted(tenants.items())))
pulumi.export("client_ids", {name: each.client_id for name, each in applications.items()})
pulumi.export("client_secrets", {name: each.client_secret for name, each in applications.items()})
