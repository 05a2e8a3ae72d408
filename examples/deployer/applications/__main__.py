"""Register an application and install it in several tenants, with the deployer's credentials.

The environment holds them (OLT_CLIENT_ID, OLT_CLIENT_SECRET), so that whatever the engine does it
does with those of now, and none of them is in this stack's state.
"""

from __future__ import annotations

import pulumi

from olt_provider import OltBackgroundApplication

owner = pulumi.Config("olt").require("tenantId")
customers: list[str] = pulumi.Config().get_object("tenants") or []

reporting = OltBackgroundApplication(
    "reporting",
    name="Reporting",
    teaser_description="A report of all devices, every morning",
    tenant_id=owner,
    tenants=customers,
)

pulumi.export("application_id", reporting.application_id)
pulumi.export("client_id", reporting.client_id)
pulumi.export("client_secret", reporting.client_secret)
