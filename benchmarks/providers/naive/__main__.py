"""Applications and as many installations, with a provider as the engine's documentation teaches.

Everything is in the program itself, so the provider's classes are pickled by value; the token comes
from the configuration; every operation makes its own call, on a connection of its own; the response
becomes the outputs. It is a fair one of its kind: it has timeouts, and it verifies certificates.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import pulumi
import requests
from pulumi.dynamic import (
    ConfigureRequest,
    CreateResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)


class OltProvider(ResourceProvider):
    def configure(self, req: ConfigureRequest) -> None:
        self.url = req.config.require("olt:apiUrl")
        self.token = req.config.require("olt:apiToken")
        self.verify = req.config.get("olt:caBundle") or True

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        response = requests.request(
            method,
            self.url + path,
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
            verify=self.verify,
            timeout=60,
        )
        response.raise_for_status()
        data: dict[str, Any] = response.json()["data"] if response.content else {}
        return data


class ApplicationProvider(OltProvider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        tenants = [{"tenantId": each} for each in props["allowed_tenants"]]
        body = {"name": props["name"], "allowedTenants": tenants}
        data = self.call("POST", "/application-developer/applications", body)
        return CreateResult(data["id"], {**props, **data})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        data = self.call("GET", f"/application-developer/applications/{id_}")
        return ReadResult(id_, {**props, **data, "oauth2Client": props["oauth2Client"]})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        body = {"name": _news["name"]}
        data = self.call("PATCH", f"/application-developer/applications/{_id}", body)
        return UpdateResult({**_news, **data, "oauth2Client": _olds["oauth2Client"]})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        self.call("DELETE", f"/application-developer/applications/{_id}")


class InstallationProvider(OltProvider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        data = self.call("PUT", f"/applications/{props['application_id']}/installation")
        return CreateResult(props["application_id"], {**props, **data})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        data = self.call("GET", f"/applications/{id_}")
        return ReadResult(id_, {**props, **data["installation"]})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        self.call("DELETE", f"/applications/{_id}/installation")


class Application(Resource, module="naive", name="Application"):
    oauth2Client: pulumi.Output[dict[str, str]]  # noqa: N815 - as the platform calls it

    def __init__(
        self, resource_name: str, *, name: pulumi.Input[str], allowed_tenants: dict[str, str]
    ) -> None:
        props = {"name": name, "allowed_tenants": allowed_tenants, "oauth2Client": None}
        super().__init__(ApplicationProvider(), resource_name, props)


class Installation(Resource, module="naive", name="Installation"):
    def __init__(
        self, resource_name: str, *, application_id: pulumi.Input[str], tenant_id: pulumi.Input[str]
    ) -> None:
        props = {"application_id": application_id, "tenant_id": tenant_id, "createdAt": None}
        super().__init__(InstallationProvider(), resource_name, props)


# The SDK (3.272) wraps its pickler once more for every resource; without this, a program whose
# providers are pickled by value ends in a RecursionError at about 300 resources.
sys.setrecursionlimit(100_000)

tenant = pulumi.Config("olt").require("tenantId")

for number in range(int(os.environ["BENCH_APPLICATIONS"])):
    application = Application(
        f"application-{number}",
        name=f"{os.environ['BENCH_NAME']} {number}",
        allowed_tenants={tenant: ""},
    )
    Installation(f"installation-{number}", application_id=application.id, tenant_id=tenant)
