"""Rotation without downtime: a pair of applications, and a consumer that gets the current client.

To rotate, raise the generation by one:

    pulumi config set generation 2
    pulumi up

The consumer gets another client ID and secret in that `up`. Those that it had keep working until
the next raise.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider, UpdateResult

from olt_provider import OltBackgroundApplicationPair

config = pulumi.Config()
tenant_id = pulumi.Config("olt").require("tenantId")


class CredentialsFileProvider(ResourceProvider):
    """Stands for the store of the application's credentials, such as a vault.

    Client ID and secret change together, so they are written together.
    """

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(props["path"], self._write(props))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self._write(news))

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        Path(props["path"]).unlink(missing_ok=True)

    def _write(self, props: dict[str, Any]) -> dict[str, Any]:
        """Replace the file as a whole, with mode 0600."""
        path = Path(props["path"])
        descriptor, half = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({key: props[key] for key in ("client_id", "client_secret")}, file)
        Path(half).replace(path)
        return props


class CredentialsFile(Resource):
    def __init__(
        self,
        name: str,
        *,
        path: str,
        client_id: pulumi.Input[str],
        client_secret: pulumi.Input[str],
    ) -> None:
        props = {"path": path, "client_id": client_id, "client_secret": client_secret}
        secret = pulumi.ResourceOptions(additional_secret_outputs=["client_secret"])
        super().__init__(CredentialsFileProvider(), name, props, secret)


pair = OltBackgroundApplicationPair(
    "reporting",
    generation=config.get_int("generation") or 1,
    tenants={tenant_id: "the owner itself"},
)

CredentialsFile(
    "credentials",
    path=str(Path(config.get("file") or "credentials.json").absolute()),
    client_id=pair.client_id,
    client_secret=pair.client_secret,
)

pulumi.export("client_id", pair.client_id)
pulumi.export("client_secret", pair.client_secret)
pulumi.export("previous_client_id", pair.previous_client_id)
