"""``--live``: compare a preview with the platform, and check the guards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from olt_provider.api.client import OltClient
from olt_provider.api.errors import ApiError, ConfigurationError, OltError
from olt_provider.api.hosts import same_base_url
from olt_provider.cli.preview import facts
from olt_provider.cli.preview.facts import Facts
from olt_provider.cli.preview.plans import plan_of_tenants
from olt_provider.cli.preview.resources import Resource
from olt_provider.cli.preview.stack import Installed, Stack, adopted_id
from olt_provider.cli.preview.steps import (
    DEFAULT_PROVIDER,
    SECRET,
    UNKNOWN,
    Preview,
    an_id,
    name_of,
)
from olt_provider.cli.preview.types import PROVIDER
from olt_provider.cli.review.effects import review
from olt_provider.cli.review.findings import Access, Affected, Live, Review
from olt_provider.cli.review.refusals import gives_up_name
from olt_provider.settings import Settings

HOSTS: Final = ("olt:apiUrl", "olt:identityUrl", "olt:environment")
NOT_FOUND: Final = 404


class Clients:
    """Clients with the settings of the stack, for resources whose provider uses the same hosts.

    A preview is written by the author of a change. So the hosts, certificates and credentials that
    it names are never used: a resource of an explicit provider is read with the stack's own
    settings, and only if both name the same hosts.
    """

    def __init__(
        self, preview: Preview, settings: Settings, notify: Callable[[str], None] = lambda _: None
    ) -> None:
        self._settings = settings
        self._client = settings.client(user_agent="cli", notify=notify)
        self._inputs = {
            step.urn: declared.inputs
            for step in preview.steps
            if step.kind == PROVIDER and (declared := step.new or step.old)
        }

    def of(self, provider: str) -> OltClient:
        """Return the client for the resources of a provider, as resources name it.

        Raises ``ConfigurationError`` if its hosts differ.
        """
        urn = provider.rpartition("::")[0]  # a reference is the provider's URN and ID
        if urn and not DEFAULT_PROVIDER.fullmatch(name_of(urn)):
            self._require_same_hosts(name_of(urn), self._inputs.get(urn))
        return self._client

    def _require_same_hosts(self, name: str, inputs: Mapping[str, Any] | None) -> None:
        if inputs is None:
            raise ConfigurationError(
                f"the preview does not show the provider {name}: make it with --show-sames"
            )
        named = {key: inputs.get(key) for key in HOSTS}
        hidden = sorted(key for key, value in named.items() if value in (SECRET, UNKNOWN))
        if hidden:
            raise ConfigurationError(
                f"the preview does not show {', '.join(hidden)} of the provider {name}"
            )
        theirs = Settings.load(named.get, {})
        if not (
            same_base_url(theirs.api_url, self._settings.api_url)
            and same_base_url(theirs.identity_url, self._settings.identity_url)
        ):
            raise ConfigurationError(
                f"the provider {name} names hosts that are not those of the stack or the "
                "environment: they are not contacted"
            )


def review_live(preview: Preview, clients: Clients, progress: Callable[[str], None]) -> Review:
    """Review with the platform's data, and with the steps that its guards will refuse.

    Makes read requests only: ``GET .../applications/{applicationId}`` for each application that
    changes, and one list per tenant in which an application is registered. ``reason`` states a
    failure.
    """
    stack = Stack(preview)
    checks = _LiveChecks(clients, stack)
    for resource in stack.applications:
        progress(resource.name)
        try:
            checks.name_guard(resource)
            for application_id, owner in _affected(resource):
                checks.application(resource, application_id, owner)
        except OltError as error:
            checks.reasons.append(str(error))
    for installed in stack.after:
        try:
            checks.installation(installed)
        except OltError as error:
            checks.reasons.append(str(error))
    found = review(preview, checks.platform)
    return found.model_copy(update={"live": checks.result(Stack(preview, checks.platform))})


def _affected(resource: Resource) -> Iterator[tuple[str, str | None]]:
    """Return the applications that a resource changes or deletes, with their owners."""
    if resource.change == "updated" and resource.before is not None:
        named = an_id(resource.before.id)
        if named is not None:
            yield named, facts.before(resource.before).owner
    for gone in resource.gone:
        named = an_id(gone.state.id)
        if named is not None and not gone.state.retain:
            yield named, facts.before(gone.state).owner
    if resource.after is not None and resource.change in ("created", "replaced"):
        named = adopted_id(resource.after)
        if named is not None:
            yield named, facts.after(resource.after).owner


class _LiveChecks:
    """Reads from the platform, and checks its guards and rules."""

    def __init__(self, clients: Clients, stack: Stack) -> None:
        self._clients = clients
        self._stack = stack
        self._names: dict[tuple[str, str | None], dict[str, list[str]]] = {}
        self.platform: dict[str, Facts] = {}
        self.in_use: list[Affected] = []
        self.not_allowed: list[Access] = []
        self.reasons: list[str] = []

    def application(self, resource: Resource, application_id: str, owner: str | None) -> None:
        """Read an application. Raises ``OltError``."""
        if application_id not in self.platform:
            client = self._clients.of(resource.provider).as_tenant(owner)
            found = client.applications.get(application_id)
            self.platform[application_id] = facts.on_platform(found)

    def installation(self, installed: Installed) -> None:
        """Check whether an installation is refused, if no program declares the allowed tenants."""
        key, tenant = installed.application, installed.tenant
        there = {(each.application, each.tenant) for each in self._stack.before}
        declared = self._stack.declared(key)
        if an_id(key) is None or tenant is None or (key, tenant) in there or declared is not None:
            return
        client = self._clients.of(installed.resource.provider).as_tenant(tenant)
        try:
            seen = client.installations.get(key)
            refused = not (seen.available or seen.installation)
        except ApiError as error:
            if error.status != NOT_FOUND or not error.from_platform:
                raise
            refused = True
        if refused:
            self.not_allowed += _accesses(
                self._stack, self._stack.label(key), key, [tenant], "not allowed, or inactive"
            )

    def name_guard(self, resource: Resource) -> None:
        """Check whether the duplicate-name guard would refuse a registration."""
        after = resource.after
        if after is None or resource.change != "created" or "adopt" in after.inputs:
            return
        declared = facts.after(after)
        if declared.name is None or not declared.guarded:
            return
        giving_up = {
            each.before.id
            for each in self._stack.applications
            if each.before is not None and gives_up_name(each)
        }
        used = self._used(resource, declared.owner).get(declared.name, [])
        for other in sorted(set(used) - giving_up):
            note = "its name is in use: adopt that one, or set prevent_duplicate_name=False"
            self.in_use.append(
                Affected(application=self._stack.name(resource), application_id=other, note=note)
            )

    def _used(self, resource: Resource, tenant: str | None) -> dict[str, list[str]]:
        """The names that a tenant uses, with the IDs of the applications."""
        key = (resource.provider, tenant)
        if key not in self._names:
            names: dict[str, list[str]] = {}
            client = self._clients.of(resource.provider).as_tenant(tenant)
            for each in client.applications.list():
                names.setdefault(each.name, []).append(each.id)
            self._names[key] = names
        return self._names[key]

    def result(self, stack: Stack) -> Live:
        """Return the results of all checks."""
        return Live(
            checked=True,
            reason=self.reasons[0] if self.reasons else "",
            refused=tuple(self._refused(stack)),
            revoked_installed=tuple(self._revoked(stack)),
            names_in_use=tuple(self.in_use),
            not_allowed=tuple(self.not_allowed),
        )

    def _refused(self, stack: Stack) -> Iterator[Access]:
        """Return the tenants that have an application installed when it would be deleted."""
        for resource in stack.applications:
            for gone in resource.gone:
                held = self.platform.get(an_id(gone.state.id) or "")
                kept = gone.state.retain or stack.kept_by(gone.state.id)
                if held is None or kept or facts.before(gone.state).forced:
                    continue
                there = held.installed - _uninstalled(stack, gone.state.id)
                why = "still installed, and force_destroy is not set"
                yield from _accesses(stack, stack.name(resource), an_id(gone.state.id), there, why)

    def _revoked(self, stack: Stack) -> Iterator[Access]:
        """Return the tenants that are revoked and keep the application installed."""
        for resource in stack.applications:
            after = resource.after
            key = stack.key(resource)
            held = self.platform.get(key)
            if after is None or held is None or resource.gone:
                continue
            declared = facts.after(after).allowed
            if declared is None:
                continue
            managed = facts.before(resource.before).allowed if resource.before else None
            revoked = set(plan_of_tenants(held.allowed or {}, declared).revoked)
            if managed is not None:
                revoked &= managed.keys()
            there = held.installed & revoked - _uninstalled(stack, key)
            yield from _accesses(stack, stack.name(resource), key, there, "revoked while installed")


def _uninstalled(stack: Stack, application_id: str) -> set[str]:
    """Return the tenants in which the preview itself uninstalls an application."""
    key = an_id(application_id)
    after = {(each.application, each.tenant) for each in stack.after}
    return {
        each.tenant
        for each in stack.before
        if each.application == key and each.tenant is not None
        and ((each.application, each.tenant) not in after or _moves(stack, each.application))
    }  # fmt: skip


def _moves(stack: Stack, key: str) -> bool:
    """Whether an application's installations move to the one that replaces it."""
    return any(
        stack.key(each) == key and each.change == "replaced" and stack.continues(each)
        for each in stack.applications
    )


def _accesses(
    stack: Stack, name: str, key: str | None, tenants: Iterable[str], why: str
) -> Iterator[Access]:
    for tenant in sorted(tenants):
        yield Access(
            tenant=tenant,
            comment=stack.comment(key or "", tenant),
            application=name,
            application_id=an_id(key),
            why=why,
        )
