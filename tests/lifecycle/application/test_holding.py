"""What a resource holds in a run, in the order in which the engine sends check and diff."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from olt_provider.lifecycle.application import declaration, operations
from olt_provider.lifecycle.application.declaration import DEFAULTS
from olt_provider.lifecycle.application.model import ApplicationInputs, ApplicationState
from olt_provider.lifecycle.checking import Checked
from olt_provider.lifecycle.errors import LifecycleError
from olt_provider.lifecycle.platform import Platform
from olt_provider.lifecycle.run_record import application_key
from olt_provider.lifecycle.values import UNKNOWN
from tests.lifecycle.conftest import OTHER, OWNER, credentials_of, unsigned

Offline = Callable[..., Platform]

X = "9aa3b618-8cd2-4dc0-b7a1-da6df60af254"
Y = "7aa3b618-8cd2-4dc0-b7a1-da6df60af254"
SECRET = "not-to-be-shown"


@pytest.fixture
def platform(offline: Offline) -> Platform:
    return offline(unsigned(OWNER))


def kept(**inputs: Any) -> dict[str, Any]:
    return {**DEFAULTS, "name": "x", "tenant_id": OWNER, **inputs}


def adopt(application_id: object, **secret: str) -> dict[str, Any]:
    return {"application_id": application_id, **secret}


def create(platform: Platform, **news: Any) -> Checked:
    return declaration.check(platform, {}, {"name": "x", **news})


def exists(
    platform: Platform, id_: str, olds: Mapping[str, Any] | None = None, **news: Any
) -> None:
    """The engine's calls for a resource that manages an application."""
    olds = olds or kept()
    checked = declaration.check(platform, olds, {"name": "x", **news})
    assert checked.failures == ()
    declaration.compare(platform, id_, olds, checked.inputs)


def holders(platform: Platform, application_id: str = X) -> list[str]:
    found = platform.run.holders(application_key(application_id), platform.api_url)
    return [holder.name for holder in found]


def refused(checked: Checked) -> str:
    (failure,) = checked.failures
    assert failure.property == "", "the engine shows the value of a property that is named"
    return failure.reason


@pytest.mark.parametrize("news", [{}, {"url": "https://new.example"}, {"url": UNKNOWN}])
def test_a_resource_that_stays_holds_its_application(
    platform: Platform, news: dict[str, Any]
) -> None:
    exists(platform, X, **news)
    assert holders(platform) == ["the resource with name='x'"]


@pytest.mark.parametrize("tenant_id", [OTHER, UNKNOWN])
def test_a_resource_whose_tenant_changes_holds_nothing(
    warnings: list[str], offline: Offline, tenant_id: object
) -> None:
    platform = offline(None, credentials=credentials_of(OWNER, OTHER))
    exists(platform, X, tenant_id=tenant_id)
    assert holders(platform) == []


@pytest.mark.parametrize("diffed", [True, False])
def test_a_resource_that_is_replaced_for_another_reason_holds_nothing(
    platform: Platform, diffed: bool
) -> None:
    news = {"name": "x", "url": "https://new.example"}
    checked = declaration.check(platform, kept(), news)
    if diffed:
        declaration.compare(platform, X, kept(), checked.inputs)
    declaration.check(platform, {}, news)
    assert holders(platform) == []


def test_one_of_two_equal_resources_that_is_replaced_leaves_the_other_its_application(
    platform: Platform,
) -> None:
    exists(platform, X)
    exists(platform, Y, olds=kept(status="inactive"))
    create(platform)
    assert holders(platform, X)
    assert not holders(platform, Y)


def test_an_updated_resource_keeps_its_application_from_an_equal_one_that_adopts_it(
    platform: Platform,
) -> None:
    news: dict[str, Any] = {"url": "https://new.example", "adopt": adopt(X)}
    exists(platform, X, **news)
    state = ApplicationState.from_props(X, kept())
    operations.update(platform, state, ApplicationInputs.from_props(kept()))
    assert f"manages application {X}" in refused(create(platform, **news))


def test_a_question_about_dependents_holds_nothing(platform: Platform) -> None:
    declaration.compare(platform, X, kept(), kept(url=UNKNOWN))
    assert holders(platform) == []


def test_a_failed_check_holds_nothing(platform: Platform) -> None:
    assert create(platform, adopt=adopt(X), url="no").failures
    assert holders(platform) == []


def test_what_is_not_known_yet_is_not_held(platform: Platform) -> None:
    create(platform, adopt=adopt(UNKNOWN))
    exists(platform, X, adopt=adopt(UNKNOWN))
    assert len(holders(platform)) == 1


