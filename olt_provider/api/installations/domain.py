"""Applications as the tenant that uses them sees them."""

from __future__ import annotations

from olt_provider.api.model import Id, Model, OptionalText, Text, Timestamp

APP_AVAILABLE = "APP_AVAILABLE"


class Installation(Model):
    """That an application is installed in a tenant, and since when."""

    tenant_id: Id
    created_at: Timestamp


class AvailableApplication(Model):
    """An application that is available to, or installed in, the acting tenant."""

    id: Id
    name: Text = ""
    available: bool
    available_code: OptionalText = None
    installation: Installation | None = None
