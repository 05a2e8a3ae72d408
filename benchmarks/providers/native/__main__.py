"""Applications and as many installations, with this project's native plugin."""

from __future__ import annotations

import os

import pulumi

from olt_provider.native import OltApplication, OltInstallation

tenant_id = pulumi.Config("olt").require("tenantId")

for number in range(int(os.environ["BENCH_APPLICATIONS"])):
    application = OltApplication(
        f"application-{number}",
        name=f"{os.environ['BENCH_NAME']} {number}",
        allowed_tenants={tenant_id: ""},
    )
    OltInstallation(f"installation-{number}", application_id=application.id, tenant_id=tenant_id)
