"""``OltApplication``: an OAuth2 application on the OLT platform."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypedDict

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

from olt_provider.dynamic import arguments, host, shape
from olt_provider.dynamic.plain_text import warn_of_plain_text
from olt_provider.native.names import APPLICATION
from olt_provider.provider_process import with_stored_configuration


@pulumi.input_type
class AllowedTenantArgs:
    """A tenant that may install the application, as an item of a sequence."""

    def __init__(
        self, tenant_id: pulumi.Input[str], comment: pulumi.Input[str] | None = None
    ) -> None:
        """
        :param tenant_id: The tenant's ID, a UUID.
        :param comment: A comment that the platform stores with it. Default: none.
        """
        pulumi.set(self, "tenant_id", tenant_id)
        pulumi.set(self, "comment", comment)

    @property
    @pulumi.getter
    def tenant_id(self) -> pulumi.Input[str]:
        """The tenant's ID."""
        return pulumi.get(self, "tenant_id")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def comment(self) -> pulumi.Input[str] | None:
        """A comment that the platform stores with it."""
        return pulumi.get(self, "comment")  # type: ignore[no-any-return]


class _AllowedTenantNeeded(TypedDict):
    tenant_id: pulumi.Input[str]
    """The tenant's ID, a UUID."""


class AllowedTenantArgsDict(_AllowedTenantNeeded, total=False):
    """``AllowedTenantArgs`` as a dictionary."""

    comment: pulumi.Input[str] | None
    """A comment that the platform stores with it. Default: none."""


class _AdoptNeeded(TypedDict):
    application_id: pulumi.Input[str]
    """The application's ID, a UUID."""


class AdoptArgsDict(_AdoptNeeded, total=False):
    """``AdoptArgs`` as a dictionary."""

    client_secret: pulumi.Input[str] | None
    """Its client secret. Default: the client secret is rotated."""


@pulumi.input_type
class AdoptArgs:
    """An existing application to adopt, instead of registering one."""

    def __init__(
        self,
        application_id: pulumi.Input[str],
        client_secret: pulumi.Input[str] | None = None,
    ) -> None:
        """
        :param application_id: The application's ID, a UUID.
        :param client_secret: Its client secret, which is checked at the token endpoint and stored
            as a Pulumi secret. Default: the client secret is rotated.
        """
        pulumi.set(self, "application_id", application_id)
        pulumi.set(self, "client_secret", client_secret)

    @property
    @pulumi.getter
    def application_id(self) -> pulumi.Input[str]:
        """The application's ID."""
        return pulumi.get(self, "application_id")  # type: ignore[no-any-return]

    @property
    @pulumi.getter
    def client_secret(self) -> pulumi.Input[str] | None:
        """Its client secret, if it is declared."""
        return pulumi.get(self, "client_secret")  # type: ignore[no-any-return]


AllowedTenants = (
    Mapping[str, pulumi.Input[str] | None]
    | Sequence[pulumi.Input[str] | AllowedTenantArgs | AllowedTenantArgsDict]
)
Status = Literal["active", "inactive"]


