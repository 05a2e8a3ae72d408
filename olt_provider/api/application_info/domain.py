"""What an application may learn of itself."""

from __future__ import annotations

from olt_provider.api.model import Id, Model, Text


class InstalledTenant(Model):
    """A tenant that has the application installed now."""

    tenant_id: Id
    name: Text = ""