def test_adopt_may_stay_on_the_resource_that_manages_the_application(
    platform: Platform, warnings: list[str]
) -> None:
    exists(platform, X, adopt=adopt(X.upper()))
    assert warnings == []


def test_adopt_on_a_resource_that_manages_another_application_is_refused(
    platform: Platform,
) -> None:
    with pytest.raises(LifecycleError, match=f"adopt names application {X}, but .* {Y}") as caught:
        exists(platform, Y, adopt=adopt(X, client_secret=SECRET))
    assert SECRET not in str(caught.value)


def test_a_replacement_may_adopt_another_application(offline: Offline) -> None:
    platform = offline(None, credentials=credentials_of(OWNER, OTHER))
    exists(platform, Y, tenant_id=OTHER, adopt=adopt(X))
    assert create(platform, tenant_id=OTHER, adopt=adopt(X)).failures == ()
    assert holders(platform, X)
    assert not holders(platform, Y)


def test_a_replaced_resource_adopts_its_application_again(platform: Platform) -> None:
    exists(platform, X, url="https://new.example", adopt=adopt(X))
    assert create(platform, url="https://new.example", adopt=adopt(X)).failures == ()
    assert len(holders(platform)) == 1


def test_two_resources_cannot_adopt_one_application(platform: Platform) -> None:
    assert create(platform, adopt=adopt(X)).failures == ()
    reason = refused(create(platform, name="y", adopt=adopt(X, client_secret=SECRET)))
    assert reason.startswith(f"adopt: the resource with name='x' adopts application {X} too")
    assert SECRET not in reason


def test_a_resource_cannot_adopt_what_another_manages(platform: Platform) -> None:
    exists(platform, X)
    assert f"manages application {X} too" in refused(create(platform, adopt=adopt(X)))


def test_a_resource_cannot_manage_what_another_adopts(platform: Platform) -> None:
    create(platform, name="y", adopt=adopt(X))
    with pytest.raises(LifecycleError, match=f"manages application {X}, and .* adopts it"):
        exists(platform, X)


def test_a_copied_declaration_that_adopts_is_not_taken_for_a_replacement(
    platform: Platform,
) -> None:
    exists(platform, X, adopt=adopt(X))
    assert "only one resource can" in refused(create(platform, adopt=adopt(X)))


def test_two_resources_that_manage_one_application_are_a_warning(
    platform: Platform, warnings: list[str]
) -> None:
    exists(platform, X)
    exists(platform, X, name="y")
    assert f"application {X} is managed by two resources" in warnings[0]
    assert len(holders(platform)) == 2


def test_settings_that_are_unusable_do_not_release_anything(misconfigured: Platform) -> None:
    exists(misconfigured, X, tenant_id=OWNER, **DEFAULTS)
    assert holders(misconfigured)


def test_what_was_registered_in_this_run_cannot_be_adopted(platform: Platform) -> None:
    created = create(platform)
    declaration.hold_created(platform, X, created.inputs)
    assert f"manages application {X} too" in refused(create(platform, name="y", adopt=adopt(X)))


def test_what_was_adopted_in_this_run_is_held_once(platform: Platform) -> None:
    created = create(platform, adopt=adopt(X))
    declaration.hold_created(platform, X, created.inputs)
    assert len(holders(platform)) == 1


@pytest.fixture
def state() -> ApplicationState:
    return ApplicationState.from_props(X, kept())


def test_an_application_that_an_undiffed_resource_may_manage_is_not_deleted(
    platform: Platform, state: ApplicationState
) -> None:
    declaration.check(platform, kept(), {"name": "x"})
    with pytest.raises(LifecycleError, match="unset PULUMI_ENABLE_LEGACY_DIFF"):
        operations.delete(platform, state)


def test_an_update_after_an_equal_resource_was_created_holds_the_application(
    platform: Platform, state: ApplicationState, warnings: list[str]
) -> None:
    exists(platform, X, olds=kept(status="inactive"))
    create(platform)
    assert not holders(platform)
    operations.update(platform, state, ApplicationInputs.from_props(kept()))
    operations.delete(platform, state)
    assert f"application {X} was not deleted" in warnings[-1]


def test_an_update_of_what_an_equal_resource_adopts_is_refused(
    platform: Platform, state: ApplicationState
) -> None:
    exists(platform, X, olds=kept(status="inactive"), adopt=adopt(X))
    create(platform, adopt=adopt(X))
    with pytest.raises(LifecycleError, match="only one resource can"):
        operations.update(platform, state, ApplicationInputs.from_props(kept()))
