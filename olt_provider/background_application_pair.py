"""``OltBackgroundApplicationPair``: a background application that rotates without downtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from olt_provider.application import AdoptArgs, AdoptArgsDict, Status
from olt_provider.background_application import OltBackgroundApplication, Tenants
from olt_provider.dynamic import arguments
from olt_provider.lifecycle.application.rotation import GENERATION, PAIR


class OltBackgroundApplicationPair(pulumi.ComponentResource):
    """Two background applications, of which one is current.

    Raising ``generation`` by one rotates the secret of the idle application and makes it current.
    The previous client and its secret keep working until the next raise, so a consumer has that
    long to switch to the new ones.
    """

    first: OltBackgroundApplication
    """The application that is current in odd generations."""
    second: OltBackgroundApplication
    """The application that is current in even generations."""
    generation: pulumi.Output[int]
    """The generation, which selects the current application."""
    application_id: pulumi.Output[str]
    """The application ID of the current application."""
    client_id: pulumi.Output[str]
    """The ID of the current confidential OAuth2 client."""
    client_secret: pulumi.Output[str]
    """The secret of the current client. Always a Pulumi secret."""
    previous_client_id: pulumi.Output[str]
    """The ID of the other client. It works, with the secret of the generation before, until the
    next raise. In generation 1 it is not in use yet."""
    tenant_id: pulumi.Output[str]
    """The owner tenant."""
    api_url: pulumi.Output[str]
    """The API base URL of the platform of both applications."""

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        generation: int,
        tenants: Tenants,
        name: str | None = None,
        tenant_id: pulumi.Input[str] | None = None,
        with_public_oauth2_client: pulumi.Input[bool] | None = None,
        redirect_uris: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        teaser_description: pulumi.Input[str] | None = None,
        url: pulumi.Input[str] | None = None,
        status: pulumi.Input[Status] | None = None,
        adopt: AdoptArgs | AdoptArgsDict | None = None,
        force_destroy: pulumi.Input[bool] | None = None,
        prevent_duplicate_name: pulumi.Input[bool] | None = None,
        providers: Mapping[str, pulumi.ProviderResource] | None = None,
        install: bool = True,
    ) -> None:
        """
        :param resource_name: The resource's name in the stack.
        :param generation: 1 at first. Raise it by one to rotate. It can be neither lowered nor
            raised by more, because that would rotate a secret that is in use.
        :param tenants: Tenants that both applications allow and are installed in, as for
            ``OltBackgroundApplication``.
        :param name: The applications are named ``NAME-a`` and ``NAME-b``. Default:
            ``resource_name``.
        :param adopt: An existing application that becomes the first of the two. Default: register.
        :param providers: Tenant ID -> the provider that installs there. Default: the component's.
        :param install: ``False`` only allows the tenants, if other stacks declare the
            installations. Default: ``True``.
        :param opts: Pulumi's resource options.
        :raises TypeError: ``generation`` is not an integer, or another argument has a wrong type;
            the message shows the right form.
        :raises ValueError: ``generation`` is less than 1, or a tenant is listed twice.

        All other arguments are those of ``OltApplication`` and hold for both applications.
        """
        arguments.require_options(opts)
        arguments.require_generation(generation)
        super().__init__("olt:index:OltBackgroundApplicationPair", resource_name, None, opts)
        shared: dict[str, Any] = {
            "tenants": tenants,
            "tenant_id": tenant_id,
            "with_public_oauth2_client": with_public_oauth2_client,
            "redirect_uris": redirect_uris,
            "teaser_description": teaser_description,
            "url": url,
            "status": status,
            "force_destroy": force_destroy,
            "prevent_duplicate_name": prevent_duplicate_name,
            "providers": providers,
            "install": install,
        }
        base = resource_name if name is None else name
        odd, even = (generation, generation - 1) if generation % 2 else (generation - 1, generation)
        application_class = self._class()
        self.first = application_class(
            f"{resource_name}-a",
            pulumi.ResourceOptions(parent=self, aliases=[_alone(resource_name, opts)]),
            name=f"{base}-a",
            rotate_secret_when_changed=_trigger(resource_name, odd),
            adopt=adopt,
            **shared,
        )
        self.second = application_class(
            f"{resource_name}-b",
            pulumi.ResourceOptions(parent=self),
            name=f"{base}-b",
            rotate_secret_when_changed=_trigger(resource_name, even),
            **shared,
        )
        current, other = (self.first, self.second) if generation % 2 else (self.second, self.first)
        outputs = {
            "generation": pulumi.Output.from_input(generation),
            "application_id": current.application_id,
            "client_id": current.client_id,
            "client_secret": current.client_secret,
            "previous_client_id": other.client_id,
            "tenant_id": current.tenant_id,
            "api_url": current.api_url,
        }
        for key, value in outputs.items():
            setattr(self, key, value)
        self.register_outputs(outputs)

    @classmethod
    def _class(cls) -> type[OltBackgroundApplication]:
        """The class of the two applications."""
        return OltBackgroundApplication


def _trigger(pair: str, generation: int) -> dict[str, Any]:
    """Return the rotation trigger of one of the two: its own last generation."""
    return {PAIR: pair, GENERATION: generation}


def _alone(resource_name: str, opts: pulumi.ResourceOptions | None) -> pulumi.Alias:
    """An alias: an ``OltBackgroundApplication`` that the pair replaces becomes its first."""
    parent = None if opts is None else opts.parent
    return pulumi.Alias(
        name=resource_name,
        parent=pulumi.ROOT_STACK_RESOURCE if parent is None else parent,
    )
