"""Deliver the client secret to a Kubernetes `Secret`. Needs the package pulumi-kubernetes."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes.core.v1 import Secret

from olt_provider import OltApplication

tenant_id = pulumi.Config("olt").require("tenantId")
application = OltApplication(
    "reporting",
    allowed_tenants={tenant_id: "our own"},
    rotate_secret_after_days=90,
)

# the workload reads it as environment variables or files; restart it after a rotation
Secret(
    "reporting-credentials",
    metadata={"name": "reporting-credentials", "namespace": "reporting"},
    string_data={
        "OLT_CLIENT_ID": application.client_id,
        "OLT_CLIENT_SECRET": application.client_secret,
    },
)