class ApplicationProvider(ResourceProvider):
    """The dynamic provider of ``OltApplication``. The state of every application contains its path.

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
        from olt_provider.lifecycle.application import declaration
        from olt_provider.lifecycle.application.model import TABLE

        olds, declared = in_snake_case(host.received(_olds), TABLE), host.received(news)
        kept: Collection[str] = ()
        if _olds and is_native(_olds):
            declared, kept = host.with_kept_values(self.context, TABLE, olds, declared)
        return host.check_result(declaration.check(self.context, olds, declared), secrets=kept)

    @host.reported
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare the declaration with the state. Runs in every preview.

        Calls: none.
        """
        from olt_provider.dynamic.states import in_snake_case, is_native
        from olt_provider.lifecycle.application import declaration
        from olt_provider.lifecycle.application.model import OUTPUTS, TABLE

        olds = in_snake_case(host.received(_olds), TABLE, OUTPUTS)
        difference = declaration.compare(self.context, _id, olds, host.received(_news))
        for note in difference.notes:
            self.context.warn(note)
        if not difference.properties and not is_native(_olds):
            return DiffResult(changes=False)
        # The engine computes the details from the inputs, unless the inputs do not differ.
        changes = True if difference.hidden or is_native(_olds) else None
        return DiffResult(changes=changes, replaces=list(difference.replaces))

    @host.reported
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Register or adopt the application.

        Calls: ``GET /application-developer/applications`` once per run and tenant, then ``POST``
            there; ``PATCH .../{id}`` if ``status`` is ``inactive``. To adopt: ``GET .../{id}``,
            then as for a change.
        Permission: ``applications_development:read`` and ``applications_development:write``.
        """
        from olt_provider.dynamic.states import with_defaults
        from olt_provider.lifecycle.application import declaration, operations
        from olt_provider.lifecycle.application.model import TABLE, ApplicationInputs

        state = operations.create_or_undo(self.context, ApplicationInputs.from_props(props))
        declaration.hold_created(self.context, state.id, props)
        return CreateResult(state.id, with_defaults(TABLE, state.to_props(), props))

    @host.reported
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read the application; without earlier outputs, one that is managed elsewhere.

        Calls: ``GET .../{id}``. If several of a tenant are read, its list, 100 at once. After a
            404 a list too.
        Permission: ``applications_development:read``.
        """
        from olt_provider.lifecycle.application import operations

        if "client_id" not in props:
            found = operations.get(self.context, id_, props.get("tenant_id"))
            return ReadResult(found.id, found.to_props())
        return self._read_again(id_, props)

    @with_stored_configuration
    def _read_again(self, id_: str, props: dict[str, Any]) -> ReadResult:
        from olt_provider.dynamic.states import as_read
        from olt_provider.lifecycle.application import operations
        from olt_provider.lifecycle.application.model import TABLE, ApplicationState

        state = operations.read(self.context, ApplicationState.from_props(id_, props))
        if state is None:
            return ReadResult("", {})
        if state.client_secret is None:  # read by .get, which declares nothing, so nothing drifts
            return ReadResult(state.id, state.to_props())
        return ReadResult(state.id, *as_read(TABLE, props, state.to_props()))

    @host.reported
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Change the application in place.

        Calls: one ``PATCH .../{id}`` for all properties; one ``PUT`` or ``DELETE
            .../{id}/allowed-tenants/{tenant}`` for each tenant that differs, and one ``GET
            .../{id}`` first where tenants become managed; ``POST .../{id}/secret`` last, if the
            secret is rotated.
        Permission: ``applications_development:read`` and ``applications_development:write``.
        """
        from olt_provider.dynamic.states import SECRET_LOST, in_snake_case, with_defaults
        from olt_provider.lifecycle.application import operations
        from olt_provider.lifecycle.application.model import (
            OUTPUTS,
            TABLE,
            ApplicationInputs,
            ApplicationState,
        )

        state = ApplicationState.from_props(_id, in_snake_case(_olds, TABLE, OUTPUTS))
        state = replace(state, needs_new_secret=bool(_olds.get(SECRET_LOST)))
        desired = ApplicationInputs.from_props(_news)
        outputs = operations.update(self.context, state, desired).to_props()
        return UpdateResult(with_defaults(TABLE, outputs, _news))

    @host.reported
    @with_stored_configuration
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete the application, unless it is installed and ``force_destroy`` is not set.

        Calls: ``GET .../{id}``, to check where it is installed (not with ``force_destroy``), then
            ``DELETE .../{id}``. If several of a tenant are deleted, its list, at most 5 s old.
        Permission: ``applications_development:read`` and ``applications_development:write``.
        """
        from olt_provider.lifecycle.application import operations
        from olt_provider.lifecycle.application.model import ApplicationState

        operations.delete(self.context, ApplicationState.from_props(_id, _props))


