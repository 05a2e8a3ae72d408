"""Register the deployer application, and install it in each tenant that it is to act for.

The one stack that needs API tokens of the portal (olt:tenantTokens): of the owner, and of each
tenant that is new. Its outputs are all that other stacks need.
"""

from __future__ import annotations

import pulumi

from olt_provider import OltBackgroundApplication

owner = pulumi.Config("olt").require("tenantId")
customers: list[str] = pulumi.Config().get_object("tenants") or []

deployer = OltBackgroundApplication(
    "deployer",
    name="Deployer",
    teaser_description="Registers and installs our applications",
    tenant_id=owner,
    # The owner too: a token of the owner is what registers applications there.
    tenants=[owner, *customers],
)

pulumi.export("client_id", deployer.client_id)
pulumi.export("client_secret", deployer.client_secret)  # a secret: `--show-secrets` shows it
