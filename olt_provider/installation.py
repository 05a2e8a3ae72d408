"""``OltInstallation``: an application installed in a tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from olt_provider.api.ids import ids_of
from olt_provider.dynamic import arguments, host, shape
from olt_provider.dynamic.plain_text import warn_of_plain_text
from olt_provider.native.names import INSTALLATION
from olt_provider.provider_process import with_stored_configuration

if TYPE_CHECKING:
    from collections.abc import Collection

    from olt_provider.lifecycle.installation.model import InstallationInputs

ID_FORM: Final = "{tenant_id}/{application_id}"


class InstallationProvider(ResourceProvider):
    """The dynamic provider of ``OltInstallation``. Every installation's state contains its path.

    Programs import it too, so each operation imports what it needs: only the provider process
    imports the API.
    """

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Store the stack's configuration."""
        self.context = host.context(req)

    @host.reported
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate the declaration, and fill in the tenant. Runs in every preview.

        Calls: none.
        """
        from olt_provider.dynamic.states import in_snake_case, is_native
        from olt_provider.lifecycle.installation import declaration
        from olt_provider.lifecycle.installation.model import TABLE

        olds, declared = in_snake_case(host.received(_olds), TABLE), host.received(news)
        kept: Collection[str] = ()
        if _olds and is_native(_olds):
            declared, kept = host.with_kept_values(self.context, TABLE, olds, declared)
        return host.check_result(declaration.check(self.context, olds, declared), secrets=kept)

    @host.reported
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare the declaration with the state: every change replaces. Runs in every preview.

        Calls: none.
        """
        from olt_provider.dynamic.states import in_snake_case, is_native
        from olt_provider.lifecycle.installation import declaration
        from olt_provider.lifecycle.installation.model import OUTPUTS, TABLE

        olds = in_snake_case(host.received(_olds), TABLE, OUTPUTS)
        changed = declaration.compare(self.context, olds, host.received(_news))
        if not changed:
            return DiffResult(changes=is_native(_olds))
        return DiffResult(changes=None, replaces=list(changed))

    @host.reported
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Install the application.

        Calls: ``PUT /applications/{id}/installation``; if that is refused,
            ``GET /applications/{id}`` to find the reason.
        Permission: ``applications:write`` (and ``applications:read``, to explain a refusal).
        """
        from olt_provider.lifecycle.installation import operations
        from olt_provider.lifecycle.installation.model import InstallationInputs

        state = operations.create(self.context, InstallationInputs.from_props(props))
        return CreateResult(state.id, state.to_props())

    @host.reported
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read the installation; without earlier outputs, one that is managed elsewhere.

        Calls: ``GET /applications/{id}``. If several of a tenant are read, its list, 100 at once.
            After a 404 a list too.
        Permission: ``applications:read``.
        """
        from olt_provider.lifecycle.installation import operations

        if "installed_at" not in props:
            found = operations.get(self.context, _inputs_of(id_))
            return ReadResult(found.id, found.to_props())
        return self._read_again(props)

    @with_stored_configuration
    def _read_again(self, props: dict[str, Any]) -> ReadResult:
        from olt_provider.lifecycle.installation import operations
        from olt_provider.lifecycle.installation.model import InstallationState

        state = operations.read(self.context, InstallationState.from_props(props))
        if state is None:
            return ReadResult("", {})
        # No inputs are returned: they cannot drift, and .get declares none.
        return ReadResult(state.id, state.to_props())

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Keep the state, because nothing on the platform can change in place.

        Calls: none.
        """
        from olt_provider.dynamic.states import in_snake_case
        from olt_provider.lifecycle.installation.model import OUTPUTS, TABLE

        return UpdateResult({**in_snake_case(_olds, TABLE, OUTPUTS), **_news})

    @host.reported
    @with_stored_configuration
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Uninstall the application.

        Calls: ``DELETE /applications/{id}/installation``; after a 404, reads that
        verify the deletion.
        Permission: ``applications:write`` (and ``applications:read``, after a 404).
        """
        from olt_provider.lifecycle.installation import operations
        from olt_provider.lifecycle.installation.model import InstallationState

        operations.delete(self.context, InstallationState.from_props(_props))


def _inputs_of(id_: str) -> InstallationInputs:
    from olt_provider.lifecycle.installation.model import InstallationInputs

    tenant_id, application_id = ids_of(id_, what="an installation", forms=(ID_FORM,))
    return InstallationInputs(application_id, tenant_id)


class OltInstallation(Resource, module="olt", name="OltInstallation"):
    """An application installed in a tenant that it allows.

    Needs ``applications:write`` (roles ``owner`` and ``writer``) in that tenant, whose token the
    credentials must give. Every declared change replaces. The ID is
    ``{tenant_id}/{application_id}``.
    """

    application_id: pulumi.Output[str]
    """The application."""
    tenant_id: pulumi.Output[str]
    """The tenant in which it is installed."""
    installed_at: pulumi.Output[str]
    """When it was installed, RFC 3339 in UTC."""
    api_url: pulumi.Output[str]
    """The API base URL of its platform."""

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        application_id: pulumi.Input[str],
        tenant_id: pulumi.Input[str] | None = None,
    ) -> None:
        """
        :param resource_name: The resource's name in the stack.
        :param application_id: The application to install: ``app.id``. Required.
        :param tenant_id: The tenant to install it in. Default: its present tenant, else
            ``olt:tenantId``, else the tenant of the credentials.
        :param opts: Pulumi's resource options.
        """
        arguments.require_options(opts)
        read_only = opts is not None and opts.id is not None  # a .get declares nothing
        props = {
            "application_id": None if read_only else application_id,
            "tenant_id": tenant_id,
            "installed_at": None,
            "api_url": None,
        }
        # An alias, for stacks that return from the native plugin.
        ours = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=INSTALLATION)])
        warn_of_plain_text()
        with shape.pickled_alike():
            super().__init__(
                InstallationProvider(),
                resource_name,
                props,
                pulumi.ResourceOptions.merge(opts, ours),
            )

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
