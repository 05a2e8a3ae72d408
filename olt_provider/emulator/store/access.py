"""Allowed tenants and installations: who may use an application, and who does."""

# ruff: noqa: S608 (all SQL is put together from this module's own constants)

from __future__ import annotations

import sqlite3

from olt_provider.emulator import contract
from olt_provider.emulator.models import (
    AllowedTenant,
    AvailableApplication,
    Installation,
    InstalledTenant,
)
from olt_provider.emulator.store.database import Database, timestamp

_NUMBER = "(SELECT number FROM applications WHERE id = ?)"
# Either side of the union has an index, so the cost depends on the tenant's applications only.
_VISIBLE = """
SELECT application FROM allowed_tenants WHERE tenant_id = :tenant
UNION SELECT application FROM installations WHERE tenant_id = :tenant
"""
_VIEW = """
SELECT a.id, a.name, a.status, t.tenant_id AS allowed, i.created_at AS installed_at
FROM applications a
LEFT JOIN allowed_tenants t ON t.application = a.number AND t.tenant_id = :tenant
LEFT JOIN installations i ON i.application = a.number AND i.tenant_id = :tenant
"""
_INSTALLED = {None: "", True: "AND installed_at IS NOT NULL", False: "AND installed_at IS NULL"}


class Access:
    """Allowed tenants and installations."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def allow(self, application_id: str, tenant_id: str, comment: str = "") -> AllowedTenant:
        """Allow a tenant; repeating it changes only the comment."""
        self._db.change(
            "INSERT INTO allowed_tenants (application, tenant_id, comment, created_at)"
            f" VALUES ({_NUMBER}, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET comment = excluded.comment",
            (application_id.lower(), tenant_id.lower(), comment, timestamp()),
        )
        return self.allowed(application_id, tenant_id)[0]

    def revoke(self, application_id: str, tenant_id: str) -> bool:
        """Revoke a tenant; its installation stays. Returns whether it was allowed."""
        sql = f"DELETE FROM allowed_tenants WHERE application = {_NUMBER} AND tenant_id = ?"
        return self._db.change(sql, (application_id.lower(), tenant_id.lower())) > 0

    def allowed(
        self,
        application_id: str,
        tenant_id: str | None = None,
        limit: int = -1,
        offset: int = 0,
    ) -> list[AllowedTenant]:
        """Return the allowed tenants, in the order they were allowed; or one of them."""
        only, values = ("AND t.tenant_id = ?", (tenant_id.lower(),)) if tenant_id else ("", ())
        rows = self._db.rows(
            "SELECT t.*, i.created_at IS NOT NULL AS installed FROM allowed_tenants t"
            " LEFT JOIN installations i"
            " ON i.application = t.application AND i.tenant_id = t.tenant_id"
            f" WHERE t.application = {_NUMBER} {only} ORDER BY t.number LIMIT ? OFFSET ?",
            (application_id.lower(), *values, limit, offset),
        )
        return [
            AllowedTenant(
                tenant_id=row["tenant_id"],
                created_at=row["created_at"],
                installed=bool(row["installed"]),
                comment=row["comment"],
            )
            for row in rows
        ]

    def view(self, tenant_id: str, application_id: str) -> AvailableApplication | None:
        """Return a tenant's view of an application; None if it is neither allowed nor installed."""
        row = self._db.row(
            f"{_VIEW} WHERE a.id = :application"
            " AND (allowed IS NOT NULL OR installed_at IS NOT NULL)",
            {"tenant": tenant_id, "application": application_id.lower()},
        )
        return None if row is None else _available(row, tenant_id)

    def views(
        self, tenant_id: str, installed: bool | None, limit: int, offset: int
    ) -> list[AvailableApplication]:
        """Return the applications that a tenant may install or has installed, oldest first."""
        rows = self._db.rows(
            f"{_VIEW} WHERE a.number IN ({_VISIBLE}) {_INSTALLED[installed]}"
            " ORDER BY a.number LIMIT :limit OFFSET :offset",
            {"tenant": tenant_id, "limit": limit, "offset": offset},
        )
        return [_available(row, tenant_id) for row in rows]

    def count_views(self, tenant_id: str, installed: bool | None) -> int:
        """Count the ``views``."""
        sql = f"{_VIEW} WHERE a.number IN ({_VISIBLE}) {_INSTALLED[installed]}"
        return self._db.count(f"SELECT count(*) FROM ({sql})", {"tenant": tenant_id})

    def install(self, application_id: str, tenant_id: str) -> Installation:
        """Install, whether allowed or not; repeating it changes nothing."""
        values = (application_id.lower(), tenant_id.lower(), timestamp())
        sql = f"INSERT OR IGNORE INTO installations VALUES ({_NUMBER}, ?, ?)"
        self._db.change(sql, values)
        return self.installations(application_id, tenant_id)[0]

    def uninstall(self, application_id: str, tenant_id: str) -> bool:
        """Uninstall. Returns whether it was installed."""
        sql = f"DELETE FROM installations WHERE application = {_NUMBER} AND tenant_id = ?"
        return self._db.change(sql, (application_id.lower(), tenant_id.lower())) > 0

    def installations(
        self, application_id: str, tenant_id: str | None = None
    ) -> list[Installation]:
        """Return the installations of an application."""
        only, values = ("AND tenant_id = ?", (tenant_id.lower(),)) if tenant_id else ("", ())
        rows = self._db.rows(
            f"SELECT * FROM installations WHERE application = {_NUMBER} {only}"
            " ORDER BY created_at, tenant_id",
            (application_id.lower(), *values),
        )
        return [
            Installation(tenant_id=row["tenant_id"], created_at=row["created_at"]) for row in rows
        ]

    def is_installed(self, application_id: str, tenant_id: str) -> bool:
        """Whether an application is installed in a tenant."""
        return bool(self.installations(application_id, tenant_id))

    def installed_tenants(self, application_id: str) -> list[InstalledTenant]:
        """Return the tenants that have an application installed, with their names."""
        rows = self._db.rows(
            "SELECT i.tenant_id, coalesce(t.name, '') AS name FROM installations i"
            " LEFT JOIN tenants t ON t.id = i.tenant_id"
            f" WHERE i.application = {_NUMBER} ORDER BY i.created_at, i.tenant_id",
            (application_id,),
        )
        return [InstalledTenant(tenant_id=row["tenant_id"], name=row["name"]) for row in rows]


def _available(row: sqlite3.Row, tenant_id: str) -> AvailableApplication:
    code = contract.APP_AVAILABLE
    if row["allowed"] is None:
        code = contract.ASSUMED_APP_NOT_ALLOWED
    elif row["status"] != "active":
        code = contract.ASSUMED_APP_INACTIVE
    fields: dict[str, Installation] = {}
    if row["installed_at"] is not None:
        fields["installation"] = Installation(tenant_id=tenant_id, created_at=row["installed_at"])
    return AvailableApplication(
        id=row["id"],
        name=row["name"],
        available=code == contract.APP_AVAILABLE,
        available_code=code,
        **fields,
    )
