"""Applications and as many installations, with the provider that does nothing."""

from __future__ import annotations

import os

import pulumi
from do_nothing import (  # type: ignore[import-not-found] # it lies beside the program
    Application,
    Installation,
)

tenant_id = pulumi.Config("olt").require("tenantId")

for number in range(int(os.environ["BENCH_APPLICATIONS"])):
    application = Application(
        f"application-{number}",
        name=f"{os.environ['BENCH_NAME']} {number}",
        allowed_tenants={tenant_id: ""},
    )
    Installation(f"installation-{number}", application_id=application.id, tenant_id=tenant_id)
