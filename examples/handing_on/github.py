"""Deliver the client secret to GitHub Actions. Needs the package pulumi-github."""

from __future__ import annotations

import pulumi
from pulumi_github import ActionsSecret, ActionsVariable

from olt_provider import OltApplication

tenant_id = pulumi.Config("olt").require("tenantId")
application = OltApplication(
    "reporting",
    allowed_tenants={tenant_id: "our own"},
    rotate_secret_after_days=90,
)

ActionsVariable(
    "reporting-client-id",
    repository="reporting",
    variable_name="OLT_CLIENT_ID",
    value=application.client_id,
)
# a job that has started keeps the secret that it was started with
ActionsSecret(
    "reporting-client-secret",
    repository="reporting",
    secret_name="OLT_CLIENT_SECRET",  # noqa: S106 (its name)
    value=application.client_secret,
)
