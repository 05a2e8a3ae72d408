"""An application of the tenant in olt:tenantId, installed in the same tenant."""

import pulumi

from olt_provider import OltApplication, OltInstallation

tenant_id = pulumi.Config("olt").require("tenantId")

application = OltApplication(
    "application",
    name=pulumi.Config().require("applicationName"),
    # The owner's tenant too must be allowed before it can install the application.
    allowed_tenants={tenant_id: "the owner itself"},
)

OltInstallation("installation", application_id=application.id, tenant_id=tenant_id)

pulumi.export("tenant_id", application.tenant_id)
pulumi.export("client_id", application.client_id)
pulumi.export("client_secret", application.client_secret)
