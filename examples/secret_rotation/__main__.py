"""A client secret that is renewed on schedule, and handed on in the same `pulumi up`.

The scheduled job runs, once a month:

    pulumi config set rotation "$(date +%Y-%m)"
    pulumi up --yes
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider, UpdateResult

from olt_provider import OltApplication, OltInstallation

config = pulumi.Config()
tenant_id = pulumi.Config("olt").require("tenantId")


class CredentialsFileProvider(ResourceProvider):
    """Stands for the store of the application's secret: a vault, a Kubernetes secret."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(props["path"], self._write(props))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        written = self._write(news)
        if olds["path"] != news["path"]:
            Path(olds["path"]).unlink(missing_ok=True)
        return UpdateResult(written)

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        Path(props["path"]).unlink(missing_ok=True)

    def _write(self, props: dict[str, Any]) -> dict[str, Any]:
        """Replace the file as a whole, for its owner alone; a link in its place is replaced too."""
        path = Path(props["path"])
        # mkstemp creates the file with mode 0600 and opens nothing that exists.
        descriptor, half = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(
                    f"CLIENT_ID={props['client_id']}\nCLIENT_SECRET={props['client_secret']}\n"
                )
                file.flush()
                os.fsync(file.fileno())
            Path(half).replace(path)
        except BaseException:
            Path(half).unlink(missing_ok=True)
            raise
        return props


class CredentialsFile(Resource):
    def __init__(
        self,
        name: str,
        *,
        path: str,
        client_id: pulumi.Input[str],
        client_secret: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {"path": path, "client_id": client_id, "client_secret": client_secret}
        secret = pulumi.ResourceOptions(additional_secret_outputs=["client_secret"])
        options = pulumi.ResourceOptions.merge(opts, secret)
        super().__init__(CredentialsFileProvider(), name, props, options)


application = OltApplication(
    "rotating-application",
    name="Rotating Application",
    allowed_tenants={tenant_id: "the owner itself"},
    # Any change in here makes a new secret. Raise `incident` if the secret has leaked.
    rotate_secret_when_changed={"scheduled": config.get("rotation") or "never", "incident": 0},
)

OltInstallation("rotating-installation", application_id=application.id)

# It changes after the application, in the same `pulumi up`, and only if the secret is a new one.
CredentialsFile(
    "credentials",
    path=str(Path(config.get("file") or "credentials.env").absolute()),
    client_id=application.client_id,
    client_secret=application.client_secret,
)

pulumi.export("client_id", application.client_id)
pulumi.export("client_secret", application.client_secret)
