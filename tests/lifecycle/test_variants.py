"""The lifecycle works with every variant of the responses that the contract allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from olt_provider.emulator import Emulator, Fault
from olt_provider.emulator.faults import Kind
from olt_provider.emulator.variants import VARIANTS, Variant
from olt_provider.lifecycle.application import operations
from olt_provider.lifecycle.application.model import ApplicationInputs
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.installation import operations as installations
from olt_provider.lifecycle.installation.model import InstallationInputs
from olt_provider.lifecycle.provider_context import ProviderContext
from tests.emulated import new_tenant

Connect = Callable[..., ProviderContext]
ALL: dict[str, tuple[Variant, ...]] = {
    **{name: (name,) for name in VARIANTS},
    "small pages without a size": ("small_pages", "no_page_size"),
    "small pages without meta": ("small_pages", "no_meta"),
    "all": VARIANTS,
}


@pytest.fixture(params=ALL.values(), ids=list(ALL))
def varied(emulator: Emulator, request: pytest.FixtureRequest) -> Iterator[Emulator]:
    emulator.set_variants(*request.param)
    yield emulator
    emulator.set_variants()


@pytest.fixture
def context(connect: Connect, owner: str) -> ProviderContext:
    return connect(owner)


def test_application_is_created_changed_read_and_deleted(
    varied: Emulator, context: ProviderContext, owner: str
) -> None:
    other = new_tenant(varied)
    inputs = ApplicationInputs("Sample", owner, {owner: "x"}, status="inactive")
    created = operations.create(context, inputs)
    assert created.client_secret is not None
    assert varied.platform.secret_is_valid(
        created.client_id, created.client_secret.get_secret_value()
    )
    changed = replace(
        inputs,
        allowed_tenants={other: ""},
        status="active",
        with_public_oauth2_client=True,
        rotate_secret_when_changed={"to": 1},
    )
    updated = operations.update(context, created, changed)
    assert updated.client_secret is not None
    assert updated.client_secret != created.client_secret
    assert varied.platform.secret_is_valid(
        updated.client_id, updated.client_secret.get_secret_value()
    )
    assert operations.read(context, updated) == updated
    operations.delete(context, updated)
    assert varied.platform.applications(owner) == []


def test_lists_are_read_to_their_end(
    varied: Emulator, context: ProviderContext, owner: str
) -> None:
    for number in range(23):
        varied.platform.register(owner, name=f"Sample {number}")
    with pytest.raises(LifecycleError, match="Sample 22"):
        operations.create(context, ApplicationInputs("Sample 22", owner))
    listed = context.client.as_tenant(owner).applications.list()
    assert len({application.id for application in listed}) == 23


def test_deletion_check_reads_the_whole_list(
    varied: Emulator, connect: Connect, owner: str
) -> None:
    for number in range(11):
        varied.platform.register(owner, name=f"Sample {number}")
    state = operations.create(connect(owner), ApplicationInputs("Last", owner))
    path = f"/application-developer/applications/{state.id}"
    varied.add_fault(Fault(kind="not_found", method="GET", path=path, times=None))
    with pytest.raises(LifecycleError, match="still listed"):
        operations.read(connect(owner), state)
    varied.clear_faults()
    varied.platform.delete(state.id)
    assert operations.read(connect(owner), state) is None


def test_installation_is_created_read_and_deleted(
    varied: Emulator, context: ProviderContext, owner: str
) -> None:
    application = varied.platform.register(owner, allowed_tenants=[owner])
    created = installations.create(context, InstallationInputs(application["id"], owner))
    assert installations.read(context, created) == created
    installations.delete(context, created)
    assert varied.platform.installations(application["id"]) == []


def test_installed_tenants_are_all_read(varied: Emulator, connect: Connect, owner: str) -> None:
    tenants = [new_tenant(varied) for _ in range(25)]
    application = varied.platform.register(owner, allowed_tenants=tenants)
    for tenant in tenants:
        varied.platform.install(application["id"], tenant)
    client, secret = application["oauth2Client"]["id"], application["oauth2Client"]["secret"]
    client = (
        connect(owner, credentials=_client_credentials(client, secret)).session(tenants[0]).client
    )
    found = client.application_info.installed_tenants()
    assert sorted(item.tenant_id for item in found) == sorted(tenants)


def _client_credentials(client_id: str, secret: str) -> tuple[tuple[str, SecretStr], ...]:
    return (("clientId", SecretStr(client_id)), ("clientSecret", SecretStr(secret)))


@pytest.mark.parametrize("field", ["allowedTenants", "status", "createdAt", "tenantId"])
def test_registration_whose_rest_cannot_be_read_keeps_its_secret(
    emulator: Emulator, context: ProviderContext, owner: str, field: str
) -> None:
    path = "/application-developer/applications"
    emulator.add_fault(Fault(kind="missing_field", field=f"data.{field}", method="POST", path=path))
    emulator.add_fault(Fault(kind="status", status=403, method="GET", path=f"{path}/*"))
    state = operations.create(context, ApplicationInputs("Sample", owner, {owner: ""}))
    (application,) = emulator.platform.applications(owner)
    assert (state.id, state.created_at) == (application["id"], "")
    assert state.client_secret is not None
    assert emulator.platform.secret_is_valid(
        state.client_id, state.client_secret.get_secret_value()
    )
    read = operations.read(context, state)
    assert read == replace(state, created_at=application["createdAt"])


def test_odd_application_blocks_neither_registrations_nor_deletion_checks(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    emulator.platform.register(owner, name="odd")
    path = "/application-developer/applications"
    state = operations.create(connect(owner), ApplicationInputs("gone", owner))
    emulator.platform.delete(state.id)
    for field in ("data.0.allowedTenants", "data.0.oauth2Client", "data.0.status", "data.0.name"):
        emulator.add_fault(
            Fault(kind="missing_field", field=field, method="GET", path=path, times=2)
        )
        context = connect(owner)
        created = operations.create(context, ApplicationInputs(f"not {field}", owner))
        assert operations.read(context, state) is None
        assert operations.read(context, created) == created
        emulator.clear_faults()


def without_id(emulator: Emulator) -> None:
    """Every list of applications has a first one without an ID."""
    path = "/application-developer/applications"
    emulator.add_fault(
        Fault(kind="missing_field", field="data.0.id", method="GET", path=path, times=None)
    )


def test_application_without_id_in_the_list_does_not_block_registrations(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    emulator.platform.register(owner, name="odd")
    without_id(emulator)
    created = operations.create(connect(owner), ApplicationInputs("Sample", owner))
    assert [each["id"] for each in emulator.platform.applications(owner)][-1] == created.id


def test_application_without_id_in_the_list_leaves_a_deletion_unproven(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    state = operations.create(connect(owner), ApplicationInputs("Sample", owner))
    without_id(emulator)
    path = f"/application-developer/applications/{state.id}"
    emulator.add_fault(Fault(kind="not_found", method="GET", path=path, times=None))
    with pytest.raises(LifecycleError, match="a 404 does not prove that it is gone"):
        operations.read(connect(owner), state)


@pytest.mark.parametrize("kind", ["reset_after", "truncate"])
def test_lost_registration_is_found_beside_an_application_without_id(
    emulator: Emulator, connect: Connect, owner: str, kind: Kind
) -> None:
    emulator.platform.register(owner, name="odd")
    without_id(emulator)
    path = "/application-developer/applications"
    emulator.add_fault(Fault(kind=kind, method="POST", path=path))
    created = operations.create(connect(owner), ApplicationInputs("Sample", owner))
    assert created.id == emulator.platform.applications(owner)[-1]["id"]
    assert created.client_secret is not None


def test_lost_registration_is_undecided_where_one_of_its_name_cannot_be_read(
    emulator: Emulator, connect: Connect, owner: str
) -> None:
    emulator.platform.register(owner, name="Sample")
    without_id(emulator)
    path = "/application-developer/applications"
    emulator.add_fault(Fault(kind="reset_after", method="POST", path=path))
    inputs = ApplicationInputs("Sample", owner, prevent_duplicate_name=False)
    with pytest.raises(LifecycleError, match="cannot be read"):
        operations.create(connect(owner), inputs)
    assert not [call for call in emulator.calls if call.path.endswith("/secret")]
