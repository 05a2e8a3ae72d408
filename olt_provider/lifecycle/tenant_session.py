"""The session of one tenant, which all operations of a process share."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from olt_provider.lifecycle.bulk_reads import BulkReader, ListedIds
from olt_provider.lifecycle.known_applications import KnownApplications

if TYPE_CHECKING:
    from olt_provider.lifecycle.provider_context import ProviderContext

GUARD_MAX_AGE: Final = 5.0
"""How long, in seconds, a list may show that an application is installed nowhere."""


class TenantSession:
    """The API client of one tenant, with its known applications and bulk reads.

    Safe to share by threads.

    Attributes:
        context: the context that all tenants of the process share.
        tenant_id: the tenant.
        client: the API, authenticated as the tenant.
        known_applications: the applications that it owns, for registrations.
        application_reads: bulk reads of the applications that it owns.
        installation_reads: bulk reads of the applications that it has installed.
        deletion_guard: bulk reads that show where applications to be deleted are installed.
        application_ids: the IDs of the applications that it owns, for the deletion check.
        installation_ids: the IDs of the applications that it sees, for the deletion check.
    """

    def __init__(self, context: ProviderContext, tenant_id: str) -> None:
        api = context.client
        self.context = context
        self.tenant_id = tenant_id
        self.client = api.as_tenant(tenant_id)
        applications, installations = self.client.applications, self.client.installations
        self.known_applications = KnownApplications()
        self.application_reads = BulkReader(applications.pages, lambda: api.writes)
        self.installation_reads = BulkReader(
            functools.partial(installations.pages, installed=True), lambda: api.writes
        )
        self.deletion_guard = BulkReader(
            applications.pages, lambda: api.additions, max_age=GUARD_MAX_AGE
        )
        self.application_ids = ListedIds(applications.listed, api)
        self.installation_ids = ListedIds(installations.listed, api)

    @property
    def api_url(self) -> str:
        """The API base URL."""
        return self.client.api_url

    def check_cancelled(self) -> None:
        """Raise ``OltError`` if the engine's run is cancelled."""
        self.context.check_cancelled()

    def warn(self, message: str) -> None:
        """Show a warning to the user."""
        self.context.warn(message)
