"""The applications of the fleet, which every tenant of every group may install."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pulumi
import yaml

from olt_provider import AdoptArgs, OltApplication, OltBackgroundApplicationPair

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


applications: dict[str, OltApplication] = {}
pairs: dict[str, OltBackgroundApplicationPair] = {}
for name, declared in fleet["applications"].items():
    given = {"tenant_id": fleet["owner"], **arguments(name, declared)}
    if "generation" in declared:
        # its groups install both of its applications
        pair = OltBackgroundApplicationPair(name, tenants=tenants, install=False, **given)
        pairs[name] = pair
        applications |= {name: pair.first.application, f"{name}-b": pair.second.application}
    else:
        applications[name] = OltApplication(
            name, allowed_tenants=dict(sorted(tenants.items())), **given
        )

# of a pair: those of its current application
clients = {name: pairs.get(name, applications[name]) for name in fleet["applications"]}

pulumi.export("applications", {name: each.id for name, each in applications.items()})
pulumi.export("tenants", dict(sorted(tenants.items())))
pulumi.export("generations", {name: each.generation for name, each in pairs.items()})
pulumi.export("client_ids", {name: each.client_id for name, each in clients.items()})
pulumi.export("client_secrets", {name: each.client_secret for name, each in clients.items()})
pulumi.export("previous_client_ids", {n: each.previous_client_id for n, each in pairs.items()})
