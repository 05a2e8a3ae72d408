"""All installations of one group of tenants; the stack's name is the group's."""

from __future__ import annotations

import os
from operator import itemgetter
from pathlib import Path

import pulumi
import yaml

from olt_provider import OltInstallation

fleet = yaml.safe_load(Path(os.environ["FLEET_FILE"]).read_text("utf-8"))
tenants: list[str] = fleet["groups"].get(pulumi.get_stack(), [])

if tenants:  # a group that is being removed needs no application
    ids = pulumi.StackReference(os.environ["FLEET_APPLICATIONS"]).require_output("applications")
    names: list[str] = []
    for name, declared in sorted(fleet["applications"].items()):
        names += [name, f"{name}-b"] if "generation" in declared else [name]  # both of a pair
    for name in names:
        application_id = ids.apply(itemgetter(name))
        for tenant in tenants:
            OltInstallation(f"{name}-{tenant}", application_id=application_id, tenant_id=tenant)
