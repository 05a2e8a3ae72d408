"""Deliver the client secret to HashiCorp Vault, KV version 2. Needs the package pulumi-vault."""

from __future__ import annotations

import pulumi
from pulumi_vault.kv import SecretV2

from olt_provider import OltApplication

tenant_id = pulumi.Config("olt").require("tenantId")
application = OltApplication(
    "reporting",
    allowed_tenants={tenant_id: "our own"},
    rotate_secret_after_days=90,
)

# each rotation is a new version of the entry
SecretV2(
    "reporting-credentials",
    mount="secret",
    name="olt/reporting",
    data_json=pulumi.Output.json_dumps(
        {"client_id": application.client_id, "client_secret": application.client_secret}
    ),
)
