"""The applications of the fleet, which every tenant of every group may install."""

from __future__ import annotations

import os
from pathlib import Path

import pulumi
import yaml

from olt_provider import OltApplication

fleet = yaml.safe_load(Path(os.environ["FLEET_FILE"]).read_text("utf-8"))
tenants: dict[str, str] = {
    tenant: group for group, members in fleet["groups"].items() for tenant in members
}
applications = {
    name: OltApplication(
        name, tenant_id=fleet["owner"], allowed_tenants=dict(sorted(tenants.items())), **declared
    )
    for name, declared in fleet["applications"].items()
}

pulumi.export("applications", {name: each.id for name, each in applications.items()})
pulumi.export("tenants", dict(sorted(tenants.items())))
pulumi.export("client_ids", {name: each.client_id for name, each in applications.items()})
pulumi.export("client_secrets", {name: each.client_secret for name, each in applications.items()})
