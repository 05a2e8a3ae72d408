"""The applications that a resource manages in a run, in the engine's order of check and diff."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from olt_provider.lifecycle.application import declaration, operations
from olt_provider.lifecycle.application.model import TABLE, ApplicationInputs, ApplicationState
from olt_provider.lifecycle.checking import Checked
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.properties import defaults
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.run_record import application_key
from olt_provider.lifecycle.values import UNKNOWN
from tests.lifecycle.conftest import OTHER, OWNER, credentials_of, unsigned

Offline = Callable[..., ProviderContext]

X = "9aa3b618-8cd2-4dc0-b7a1-da6df60af254"
Y = "7aa3b618-8cd2-4dc0-b7a1-da6df60af254"
SECRET = "not-to-be-shown"


@pytest.fixture
def context(offline: Offline) -> ProviderContext:
    return offline(unsigned(OWNER))


def kept(**inputs: Any) -> dict[str, Any]:
    return {**defaults(TABLE), "name": "x", "tenant_id": OWNER, **inputs}


def adopt(application_id: object, **secret: str) -> dict[str, Any]:
    return {"application_id": application_id, **secret}


def create(context: ProviderContext, **news: Any) -> Checked:
    return declaration.check(context, {}, {"name": "x", **news})


def exists(
    context: ProviderContext, id_: str, olds: Mapping[str, Any] | None = None, **news: Any
) -> None:
    """The engine's calls for a resource that manages an application."""
    olds = olds or kept()
    checked = declaration.check(context, olds, {"name": "x", **news})
    assert checked.failures == ()
    declaration.compare(context, id_, olds, checked.inputs)


def holders(context: ProviderContext, application_id: str = X) -> list[str]:
    found = context.run.holders(application_key(application_id), context.api_url)
    return [holder.name for holder in found]


def refused(checked: Checked) -> str:
    (failure,) = checked.failures
    assert failure.property == "", "the engine shows the value of a property that is named"
    return failure.reason


@pytest.mark.parametrize("news", [{}, {"url": "https://new.example"}, {"url": UNKNOWN}])
def test_a_resource_that_stays_holds_its_application(
    context: ProviderContext, news: dict[str, Any]
) -> None:
    exists(context, X, **news)
    assert holders(context) == ["the resource with name='x'"]


@pytest.mark.parametrize("tenant_id", [OTHER, UNKNOWN])
def test_a_resource_whose_tenant_changes_holds_nothing(
    warnings: list[str], offline: Offline, tenant_id: object
) -> None:
    context = offline(None, credentials=credentials_of(OWNER, OTHER))
    exists(context, X, tenant_id=tenant_id)
    assert holders(context) == []


@pytest.mark.parametrize("diffed", [True, False])
def test_a_resource_that_is_replaced_for_another_reason_holds_nothing(
    context: ProviderContext, diffed: bool
) -> None:
    news = {"name": "x", "url": "https://new.example"}
    checked = declaration.check(context, kept(), news)
    if diffed:
        declaration.compare(context, X, kept(), checked.inputs)
    declaration.check(context, {}, news)
    assert holders(context) == []


def test_one_of_two_equal_resources_that_is_replaced_leaves_the_other_its_application(
    context: ProviderContext,
) -> None:
    exists(context, X)
    exists(context, Y, olds=kept(status="inactive"))
    create(context)
    assert holders(context, X)
    assert not holders(context, Y)


def test_an_updated_resource_keeps_its_application_from_an_equal_one_that_adopts_it(
    context: ProviderContext,
) -> None:
    news: dict[str, Any] = {"url": "https://new.example", "adopt": adopt(X)}
    exists(context, X, **news)
    state = ApplicationState.from_props(X, kept())
    operations.update(context, state, ApplicationInputs.from_props(kept()))
    assert f"manages application {X}" in refused(create(context, **news))


def test_comparison_for_dependents_holds_nothing(context: ProviderContext) -> None:
    declaration.compare(context, X, kept(), kept(url=UNKNOWN))
    assert holders(context) == []


def test_a_failed_check_holds_nothing(context: ProviderContext) -> None:
    assert create(context, adopt=adopt(X), url="no").failures
    assert holders(context) == []


def test_what_is_not_known_yet_is_not_held(context: ProviderContext) -> None:
    create(context, adopt=adopt(UNKNOWN))
    exists(context, X, adopt=adopt(UNKNOWN))
    assert len(holders(context)) == 1


def test_adopt_may_stay_on_the_resource_that_manages_the_application(
    context: ProviderContext, warnings: list[str]
) -> None:
    exists(context, X, adopt=adopt(X.upper()))
    assert warnings == []


def test_adopt_on_a_resource_that_manages_another_application_is_refused(
    context: ProviderContext,
) -> None:
    with pytest.raises(LifecycleError, match=f"adopt names application {X}, but .* {Y}") as caught:
        exists(context, Y, adopt=adopt(X, client_secret=SECRET))
    assert SECRET not in str(caught.value)


