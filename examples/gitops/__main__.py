"""An application that is changed in pull requests, and whose client secret rotates by age."""

from __future__ import annotations

import pulumi

from olt_provider import OltApplication, OltInstallation

config = pulumi.Config()
tenants: dict[str, str] = config.require_object("tenants")

application = OltApplication(
    "reporting",
    name=config.get("name") or "Reporting",
    allowed_tenants=tenants,
    rotate_secret_after_days=config.get_int("rotateSecretAfterDays") or 30,
)

for tenant_id in tenants:
    OltInstallation(f"reporting-{tenant_id}", application_id=application.id, tenant_id=tenant_id)

pulumi.export("application_id", application.id)
pulumi.export("client_id", application.client_id)
pulumi.export("client_secret", application.client_secret)
