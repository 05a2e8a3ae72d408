"""One background application in many tenants, from one declaration.

The tenants are configuration, a comment each:

    pulumi config set --path "tenants.$TENANT_ID" "customer B"

Every tenant needs a token of its own, or client credentials that act for all of them.
"""

from __future__ import annotations

import pulumi

from olt_provider import OltBackgroundApplication

tenants: dict[str, str] = pulumi.Config().require_object("tenants")

application = OltBackgroundApplication(
    "reporting",
    name="Reporting",
    teaser_description="A report of all devices, every morning",
    tenants=tenants,
)

pulumi.export("application_id", application.application_id)
pulumi.export("client_id", application.client_id)
pulumi.export("client_secret", application.client_secret)
pulumi.export("installed_at", application.installed_at)
