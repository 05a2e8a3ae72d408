"""``OltBackgroundApplication``: an application registered, allowed and installed in N tenants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from olt_provider.api.ids import canonical_id
from olt_provider.application import (
    AdoptArgs,
    AdoptArgsDict,
    AllowedTenantArgs,
    AllowedTenantArgsDict,
    OltApplication,
    Status,
)
from olt_provider.dynamic import arguments
from olt_provider.installation import OltInstallation
from olt_provider.native.names import BACKGROUND_APPLICATION

Tenants = (
    Mapping[str, pulumi.Input[str] | None]
    | Sequence[str | AllowedTenantArgs | AllowedTenantArgsDict]
)


class OltBackgroundApplication(pulumi.ComponentResource):
    """A background application: an ``OltApplication``, and an ``OltInstallation`` per tenant.

    Each installation is authenticated as its tenant, so the credentials must be valid for all of
    these tenants, or ``providers`` names a provider for the others.
    """

    application: OltApplication
    """The application."""
    installations: Mapping[str, OltInstallation]
    """Tenant ID -> installation."""
    application_id: pulumi.Output[str]
    """The application ID."""
    name: pulumi.Output[str]
    """The name."""
    tenant_id: pulumi.Output[str]
    """The owner tenant."""
    client_id: pulumi.Output[str]
    """The ID of the confidential OAuth2 client."""
    client_secret: pulumi.Output[str]
    """The secret of the confidential OAuth2 client. Always a Pulumi secret."""
    client_type: pulumi.Output[str]
    """``confidential``."""
    public_client_id: pulumi.Output[str | None]
    """The ID of the public OAuth2 client, where there is one."""
    secret_rotated_at: pulumi.Output[str | None]
    """When the client secret was made, RFC 3339 in UTC; ``None`` where that is not known."""
    secret_due_at: pulumi.Output[str | None]
    """When the client secret is due for rotation by age, RFC 3339 in UTC; ``None`` for never."""
    created_at: pulumi.Output[str]
    """When it was registered, RFC 3339 in UTC."""
    api_url: pulumi.Output[str]
    """The API base URL of its platform."""
    installed_at: pulumi.Output[Mapping[str, str]]
    """Tenant ID -> when the application was installed there, RFC 3339 in UTC."""

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        tenants: Tenants,
        name: pulumi.Input[str] | None = None,
        tenant_id: pulumi.Input[str] | None = None,
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
        providers: Mapping[str, pulumi.ProviderResource] | None = None,
        install: bool = True,
    ) -> None:
        """
        :param resource_name: The resource's name in the stack.
        :param tenants: Tenants that are allowed and in which it is installed: tenant ID -> comment,
            or a sequence of IDs or ``AllowedTenantArgs``. The IDs must be plain strings, because
            each names a resource. ``{}``: no tenant. A removed tenant is revoked and uninstalled.
        :param providers: Tenant ID -> the provider that installs there. Default: the component's.
        :param install: ``False`` only allows the tenants, if other stacks declare the
            installations. Default: ``True``.
        :param opts: Pulumi's resource options.
        :raises TypeError: a tenant ID is an Output, or an argument has a wrong type; the message
            shows the right form.
        :raises ValueError: a tenant is listed twice.

        All other arguments are those of ``OltApplication``.
        """
        arguments.require_options(opts)
        form = 'providers={"<tenant ID>": Provider(...)}'
        arguments.require_mapping("providers", providers, form)
        allowed = _by_tenant(tenants)
        # An alias, for stacks that return from the native plugin.
        ours = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=BACKGROUND_APPLICATION)])
        options = pulumi.ResourceOptions.merge(opts, ours)
        super().__init__("olt:index:OltBackgroundApplication", resource_name, None, options)
        chosen = {canonical_id(key): value for key, value in (providers or {}).items()}
        application_class, installation_class = self._classes()
        self.application = application_class(
            resource_name,
            name=name,
            tenant_id=tenant_id,
            allowed_tenants=allowed,
            with_public_oauth2_client=with_public_oauth2_client,
            redirect_uris=redirect_uris,
            teaser_description=teaser_description,
            url=url,
            status=status,
            rotate_secret_when_changed=rotate_secret_when_changed,
            rotate_secret_after_days=rotate_secret_after_days,
            adopt=adopt,
            force_destroy=force_destroy,
            prevent_duplicate_name=prevent_duplicate_name,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.installations = {
            tenant: installation_class(
                f"{resource_name}-{tenant}",
                application_id=self.application.id,
                tenant_id=tenant,
                opts=pulumi.ResourceOptions(parent=self, provider=chosen.get(tenant)),
            )
            for tenant in (allowed if install else ())
        }
        outputs = self._outputs()
        for key, value in outputs.items():
            setattr(self, key, value)
        self.register_outputs(outputs)

    @classmethod
    def _classes(cls) -> tuple[type[Any], type[Any]]:
        """The classes of the application and of its installations."""
        return OltApplication, OltInstallation

    def _outputs(self) -> dict[str, Any]:
        application = self.application
        return {
            "application_id": application.id,
            "name": application.name,
            "tenant_id": application.tenant_id,
            "client_id": application.client_id,
            "client_secret": application.client_secret,
            "client_type": application.client_type,
            "public_client_id": application.public_client_id,
            "secret_rotated_at": application.secret_rotated_at,
            "secret_due_at": application.secret_due_at,
            "created_at": application.created_at,
            "api_url": application.api_url,
            "installed_at": pulumi.Output.from_input(
                {tenant: item.installed_at for tenant, item in self.installations.items()}
            ),
        }


def _by_tenant(tenants: Tenants) -> dict[str, pulumi.Input[str] | None]:
    """Return one entry per tenant. Raises ``TypeError`` or ``ValueError``."""
    arguments.require_tenants("tenants", tenants)
    given: Any = tenants
    if isinstance(given, pulumi.Output):
        raise _unknown_id()
    if isinstance(tenants, Mapping):
        pairs: list[tuple[Any, Any]] = list(tenants.items())
    else:
        pairs = [_pair(item) for item in tenants]
    allowed: dict[str, pulumi.Input[str] | None] = {}
    for tenant_id, comment in pairs:
        if not isinstance(tenant_id, str):
            raise _unknown_id()
        if canonical_id(tenant_id) in allowed:
            raise ValueError(f"tenants: tenant {tenant_id} is listed twice")
        allowed[canonical_id(tenant_id)] = comment
    return dict(sorted(allowed.items()))


def _pair(item: Any) -> tuple[Any, Any]:
    """Return a tenant ID and its comment. An ID of another type is left for the check."""
    if isinstance(item, str | pulumi.Output):
        return item, None
    declared = arguments.fields("tenants", item, "tenant_id", "comment")
    return declared["tenant_id"], declared["comment"]


def _unknown_id() -> TypeError:
    return TypeError(
        "tenants: each tenant ID must be a plain string, because it names a resource; for IDs that "
        "are Outputs declare OltApplication and OltInstallation yourself"
    )
