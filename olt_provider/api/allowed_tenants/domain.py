"""Tenants that may install an application."""

from __future__ import annotations

from olt_provider.api.model import Id, Model, Text, Timestamp


class AllowedTenant(Model):
    """A tenant that may install the application, and whether it has."""

    tenant_id: Id
    created_at: Timestamp | None = None
    installed: bool = False
    comment: Text = ""


class AllowedTenantChange(Model):
    """The body that allows a tenant."""

    comment: str = ""