def test_a_replacement_may_adopt_another_application(offline: Offline) -> None:
    context = offline(None, credentials=credentials_of(OWNER, OTHER))
    exists(context, Y, tenant_id=OTHER, adopt=adopt(X))
    assert create(context, tenant_id=OTHER, adopt=adopt(X)).failures == ()
    assert holders(context, X)
    assert not holders(context, Y)


def test_a_replaced_resource_adopts_its_application_again(context: ProviderContext) -> None:
    exists(context, X, url="https://new.example", adopt=adopt(X))
    assert create(context, url="https://new.example", adopt=adopt(X)).failures == ()
    assert len(holders(context)) == 1


def test_two_resources_cannot_adopt_one_application(context: ProviderContext) -> None:
    assert create(context, adopt=adopt(X)).failures == ()
    reason = refused(create(context, name="y", adopt=adopt(X, client_secret=SECRET)))
    assert reason.startswith(f"adopt: the resource with name='x' adopts application {X} too")
    assert SECRET not in reason


def test_a_resource_cannot_adopt_what_another_manages(context: ProviderContext) -> None:
    exists(context, X)
    assert f"manages application {X} too" in refused(create(context, adopt=adopt(X)))


def test_a_resource_cannot_manage_what_another_adopts(context: ProviderContext) -> None:
    create(context, name="y", adopt=adopt(X))
    with pytest.raises(LifecycleError, match=f"manages application {X}, and .* adopts it"):
        exists(context, X)


def test_a_copied_declaration_that_adopts_is_not_taken_for_a_replacement(
    context: ProviderContext,
) -> None:
    exists(context, X, adopt=adopt(X))
    assert "only one resource can" in refused(create(context, adopt=adopt(X)))


def test_two_resources_that_manage_one_application_are_a_warning(
    context: ProviderContext, warnings: list[str]
) -> None:
    exists(context, X)
    exists(context, X, name="y")
    assert f"application {X} is managed by two resources" in warnings[0]
    assert len(holders(context)) == 2


@pytest.mark.parametrize("adopter_first", [True, False])
def test_adopt_that_stays_declared_does_not_share_its_application(
    context: ProviderContext, *, adopter_first: bool
) -> None:
    declared: list[dict[str, Any]] = [{"name": "y", "adopt": adopt(X)}, {}]
    first, second = declared if adopter_first else reversed(declared)
    exists(context, X, **first)
    pattern = f"name='x' manages application {X}, and .* name='y' adopts it; only one resource can"
    with pytest.raises(LifecycleError, match=pattern):
        exists(context, X, **second)


def test_unfinished_adoption_does_not_share_its_application(context: ProviderContext) -> None:
    exists(context, X)
    checked = declaration.check(context, kept(), {"name": "y"})
    marked = {**kept(name="y"), declaration.UNFINISHED_ADOPTION: True}
    with pytest.raises(LifecycleError, match=f"manages application {X}, and .*name='y' adopts it"):
        declaration.compare(context, X, marked, checked.inputs)


def test_settings_that_are_unusable_do_not_release_anything(misconfigured: ProviderContext) -> None:
    exists(misconfigured, X, tenant_id=OWNER, **defaults(TABLE))
    assert holders(misconfigured)


def test_what_was_registered_in_this_run_cannot_be_adopted(context: ProviderContext) -> None:
    created = create(context)
    declaration.hold_created(context, X, created.inputs)
    assert f"manages application {X} too" in refused(create(context, name="y", adopt=adopt(X)))


def test_what_was_adopted_in_this_run_is_held_once(context: ProviderContext) -> None:
    created = create(context, adopt=adopt(X))
    declaration.hold_created(context, X, created.inputs)
    assert len(holders(context)) == 1


@pytest.fixture
def state() -> ApplicationState:
    return ApplicationState.from_props(X, kept())


def test_an_application_that_an_undiffed_resource_may_manage_is_not_deleted(
    context: ProviderContext, state: ApplicationState
) -> None:
    declaration.check(context, kept(), {"name": "x"})
    with pytest.raises(LifecycleError, match="unset PULUMI_ENABLE_LEGACY_DIFF"):
        operations.delete(context, state)


def test_an_update_after_an_equal_resource_was_created_holds_the_application(
    context: ProviderContext, state: ApplicationState, warnings: list[str]
) -> None:
    exists(context, X, olds=kept(status="inactive"))
    create(context)
    assert not holders(context)
    operations.update(context, state, ApplicationInputs.from_props(kept()))
    operations.delete(context, state)
    assert f"application {X} was not deleted" in warnings[-1]


def test_an_update_of_what_an_equal_resource_adopts_is_refused(
    context: ProviderContext, state: ApplicationState
) -> None:
    exists(context, X, olds=kept(status="inactive"), adopt=adopt(X))
    create(context, adopt=adopt(X))
    with pytest.raises(LifecycleError, match="only one resource can"):
        operations.update(context, state, ApplicationInputs.from_props(kept()))
