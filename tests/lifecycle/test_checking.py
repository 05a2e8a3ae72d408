from __future__ import annotations

from collections.abc import Callable

import pytest

from olt_provider.lifecycle import checking
from olt_provider.lifecycle.checking import Checked, Failure, Subject
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.values import UNKNOWN

from .conftest import OTHER, OWNER, unsigned

Offline = Callable[..., ProviderContext]
SUBJECT = Subject("application", "application 'x'")


def check_tenant(context: ProviderContext, olds: dict[str, str], checked: Checked) -> Checked:
    return checking.check_tenant(context, olds, checked, SUBJECT)


def test_the_old_tenant_is_the_first_default(offline: Offline) -> None:
    context = offline(unsigned(OWNER), tenant_id=OTHER)
    assert check_tenant(context, {"tenant_id": OWNER}, Checked({})).inputs["tenant_id"] == OWNER


def test_the_configured_tenant_is_the_second_default(offline: Offline) -> None:
    context = offline(unsigned(OWNER), tenant_id=OWNER)
    assert check_tenant(context, {}, Checked({})).inputs["tenant_id"] == OWNER


def test_the_tokens_tenant_is_the_third_default(offline: Offline) -> None:
    assert check_tenant(offline(unsigned(OTHER)), {}, Checked({})).inputs["tenant_id"] == OTHER


@pytest.mark.parametrize("lifetime", [3600, -3600])
def test_a_default_never_moves_a_resource_to_the_tenant_of_other_credentials(
    offline: Offline, lifetime: float
) -> None:
    context = offline(unsigned(OTHER, lifetime=lifetime))
    checked = check_tenant(context, {"tenant_id": OWNER}, Checked({}))
    assert checked.inputs["tenant_id"] == OWNER
    (failure,) = checked.failures
    assert OWNER in failure.reason
    assert OTHER in failure.reason


@pytest.mark.parametrize("token", [None, "nonsense", unsigned(OWNER, lifetime=-3600)])
def test_an_unchanged_declaration_needs_no_working_credentials(
    offline: Offline, warnings: list[str], token: str | None
) -> None:
    declared = {"tenant_id": OWNER, "name": "x"}
    assert check_tenant(offline(token), declared, Checked(declared)).failures == ()
    assert len(warnings) == 1


@pytest.mark.parametrize("olds", [{}, {"tenant_id": OWNER, "name": "old"}])
@pytest.mark.parametrize("token", [None, "nonsense", unsigned(OWNER, lifetime=-3600)])
def test_what_is_new_or_changed_is_refused_without_working_credentials(
    offline: Offline, olds: dict[str, str], token: str | None
) -> None:
    declared = {"tenant_id": OWNER, "name": "x"}
    (failure,) = check_tenant(offline(token), olds, Checked(declared)).failures
    assert failure.property == ""


def test_unusable_settings_are_reported_where_something_is_new(
    misconfigured: ProviderContext,
) -> None:
    (failure,) = check_tenant(misconfigured, {}, Checked({"name": "x"})).failures
    assert failure.reason == "olt:apiUrl is wrong"


def test_an_unknown_tenant_passes(offline: Offline) -> None:
    declared = Checked({"tenant_id": UNKNOWN})
    assert check_tenant(offline(unsigned(OWNER)), {}, declared).failures == ()


def test_a_property_that_is_wrong_is_reported_before_the_credentials(offline: Offline) -> None:
    wrong = Checked({}, (Failure("name", "no"),))
    assert check_tenant(offline(None), {}, wrong).failures == wrong.failures
