"""``OltApplication`` of the native form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from olt_provider.application import AdoptArgs, AdoptArgsDict, AllowedTenants, Status
from olt_provider.dynamic import arguments, shape
from olt_provider.native.names import APPLICATION, camel
from olt_provider.native.python_resource import NativeResource, with_outputs


@with_outputs
class OltApplication(NativeResource):
    """An OAuth2 application, owned by a tenant and usable by the tenants it allows.

    Inputs and outputs are those of ``olt_provider.OltApplication``.
    """

    name: pulumi.Output[str]
    tenant_id: pulumi.Output[str]
    allowed_tenants: pulumi.Output[Mapping[str, str] | None]
    with_public_oauth2_client: pulumi.Output[bool]
    redirect_uris: pulumi.Output[Sequence[str]]
    teaser_description: pulumi.Output[str]
    url: pulumi.Output[str | None]
    status: pulumi.Output[str]
    rotate_secret_when_changed: pulumi.Output[Mapping[str, Any] | None]
    rotate_secret_after_days: pulumi.Output[int | None]
    force_destroy: pulumi.Output[bool]
    prevent_duplicate_name: pulumi.Output[bool]
    client_id: pulumi.Output[str]
    client_secret: pulumi.Output[str]
    client_type: pulumi.Output[str]
    public_client_id: pulumi.Output[str | None]
    secret_rotated_at: pulumi.Output[str | None]
    secret_due_at: pulumi.Output[str | None]
    created_at: pulumi.Output[str]
    api_url: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        name: pulumi.Input[str] | None = None,
        tenant_id: pulumi.Input[str] | None = None,
        allowed_tenants: pulumi.Input[AllowedTenants] | None = None,
        with_public_oauth2_client: pulumi.Input[bool] | None = None,
        redirect_uris: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        teaser_description: pulumi.Input[str] | None = None,
        url: pulumi.Input[str] | None = None,
        status: pulumi.Input[Status] | None = None,
        rotate_secret_when_changed: pulumi.Input[Mapping[str, Any]] | None = None,
        rotate_secret_after_days: pulumi.Input[int] | None = None,
        adopt: AdoptArgs | AdoptArgsDict | None = None,
        force_destroy: pulumi.Input[bool] | None = None,
        prevent_duplicate_name: pulumi.Input[bool] | None = None,
    ) -> None:
        """All arguments are those of ``olt_provider.OltApplication``."""
        arguments.require_options(opts)
        trigger = 'rotate_secret_when_changed={"rotated": "<date>"}'
        arguments.require_mapping("rotate_secret_when_changed", rotate_secret_when_changed, trigger)
        declared: dict[str, Any] = {
            "name": name,
            "tenant_id": tenant_id,
            "allowed_tenants": shape.allowed_tenants(allowed_tenants),
            "with_public_oauth2_client": with_public_oauth2_client,
            "redirect_uris": shape.redirect_uris(redirect_uris),
            "teaser_description": teaser_description,
            "url": url,
            "status": status,
            "rotate_secret_when_changed": rotate_secret_when_changed,
            "rotate_secret_after_days": rotate_secret_after_days,
            "adopt": adoption(adopt),
            "force_destroy": force_destroy,
            "prevent_duplicate_name": prevent_duplicate_name,
        }
        self._register(APPLICATION, resource_name, declared, opts, secrets=("client_secret",))

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],  # noqa: A002 - the name that every Pulumi resource uses
        opts: pulumi.ResourceOptions | None = None,
        *,
        tenant_id: pulumi.Input[str] | None = None,
    ) -> OltApplication:
        """Read an application that is managed elsewhere; ``client_secret`` is ``None``.

        :param resource_name: The resource's name in the stack.
        :param id: The application ID. It is an error if the application does not exist.
        :param tenant_id: The owner. Default: as in the constructor.
        :param opts: Pulumi's resource options.
        """
        arguments.require_options(opts)
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        return cls(resource_name, tenant_id=tenant_id, opts=options)


def adoption(adopt: AdoptArgs | AdoptArgsDict | None) -> dict[str, Any] | None:
    """Return ``adopt`` with the wire's names and its secret marked as one."""
    if adopt is None:
        return None
    declared = arguments.fields("adopt", adopt, "application_id", "client_secret")
    secret = declared["client_secret"]
    declared["client_secret"] = None if secret is None else pulumi.Output.secret(secret)
    return {camel(key): value for key, value in declared.items()}
