"""``OltInstallation`` of the native form."""

from __future__ import annotations

import pulumi

from olt_provider.dynamic import arguments
from olt_provider.native.names import INSTALLATION
from olt_provider.native.python_resource import NativeResource, with_outputs


@with_outputs
class OltInstallation(NativeResource):
    """An application installed in a tenant that it allows.

    Inputs and outputs are those of ``olt_provider.OltInstallation``.
    """

    application_id: pulumi.Output[str]
    tenant_id: pulumi.Output[str]
    installed_at: pulumi.Output[str]
    api_url: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        application_id: pulumi.Input[str],
        tenant_id: pulumi.Input[str] | None = None,
    ) -> None:
        """All arguments are those of ``olt_provider.OltInstallation``."""
        arguments.require_options(opts)
        read_only = opts is not None and opts.id is not None  # .get declares nothing
        declared = {
            "application_id": None if read_only else application_id,
            "tenant_id": tenant_id,
        }
        self._register(INSTALLATION, resource_name, declared, opts)

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],  # noqa: A002 - the name that every Pulumi resource uses
        opts: pulumi.ResourceOptions | None = None,
    ) -> OltInstallation:
        """Read an installation that is managed elsewhere. It is an error if it does not exist.

        :param resource_name: The resource's name in the stack.
        :param id: ``{tenant_id}/{application_id}``.
        :param opts: Pulumi's resource options.
        """
        arguments.require_options(opts)
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        return cls(resource_name, options, application_id=id)