class OltApplication(Resource, module="olt", name="OltApplication"):
    """An OAuth2 application, owned by a tenant and usable by the tenants it allows.

    Needs ``applications_development:write`` (roles ``owner`` and ``writer``) in the owner tenant.
    """

    name: pulumi.Output[str]
    """The name."""
    tenant_id: pulumi.Output[str]
    """The owner tenant."""
    allowed_tenants: pulumi.Output[Mapping[str, str] | None]
    """Tenant ID -> comment; ``None`` where it is not managed."""
    with_public_oauth2_client: pulumi.Output[bool]
    """Whether it also has a public client."""
    redirect_uris: pulumi.Output[Sequence[str]]
    """URIs to which users may be redirected, sorted."""
    teaser_description: pulumi.Output[str]
    """A short description; ``""`` for none."""
    url: pulumi.Output[str | None]
    """The application's address."""
    status: pulumi.Output[str]
    """``active`` or ``inactive``."""
    rotate_secret_when_changed: pulumi.Output[Mapping[str, Any] | None]
    """The trigger of the last rotation."""
    rotate_secret_after_days: pulumi.Output[int | None]
    """The number of days after which the client secret is rotated."""
    force_destroy: pulumi.Output[bool]
    """Whether it is deleted although it is installed."""
    prevent_duplicate_name: pulumi.Output[bool]
    """Whether a name that is in use is refused."""
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
        """
        :param resource_name: The resource's name in the stack.
        :param name: The application's name. Not empty. Default: ``resource_name``.
        :param tenant_id: The owner, a tenant ID. **A declared change replaces** the application:
            another ID, another client, another secret. Default: its present owner, else
            ``olt:tenantId``, else the tenant of the credentials.
        :param allowed_tenants: Tenants that may install it: tenant ID -> comment, or a sequence of
            IDs or ``AllowedTenantArgs``. ``{}``: no tenant. Default: unmanaged, never changed.
        :param with_public_oauth2_client: Also create a public client, for applications with users.
            Default: ``False``.
        :param redirect_uris: URIs to which users may be redirected. Absolute, without wildcards. A
            set: order and repetition have no effect. Default: none.
        :param teaser_description: A short description. Default: none.
        :param url: The application's address. Absolute, with scheme. Default: none.
        :param status: ``active`` or ``inactive``. An inactive application cannot be installed,
            nor reach its tenants' data. Default: ``active``.
        :param rotate_secret_when_changed: A mapping. A change to another, non-empty value rotates
            the client secret in place; the old one is invalid at once. Default: never.
        :param rotate_secret_after_days: Rotate the client secret in place by the first ``up`` after
            that many days, 1 to 36500. Default: never.
        :param adopt: Adopt an existing application instead of registering one. Read on
            creation only. Default: register.
        :param force_destroy: Delete it although it is still installed. Default: ``False``.
        :param prevent_duplicate_name: Refuse to register a name that the tenant already uses. The
            platform itself allows equal names. Default: ``True``.
        :param opts: Pulumi's resource options.
        :raises TypeError: an argument has a wrong type, such as a string where a sequence is
            expected, or an Output as a key of ``allowed_tenants``; the message shows the right
            form.
        """
        arguments.require_options(opts)
        trigger = 'rotate_secret_when_changed={"rotated": "<date>"}'
        arguments.require_mapping("rotate_secret_when_changed", rotate_secret_when_changed, trigger)
        declared: dict[str, Any] = {
            "name": resource_name if name is None else name,
            "tenant_id": tenant_id,
            "allowed_tenants": shape.allowed_tenants(allowed_tenants),
            "with_public_oauth2_client": with_public_oauth2_client,
            "redirect_uris": shape.redirect_uris(redirect_uris),
            "teaser_description": teaser_description,
            "url": url,
            "status": status,
            "rotate_secret_when_changed": rotate_secret_when_changed,
            "rotate_secret_after_days": rotate_secret_after_days,
            "adopt": _adoption(adopt),
            "force_destroy": force_destroy,
            "prevent_duplicate_name": prevent_duplicate_name,
        }
        if opts is not None and opts.id is not None:  # created by .get: only the owner is an input
            declared = {key: tenant_id if key == "tenant_id" else None for key in declared}
        computed = dict.fromkeys(COMPUTED)
        ours = pulumi.ResourceOptions(
            additional_secret_outputs=["client_secret"],
            aliases=[pulumi.Alias(type_=APPLICATION)],  # a stack may come back from the plugin
        )
        warn_of_plain_text()
        with shape.pickled_alike():
            super().__init__(
                ApplicationProvider(),
                resource_name,
                {**declared, **computed},
                pulumi.ResourceOptions.merge(opts, ours),
            )

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],  # noqa: A002 - the name that every Pulumi resource uses
        opts: pulumi.ResourceOptions | None = None,
        *,
        tenant_id: pulumi.Input[str] | None = None,
    ) -> OltApplication:
        """Read an application that is managed elsewhere; ``client_secret`` is a secret ``None``.

        :param resource_name: The resource's name in the stack.
        :param id: The application ID. It is an error if the application does not exist.
        :param tenant_id: The owner. Default: as in the constructor.
        :param opts: Pulumi's resource options.
        """
        arguments.require_options(opts)
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        return cls(resource_name, tenant_id=tenant_id, opts=options)


COMPUTED = (
    "client_id",
    "client_secret",
    "client_type",
    "public_client_id",
    "secret_rotated_at",
    "created_at",
    "api_url",
    "secret_due_at",
)


def _adoption(adopt: AdoptArgs | AdoptArgsDict | None) -> dict[str, Any] | None:
    if adopt is None:
        return None
    declared = arguments.fields("adopt", adopt, "application_id", "client_secret")
    secret = declared["client_secret"]
    return {**declared, "client_secret": None if secret is None else pulumi.Output.secret(secret)}
