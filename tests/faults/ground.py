"""The environment of a cell: tenants on a shared emulator, and new processes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from olt_provider.api.applications import Application
from olt_provider.emulator import PORTAL_CLIENT, Emulator, Fault
from olt_provider.lifecycle.application.model import ApplicationInputs, ApplicationState
from olt_provider.lifecycle.installation.model import InstallationInputs, InstallationState
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.settings import Settings
from tests.emulated import new_tenant
from tests.faults.kinds import Source
from tests.model.providers import PROVIDERS, Provider
from tests.model.state import Key, Program, Props, Resource, State

APP = Key("application", "app")
INSTALLED = Key("installation", "app-in-user")
SECOND = Key("application", "second")
SECOND_INSTALLED = Key("installation", "second-in-user")
INSTALLATIONS = (INSTALLED, SECOND_INSTALLED)


class Tenants:
    """An owner, a tenant that uses applications, and one more; with credentials of the first two.

    Cells share them, because tokens are dear, and begin with none but a bystander's application.
    """

    def __init__(self, emulator: Emulator, ca_bundle: str | None = None) -> None:
        self.emulator = emulator
        self.ca_bundle = ca_bundle
        self.owner, self.user, self.other = (new_tenant(emulator) for _ in range(3))
        both = [self.owner, self.user]
        tokens = {each: emulator.token(each) for each in both}
        deployer = emulator.platform.register(
            new_tenant(emulator), name="Deployer", allowed_tenants=both
        )
        for tenant in both:
            emulator.platform.install(deployer["id"], tenant)
        client = deployer["oauth2Client"]
        self.credentials: dict[Source, dict[str, str]] = {
            "tenantTokens": {"tenantTokens": json.dumps(tokens)},
            "clientCredentials": {"clientId": client["id"], "clientSecret": client["secret"]},
            "refreshToken": {
                "refreshToken": emulator.refresh_token(both),
                "clientId": PORTAL_CLIENT,
            },
        }
        self.secrets = {
            *tokens.values(),
            client["secret"],
            self.credentials["refreshToken"]["refreshToken"],
        }

    def begin(self) -> str:
        """Remove everything but another owner's application, whose ID is returned."""
        platform = self.emulator.platform
        for application in platform.applications(self.owner):
            platform.delete(application["id"])
        bystander = platform.register(self.owner, name="Bystander", allowed_tenants=[self.user])
        return str(bystander["id"])


class Ground:
    """The environment of one cell."""

    def __init__(self, tenants: Tenants, providers: Mapping[str, Provider] = PROVIDERS) -> None:
        self.emulator = tenants.emulator
        self._providers = providers
        self.owner, self.user, self.other = tenants.owner, tenants.user, tenants.other
        self._credentials = tenants.credentials
        self._ca_bundle = tenants.ca_bundle
        self.warnings: list[str] = []
        self.secrets = set(tenants.secrets)
        """Secrets that no message may contain."""
        self.bystander = tenants.begin()

    def connector(self, source: Source) -> Callable[[], ProviderContext]:
        """Each call is a new process with empty caches. Retries do not wait."""
        settings = Settings(
            self.emulator.api_url,
            self.emulator.identity_url,
            tenant_id=self.owner,
            max_retries=2,
            ca_bundle=self._ca_bundle,
            credentials=tuple(
                (key, SecretStr(value)) for key, value in self._credentials[source].items()
            ),
        )
        return lambda: ProviderContext(settings, warn=self.warnings.append, sleep=lambda _: None)

    def registered(self, declared: Props) -> dict[str, Any]:
        """An application as a declaration makes it, made without HTTP, with its secret."""
        application = self.emulator.platform.register(
            self.owner,
            name=declared["name"],
            teaser_description=declared.get("teaser_description"),
            url=declared.get("url"),
            allowed_tenants=declared.get("allowed_tenants", {}),
        )
        self.secrets.add(application["oauth2Client"]["secret"])
        return application

    def kept(self, declared: Props) -> Resource:
        """An application that an earlier run registered, as the state keeps it."""
        return self.as_kept(self.registered(declared), declared)

    def as_kept(self, application: dict[str, Any], declared: Props) -> Resource:
        provider, platform = self._providers[APP.kind], self.connector("tenantTokens")()
        inputs = dict(provider.check(platform, {}, declared).inputs)
        found = Application.model_validate(application)
        state = ApplicationState.of(
            found,
            ApplicationInputs.from_props(inputs),
            found.oauth2_client.secret,
            self.emulator.api_url,
        )
        return Resource(found.id, inputs, provider.kept(state, inputs))

    def kept_installation(self, application_id: str) -> Resource:
        """An installation in the user's tenant that an earlier run made, as the state keeps it."""
        made = self.emulator.platform.install(application_id, self.user)
        inputs = InstallationInputs(application_id, self.user)
        state = InstallationState(inputs, made["createdAt"], self.emulator.api_url)
        outputs = self._providers[INSTALLED.kind].kept(state, inputs.to_props())
        return Resource(state.id, inputs.to_props(), outputs)


@dataclass
class Scene:
    """The situation before an operation, and the declaration."""

    program: Program
    state: State = field(default_factory=State)
    before: Program = field(default_factory=Program)
    """The declaration of the state, to which an update may be reverted."""
    refresh: bool = False
    """Whether a refresh is run instead of an ``up``."""
    given: tuple[Fault, ...] = ()
    """Faults before the operation's own, each once."""
