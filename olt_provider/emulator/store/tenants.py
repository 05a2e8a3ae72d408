"""Tenants with their members, roles and devices, and sessions of refresh tokens."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from typing import NamedTuple

from olt_provider.emulator import contract
from olt_provider.emulator.models import Device, DeviceInfo
from olt_provider.emulator.store.database import Database


class Tenant(NamedTuple):
    """A tenant of the platform."""

    id: str
    name: str


class Session(NamedTuple):
    """The session of a refresh token, whose claims do not name the tenant."""

    id: str
    sub: str
    client_id: str
    tenant_id: str


class Tenants:
    """Tenants, roles, members, sessions and devices."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add_tenant(self, tenant_id: str, name: str | None = None) -> Tenant:
        """Add a tenant, or rename it. Without a name an existing one is unchanged."""
        tenant = Tenant(tenant_id.lower(), name or f"Tenant {tenant_id[:8]}")
        then = "UPDATE SET name = excluded.name" if name else "NOTHING"
        self._db.change(
            f"INSERT INTO tenants VALUES (?, ?) ON CONFLICT DO {then}",  # noqa: S608
            tenant,
        )
        return tenant

    def all(self) -> list[Tenant]:
        """Return all tenants, in the order they were added."""
        found = self._db.rows("SELECT id, name FROM tenants ORDER BY rowid")
        return [Tenant(row["id"], row["name"]) for row in found]

    def set_role(self, sub: str, role: str) -> None:
        """Set the role of a user. Raises ``ValueError`` for an unknown one."""
        contract.permissions(role)
        self._db.change("INSERT OR REPLACE INTO roles VALUES (?, ?)", (sub, role))

    def role(self, sub: str) -> str | None:
        """Return the role of a user, or None."""
        row = self._db.row("SELECT role FROM roles WHERE sub = ?", (sub,))
        return None if row is None else str(row["role"])

    def permit(self, sub: str, tenant_ids: Iterable[str]) -> None:
        """Add a user to tenants."""
        with self._db.transaction():
            for tenant_id in tenant_ids:
                values = (sub, tenant_id.lower())
                self._db.change("INSERT OR IGNORE INTO members VALUES (?, ?)", values)

    def is_member(self, sub: str, tenant_id: str) -> bool:
        """Whether a user belongs to a tenant."""
        sql = "SELECT 1 FROM members WHERE sub = ? AND tenant_id = ?"
        return self._db.row(sql, (sub, tenant_id)) is not None

    def open_session(self, session: Session) -> None:
        """Store the session of a refresh token."""
        self._db.change("INSERT INTO sessions VALUES (?, ?, ?, ?)", session)

    def session(self, session_id: str) -> Session | None:
        """Return the session of a refresh token, or None."""
        row = self._db.row("SELECT * FROM sessions WHERE id = ?", (session_id,))
        return None if row is None else Session(*row)

    def add_device(self, tenant_id: str, device_id: str | None, info: DeviceInfo) -> Device:
        """Add a device to a tenant."""
        device = Device(id=(device_id or str(uuid.uuid4())).lower(), info=info)
        self._db.change(
            "INSERT INTO devices (id, tenant_id, name, description, device_type_id, tags, location)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                device.id,
                tenant_id.lower(),
                info.name,
                info.description,
                info.device_type_id,
                json.dumps(info.tags),
                info.location,
            ),
        )
        return device

    def devices(self, tenant_id: str, limit: int, offset: int) -> list[Device]:
        """Return a tenant's devices, in the order they were added."""
        rows = self._db.rows(
            "SELECT * FROM devices WHERE tenant_id = ? ORDER BY number LIMIT ? OFFSET ?",
            (tenant_id, limit, offset),
        )
        return [
            Device(
                id=row["id"],
                info=DeviceInfo(
                    name=row["name"],
                    description=row["description"],
                    device_type_id=row["device_type_id"],
                    tags=json.loads(row["tags"]),
                    location=row["location"],
                ),
            )
            for row in rows
        ]

    def count_devices(self, tenant_id: str) -> int:
        """Count a tenant's devices."""
        return self._db.count("SELECT count(*) FROM devices WHERE tenant_id = ?", (tenant_id,))
