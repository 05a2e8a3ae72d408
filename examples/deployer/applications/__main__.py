"""Register an application and install it in several tenants, with the deployer's credentials.

The environment holds them under names of their own (DEPLOYER_CLIENT_ID, DEPLOYER_CLIENT_SECRET).
`env_var_mappings` passes them to the provider in every command, `refresh` and `destroy` included:
they are always current, none of them is in the state, and other credentials of the environment are
not used. The hosts come from the environment or from `olt:environment`.
"""

from __future__ import annotations

import pulumi

from olt_provider import OltBackgroundApplication, Provider

owner = pulumi.Config("olt").require("tenantId")
customers: list[str] = pulumi.Config().get_object("tenants") or []

deployer = Provider(
    "deployer",
    environment=pulumi.Config("olt").get("environment"),
    opts=pulumi.ResourceOptions(
        env_var_mappings={
            "DEPLOYER_CLIENT_ID": "OLT_CLIENT_ID",
            "DEPLOYER_CLIENT_SECRET": "OLT_CLIENT_SECRET",
        }
    ),
)

reporting = OltBackgroundApplication(
    "reporting",
    name="Reporting",
    teaser_description="A report of all devices, every morning",
    tenant_id=owner,
    tenants=customers,
    opts=pulumi.ResourceOptions(provider=deployer),
)

pulumi.export("application_id", reporting.application_id)
pulumi.export("client_id", reporting.client_id)
pulumi.export("client_secret", reporting.client_secret)
