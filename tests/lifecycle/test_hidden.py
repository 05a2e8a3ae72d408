"""Hidden is not deleted: no operation loses or changes a resource that it cannot access."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import pytest
from pydantic import SecretStr

from olt_provider.api.errors import OltError
from olt_provider.emulator import PORTAL_CLIENT, Emulator, Fault
from olt_provider.lifecycle.application import operations as applications
from olt_provider.lifecycle.application.model import ApplicationInputs, ApplicationState
from olt_provider.lifecycle.installation import operations as installations
from olt_provider.lifecycle.installation.model import InstallationInputs, InstallationState
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.settings import Settings
from tests.emulated import new_tenant

SourceName = Literal["apiToken", "tenantTokens", "clientCredentials", "refreshToken"]
SOURCES: tuple[SourceName, ...] = ("apiToken", "tenantTokens", "clientCredentials", "refreshToken")


def credentials(
    source: SourceName, emulator: Emulator, tenant_id: str, role: str = "owner"
) -> dict[str, str]:
    """Credentials of one source that act for a tenant."""
    if source == "apiToken":
        return {"apiToken": emulator.token(tenant_id, role=role)}
    if source == "tenantTokens":
        return {"tenantTokens": json.dumps({tenant_id: emulator.token(tenant_id, role=role)})}
    if source == "refreshToken":
        token = emulator.refresh_token([tenant_id], role=role)
        return {"refreshToken": token, "clientId": PORTAL_CLIENT}
    deployer = emulator.platform.register(tenant_id, name="deployer", allowed_tenants=[tenant_id])
    emulator.platform.install(deployer["id"], tenant_id)
    client = deployer["oauth2Client"]
    return {"clientId": client["id"], "clientSecret": client["secret"]}


def connected(emulator: Emulator, group: dict[str, str]) -> ProviderContext:
    settings = Settings(
        emulator.api_url,
        emulator.identity_url,
        max_retries=0,
        credentials=tuple((key, SecretStr(value)) for key, value in group.items()),
    )
    return ProviderContext(settings, warn=lambda _: None, sleep=lambda _: None)


@dataclass
class Managed:
    """An application and its installation, as a state holds them."""

    application: ApplicationState
    installation: InstallationState


@pytest.fixture
def managed(emulator: Emulator, owner: str) -> Managed:
    context = connected(emulator, credentials("apiToken", emulator, owner))
    declared = ApplicationInputs(
        name="Sample", tenant_id=owner, allowed_tenants={owner: ""}, force_destroy=True
    )
    application = applications.create(context, declared)
    installation = installations.create(context, InstallationInputs(application.id, owner))
    return Managed(application, installation)


def read_application(context: ProviderContext, managed: Managed) -> object:
    return applications.read(context, managed.application)


def update_application(context: ProviderContext, managed: Managed) -> object:
    state = managed.application
    return applications.update(context, state, replace(state.inputs, name="Renamed"))


def delete_application(context: ProviderContext, managed: Managed) -> None:
    applications.delete(context, managed.application)


def read_installation(context: ProviderContext, managed: Managed) -> object:
    return installations.read(context, managed.installation)


def delete_installation(context: ProviderContext, managed: Managed) -> None:
    installations.delete(context, managed.installation)


Operation = Callable[[ProviderContext, Managed], object]
OPERATIONS: tuple[Operation, ...] = (
    read_application,
    update_application,
    delete_application,
    read_installation,
    delete_installation,
)


def assert_untouched(emulator: Emulator, managed: Managed) -> None:
    held = emulator.platform.application(managed.application.id)
    assert held is not None
    assert held["name"] == "Sample"
    assert len(emulator.platform.installations(managed.application.id)) == 1


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("source", SOURCES)
def test_credentials_of_another_tenant(
    emulator: Emulator, managed: Managed, source: SourceName, operation: Operation
) -> None:
    other = new_tenant(emulator)
    context = connected(emulator, credentials(source, emulator, other))
    with pytest.raises(OltError):
        operation(context, managed)
    assert_untouched(emulator, managed)


HIDING: dict[str, tuple[dict[str, Any], ...]] = {
    "returned 403": ({"path": "/{group}/**", "kind": "status", "status": 403},),
    "returned 404, its lists 403": (
        {"path": "/application-developer/applications", "kind": "status", "status": 403},
        {"path": "/applications", "kind": "status", "status": 403},
        {"path": "/application-developer/**", "kind": "not_found"},
        {"path": "/applications/**", "kind": "not_found"},
    ),
    "everything returned 404 as the platform does": (
        {"path": "/application-developer/**", "kind": "not_found"},
        {"path": "/applications/**", "kind": "not_found"},
        {"path": "/applications", "kind": "not_found"},
    ),
    "everything returned 404 by something else": (
        {"path": "/application-developer/**", "kind": "html", "status": 404},
        {"path": "/applications/**", "kind": "html", "status": 404},
        {"path": "/applications", "kind": "html", "status": 404},
    ),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("hiding", HIDING)
def test_the_right_tenant_without_access(
    emulator: Emulator,
    managed: Managed,
    owner: str,
    source: SourceName,
    operation: Operation,
    hiding: str,
) -> None:
    context = connected(emulator, credentials(source, emulator, owner))
    for fault in HIDING[hiding]:
        emulator.add_fault(Fault(times=None, **fault))
    with pytest.raises(OltError):
        operation(context, managed)
    emulator.clear_faults()
    assert_untouched(emulator, managed)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Emulator]:
    """Another environment of the platform, with the same tenants and nothing in them."""
    with Emulator.start() as other:
        yield other


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("source", SOURCES)
def test_another_environment(
    emulator: Emulator,
    elsewhere: Emulator,
    managed: Managed,
    owner: str,
    source: SourceName,
    operation: Operation,
) -> None:
    context = connected(elsewhere, credentials(source, elsewhere, owner))
    with pytest.raises(OltError):
        operation(context, managed)
    assert_untouched(emulator, managed)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("source", SOURCES)
def test_every_source_can_do_the_same(
    emulator: Emulator, managed: Managed, owner: str, source: SourceName, operation: Operation
) -> None:
    operation(connected(emulator, credentials(source, emulator, owner)), managed)
