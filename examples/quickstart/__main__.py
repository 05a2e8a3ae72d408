"""Register a background application, keep its secret, and install it in the owner's tenant."""

from __future__ import annotations

import pulumi

from olt_provider import OltApplication, OltInstallation

tenant_id = pulumi.Config("olt").require("tenantId")

application = OltApplication(
    "sample-application",
    name=pulumi.Config().get("name") or "Sample Application",
    teaser_description="Reads the tenant's devices",
    # The owner's tenant too must be allowed before it can install the application.
    allowed_tenants={tenant_id: "the owner itself"},
    tenant_id=tenant_id,
)

installation = OltInstallation(
    "sample-installation",
    application_id=application.id,
    tenant_id=tenant_id,
)

pulumi.export("application_id", application.id)
pulumi.export("tenant_id", installation.tenant_id)
pulumi.export("client_id", application.client_id)
pulumi.export("client_secret", application.client_secret)  # a secret: `--show-secrets` shows it
