"""Applications in the owner's view, and their client secrets."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sqlite3
import uuid
from typing import NamedTuple

from olt_provider.emulator import contract
from olt_provider.emulator.models import Application, Change, OAuth2Client, Registration
from olt_provider.emulator.store.access import Access
from olt_provider.emulator.store.database import Database, Value, timestamp


class Identity(NamedTuple):
    """The IDs and secrets that a seed may set; missing ones are generated."""

    id: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    public_client_id: str | None = None


class Client(NamedTuple):
    """An OAuth2 client of an application."""

    application_id: str
    sub: str
    """The user ID of the application itself."""
    status: str
    public: bool


def _hash(salt: bytes, secret: str) -> bytes:
    # The secrets are random, so nothing slower is needed.
    return hmac.digest(salt, secret.encode("utf-8", "replace"), hashlib.sha256)


class Applications:
    """The registered applications."""

    def __init__(self, db: Database, access: Access) -> None:
        self._db = db
        self._access = access

    def register(
        self, tenant_id: str, body: Registration, identity: Identity | None = None
    ) -> Application:
        """Register an application. Only this response contains its secret."""
        given = identity or Identity()
        secret = given.client_secret or _new_secret()
        salt = secrets.token_bytes(16)
        sent = body.model_fields_set
        public = str(uuid.uuid4()) if body.with_public_oauth2_client else None
        now = timestamp()
        values: dict[str, Value] = {
            "id": (given.id or str(uuid.uuid4())).lower(),
            "tenant_id": tenant_id.lower(),
            "name": body.name,
            "teaser_description": body.teaser_description if "teaser_description" in sent else None,
            "url": _stored_url(body.url) if "url" in sent else None,
            "redirect_uris": json.dumps(body.redirect_uris),
            "status": "active",
            "client_id": (given.client_id or str(uuid.uuid4())).lower(),
            "sub": str(uuid.uuid4()),
            "public_client_id": given.public_client_id or public,
            "salt": salt,
            "secret_hash": _hash(salt, secret),
            "created_at": now,
            "updated_at": now,
        }
        with self._db.transaction():
            self._db.change(_insert(values), tuple(values.values()))
            for allowed in body.allowed_tenants:
                self._access.allow(str(values["id"]), allowed.tenant_id, allowed.comment)
            application = self.get(str(values["id"]))
        if application is None:
            raise RuntimeError("the application that was just registered is not there")
        application.oauth2_client.secret = secret
        return application

    def get(self, application_id: str, tenant_id: str | None = None) -> Application | None:
        """Return an application without its secret; with a tenant only if the tenant owns it."""
        with self._db.transaction():
            row = self._db.row("SELECT * FROM applications WHERE id = ?", (application_id.lower(),))
            if row is None or tenant_id not in (None, row["tenant_id"]):
                return None
            return self._application(row)

    def list(self, tenant_id: str | None, limit: int = -1, offset: int = 0) -> list[Application]:
        """Return a tenant's applications, or all, in the order of registration, without secrets."""
        where, values = ("WHERE tenant_id = ?", (tenant_id,)) if tenant_id else ("", ())
        sql = f"SELECT * FROM applications {where} ORDER BY number LIMIT ? OFFSET ?"  # noqa: S608
        with self._db.transaction():
            return [self._application(row) for row in self._db.rows(sql, (*values, limit, offset))]

    def count(self, tenant_id: str) -> int:
        """Count a tenant's applications."""
        sql = "SELECT count(*) FROM applications WHERE tenant_id = ?"
        return self._db.count(sql, (tenant_id,))

    def change(self, application_id: str, body: Change) -> Application | None:
        """Change the fields in the body. Returns None if there is no such application."""
        sent = body.model_fields_set
        values: dict[str, Value] = {
            key: getattr(body, key)
            for key in ("name", "teaser_description", "status")
            if key in sent
        }
        if "url" in sent:
            values["url"] = _stored_url(body.url)
        if "redirect_uris" in sent:
            values["redirect_uris"] = json.dumps(body.redirect_uris)
        with self._db.transaction():
            now = self.get(application_id)
            if now is None:
                return None
            wanted = body.with_public_oauth2_client
            if "with_public_oauth2_client" in sent and wanted != now.with_public_oauth2_client:
                values["public_client_id"] = str(uuid.uuid4()) if wanted else None
            if sent:
                self._update(application_id, values)
            return self.get(application_id)

    def new_secret(self, application_id: str) -> OAuth2Client | None:
        """Rotate the client secret. The old one is invalid at once."""
        secret, salt = _new_secret(), secrets.token_bytes(16)
        with self._db.transaction():
            application = self.get(application_id)
            if application is None:
                return None
            self._update(application_id, {"salt": salt, "secret_hash": _hash(salt, secret)})
        client = application.oauth2_client
        client.secret = secret
        return client

    def delete(self, application_id: str) -> bool:
        """Delete an application and its installations. Returns whether it existed."""
        with self._db.transaction():
            row = self._db.row(
                "SELECT client_id, public_client_id FROM applications WHERE id = ?",
                (application_id.lower(),),
            )
            if row is None:
                return False
            self._db.change("DELETE FROM sessions WHERE client_id IN (?, ?)", tuple(row))
            sql = "DELETE FROM applications WHERE id = ?"
            return self._db.change(sql, (application_id.lower(),)) > 0

    def client(self, client_id: str) -> Client | None:
        """Return the application with this client ID, confidential or public."""
        row = self._db.row(
            "SELECT id, sub, status, client_id FROM applications"
            " WHERE client_id = :client OR public_client_id = :client",
            {"client": client_id.lower()},
        )
        if row is None:
            return None
        public = row["client_id"] != client_id.lower()
        return Client(row["id"], row["sub"], row["status"], public)

    def secret_is_valid(self, client_id: str, secret: str) -> bool:
        """Whether it is the present secret of that client."""
        sql = "SELECT salt, secret_hash FROM applications WHERE client_id = ?"
        row = self._db.row(sql, (client_id.lower(),))
        return row is not None and hmac.compare_digest(
            row["secret_hash"], _hash(row["salt"], secret)
        )

    def by_sub(self, sub: str) -> str | None:
        """Return the ID of the application with this ``sub``, or None for a person."""
        row = self._db.row("SELECT id FROM applications WHERE sub = ?", (sub,))
        return None if row is None else str(row["id"])

    def _update(self, application_id: str, values: dict[str, Value]) -> None:
        values["updated_at"] = timestamp()
        columns = ", ".join(f"{column} = ?" for column in values)
        sql = f"UPDATE applications SET {columns} WHERE id = ?"  # noqa: S608 (columns from here)
        self._db.change(sql, (*values.values(), application_id.lower()))

    def _application(self, row: sqlite3.Row) -> Application:
        fields = {key: row[key] for key in _PLAIN}
        if row["public_client_id"]:
            fields["public_oauth2_client"] = {"id": row["public_client_id"], "type": "public"}
        if row["teaser_description"] is not None:
            fields["teaser_description"] = row["teaser_description"]
        if row["url"] is not None:
            fields["url"] = row["url"] or None
        uris = json.loads(row["redirect_uris"])
        if uris:
            fields["redirect_uris"] = uris
        return Application(
            **fields,
            with_public_oauth2_client=row["public_client_id"] is not None,
            oauth2_client=OAuth2Client(id=row["client_id"], type=contract.CLIENT_TYPE),
            allowed_tenants=self._access.allowed(row["id"]),
        )


_PLAIN = ("id", "name", "tenant_id", "status", "created_at", "updated_at")


def _insert(values: dict[str, Value]) -> str:
    marks = ", ".join("?" for _ in values)
    return f"INSERT INTO applications ({', '.join(values)}) VALUES ({marks})"  # noqa: S608


def _stored_url(url: str | None) -> str:
    # NULL was never given and stays absent; "" was cleared and is returned as null.
    return url or ""


def _new_secret() -> str:
    return secrets.token_urlsafe(contract.SECRET_BYTES)
