from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from olt_provider.lifecycle.application import declaration as application
from olt_provider.lifecycle.application.model import TABLE
from olt_provider.lifecycle.checking import Checked
from olt_provider.lifecycle.default_tenants import DefaultTenants
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.installation import declaration as installation
from olt_provider.lifecycle.properties import defaults
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.values import UNKNOWN
from tests.lifecycle.conftest import OTHER, OWNER, credentials_of

APPLICATION = "9aa3b618-8cd2-4dc0-b7a1-da6df60af254"
REPLACEMENT = "7aa3b618-8cd2-4dc0-b7a1-da6df60af254"


@pytest.fixture
def context(offline: Callable[..., ProviderContext]) -> ProviderContext:
    """One whose default tenant was ``OWNER`` in earlier runs and is ``OTHER`` now."""
    return offline(tenant_id=OTHER, credentials=credentials_of(OWNER, OTHER))


def kept_inputs(**declared: Any) -> dict[str, Any]:
    return {**defaults(TABLE), "name": "x", "tenant_id": OWNER, **declared}


def refused(checked: Checked) -> str:
    (failure,) = checked.failures
    assert failure.property == ""
    return failure.reason


def test_replaced_application_keeps_its_tenant(context: ProviderContext) -> None:
    news = {"name": "x", "url": "https://new.example"}
    checked = application.check(context, kept_inputs(), news)
    application.compare(context, APPLICATION, kept_inputs(), checked.inputs)
    again = application.check(context, {}, news)
    assert again.failures == ()
    assert again.inputs["tenant_id"] == OWNER


@pytest.mark.parametrize("id_", [REPLACEMENT, UNKNOWN])
def test_installation_of_a_replaced_application_keeps_its_tenant(
    context: ProviderContext, id_: object
) -> None:
    olds = {"application_id": APPLICATION, "tenant_id": OWNER}
    checked = installation.check(context, olds, {"application_id": id_})
    installation.compare(context, olds, checked.inputs)
    again = installation.check(context, {}, {"application_id": id_})
    assert again.inputs["tenant_id"] == OWNER


def test_a_default_is_refused_after_a_resource_that_stays_elsewhere(
    context: ProviderContext,
) -> None:
    assert application.check(context, kept_inputs(), {"name": "x"}).failures == ()
    reason = refused(application.check(context, {}, {"name": "y"}))
    assert OWNER in reason
    assert OTHER in reason
    assert "declare tenant_id" in reason


def test_a_default_is_refused_before_a_resource_that_stays_elsewhere(
    context: ProviderContext,
) -> None:
    assert application.check(context, {}, {"name": "y"}).failures == ()
    assert "declare tenant_id" in refused(application.check(context, kept_inputs(), {"name": "x"}))


def test_a_declared_tenant_is_not_refused(context: ProviderContext) -> None:
    application.check(context, kept_inputs(), {"name": "x"})
    declared = {"name": "y", "tenant_id": OTHER}
    assert application.check(context, {}, declared).failures == ()
    assert application.check(context, {}, {**declared, "tenant_id": UNKNOWN}).failures == ()


def test_a_default_that_has_not_changed_is_not_refused(context: ProviderContext) -> None:
    application.check(context, kept_inputs(tenant_id=OTHER), {"name": "x"})
    assert application.check(context, {}, {"name": "y"}).failures == ()


def test_a_declared_tenant_is_no_sign_of_another_default(context: ProviderContext) -> None:
    application.check(context, kept_inputs(), {"name": "x", "tenant_id": OWNER})
    assert application.check(context, {}, {"name": "y"}).failures == ()


def dependents(context: ProviderContext, *tenants: str) -> None:
    """The engine asks whether installations are replaced that are to be deleted first."""
    for tenant_id in tenants:
        outputs = {"application_id": APPLICATION, "tenant_id": tenant_id}
        installation.compare(context, outputs, {**outputs, "application_id": UNKNOWN})


def test_a_default_is_refused_where_one_elsewhere_is_deleted_before_its_replacement(
    context: ProviderContext,
) -> None:
    dependents(context, OWNER)
    reason = refused(installation.check(context, {}, {"application_id": REPLACEMENT}))
    assert OWNER in reason
    assert OTHER in reason


def test_installations_in_several_tenants_are_installed_again(context: ProviderContext) -> None:
    dependents(context, OWNER, OTHER)
    for tenant in ({}, {"tenant_id": OWNER}):
        declared = {"application_id": REPLACEMENT, **tenant}
        assert installation.check(context, {}, declared).failures == ()


def test_an_application_is_not_deleted_to_complete_a_move_by_default() -> None:
    tenants = DefaultTenants()
    tenants.note_application("x", OTHER)
    tenants.require_no_move_of_application("y", OWNER)
    tenants.require_no_move_of_application("x", OTHER)
    with pytest.raises(LifecycleError, match=f'declare tenant_id="{OTHER}" to confirm'):
        tenants.require_no_move_of_application("x", OWNER)
    tenants.note_application("x", OWNER)
    tenants.require_no_move_of_application("x", OWNER)


def test_one_is_not_uninstalled_to_complete_a_move_by_default() -> None:
    tenants = DefaultTenants()
    tenants.note_installation(APPLICATION, OTHER)
    tenants.require_no_move_of_installation(REPLACEMENT, OWNER)
    with pytest.raises(LifecycleError, match=f"was not uninstalled from tenant {OWNER}"):
        tenants.require_no_move_of_installation(APPLICATION, OWNER)


@pytest.mark.parametrize("check", [application.check, installation.check])
def test_unknown_tenant_is_not_refused_with_tokens_of_several_tenants(
    context: ProviderContext, check: Callable[..., Checked]
) -> None:
    news = {"name": "x", "application_id": APPLICATION, "tenant_id": UNKNOWN}
    assert check(context, {}, news).failures == ()
