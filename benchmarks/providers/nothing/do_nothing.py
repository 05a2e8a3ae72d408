"""The provider that does nothing: what is left is what the engine and the SDK themselves cost.

It is a module of its own and no secret, so that it is pickled by reference: the least there can be
in a state. What is declared is returned, under a made-up ID.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, ResourceProvider, UpdateResult


class DoNothing(ResourceProvider):
    """Stores the declared inputs as outputs."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(str(uuid.uuid4()), props)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(_news)


class Application(Resource, module="bench", name="Application"):
    """As much of an application as the benchmark declares."""

    def __init__(
        self, resource_name: str, *, name: pulumi.Input[str], allowed_tenants: Mapping[str, str]
    ) -> None:
        props = {"name": name, "allowed_tenants": allowed_tenants}
        super().__init__(DoNothing(), resource_name, props)


class Installation(Resource, module="bench", name="Installation"):
    """An installation."""

    def __init__(
        self, resource_name: str, *, application_id: pulumi.Input[str], tenant_id: pulumi.Input[str]
    ) -> None:
        props = {"application_id": application_id, "tenant_id": tenant_id}
        super().__init__(DoNothing(), resource_name, props)
