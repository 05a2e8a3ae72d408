"""The rules of the policy pack, one by one, with the property names of both forms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final

import pytest

from olt_provider.policy import rules
from olt_provider.policy.rules import UNKNOWN, Rule, Subject

APPLICATION: Final = "pulumi-python:dynamic/olt:OltApplication"
NATIVE: Final = "olt:index:Application"
INSTALLATION: Final = "pulumi-python:dynamic/olt:OltInstallation"
TENANT: Final = "a0000000-0000-4000-8000-00000000000a"
OTHER: Final = "b0000000-0000-4000-8000-00000000000b"
NOW: Final = datetime(2026, 6, 1, tzinfo=timezone.utc)


def _subject(
    values: Mapping[str, Any], type_: str = APPLICATION, stack: str = "prod", protect: bool = False
) -> Subject:
    return Subject.of(type_, f"urn:pulumi:{stack}::shop::{type_}::web", values, protect=protect)


def _found(rule: Rule, subject: Subject, **config: Any) -> list[str]:
    return list(rule(subject, config))


@pytest.mark.parametrize("stack", ["prod", "prod-eu", "eu-prod", "production"])
def test_force_destroy_is_a_violation_in_production(stack: str) -> None:
    subject = _subject({"force_destroy": True}, stack=stack)
    (message,) = _found(rules.no_force_destroy, subject)
    assert message.startswith(f"force_destroy is true in stack {stack}: ")


def test_force_destroy_is_accepted_where_the_patterns_do_not_match() -> None:
    assert _found(rules.no_force_destroy, _subject({"force_destroy": True}, stack="dev")) == []
    subject = _subject({"force_destroy": True})
    assert _found(rules.no_force_destroy, subject, stacks=["live-*"]) == []
    assert _found(rules.no_force_destroy, _subject({"force_destroy": UNKNOWN})) == []
    assert _found(rules.no_force_destroy, _subject({})) == []


def test_tenant_outside_the_list_is_a_violation() -> None:
    subject = _subject({"allowed_tenants": {TENANT.upper(): "north", OTHER: UNKNOWN}})
    (message,) = _found(rules.known_tenants, subject, tenants=[TENANT])
    assert message.startswith(f"tenant {OTHER} is not in the list")
    assert _found(rules.known_tenants, subject) == []
    assert _found(rules.known_tenants, _subject({"allowed_tenants": UNKNOWN}), tenants=[]) == []


@pytest.mark.parametrize("type_", [INSTALLATION, "olt:index:Installation"])
def test_installation_in_a_tenant_outside_the_list_is_a_violation(type_: str) -> None:
    key = "tenantId" if type_.startswith("olt:") else "tenant_id"
    assert len(_found(rules.known_tenants, _subject({key: OTHER}, type_), tenants=[TENANT])) == 1
    assert _found(rules.known_tenants, _subject({key: TENANT}, type_), tenants=[TENANT]) == []


def test_owner_of_an_application_is_not_an_allowed_tenant() -> None:
    assert _found(rules.known_tenants, _subject({"tenant_id": OTHER}), tenants=[TENANT]) == []


@pytest.mark.parametrize("comment", ["", "  ", None])
def test_allowed_tenant_without_a_comment_is_a_violation(comment: str | None) -> None:
    subject = _subject({"allowed_tenants": {TENANT: comment, OTHER: "south"}})
    (message,) = _found(rules.commented_tenants, subject)
    assert message.startswith(f"allowed tenant {TENANT} has no comment")


def test_comment_that_is_not_known_yet_is_no_violation() -> None:
    subject = _subject({"allowed_tenants": {TENANT: UNKNOWN}})
    assert _found(rules.commented_tenants, subject) == []


@pytest.mark.parametrize("type_", [APPLICATION, NATIVE])
def test_redirect_uri_without_https_is_a_violation_that_hides_its_value(type_: str) -> None:
    uris = ["https://a.example/x", "http://secret.example", "custom:/x", "http://[", UNKNOWN]
    key = "redirectUris" if type_ == NATIVE else "redirect_uris"
    found = _found(rules.https_redirect_uris, _subject({key: uris}, type_))
    assert [each.split(" ")[0] for each in found] == [f"redirect_uris[{n}]" for n in (1, 2, 3)]
    assert "secret" not in "".join(found)


@pytest.mark.parametrize(
    "uri", ["http://localhost:8080/x", "http://127.0.0.1:80", "http://[::1]/x"]
)
def test_loopback_redirect_uri_is_accepted_unless_configured(uri: str) -> None:
    subject = _subject({"redirect_uris": [uri]})
    assert _found(rules.https_redirect_uris, subject) == []
    assert len(_found(rules.https_redirect_uris, subject, allow_loopback=False)) == 1


def test_application_of_production_without_protect_is_a_violation() -> None:
    assert len(_found(rules.protected, _subject({}))) == 1
    assert _found(rules.protected, _subject({}, protect=True)) == []
    assert _found(rules.protected, _subject({}, stack="dev")) == []
    assert _found(rules.protected, _subject({}, INSTALLATION)) == []


@pytest.mark.parametrize(
    "values",
    [
        {"rotate_secret_after_days": 90},
        {"rotateSecretAfterDays": 90},
        {"rotate_secret_when_changed": {"month": "05"}},
        {"rotate_secret_when_changed": UNKNOWN},
    ],
)
def test_declared_rotation_is_no_violation(values: dict[str, Any]) -> None:
    assert _found(rules.rotation_declared, _subject(values)) == []
    assert len(_found(rules.rotation_declared, _subject({"rotate_secret_when_changed": {}}))) == 1


def _age(values: dict[str, Any], type_: str = APPLICATION, **config: Any) -> list[str]:
    return list(rules.secret_age(_subject(values, type_), config, NOW))


@pytest.mark.parametrize(
    ("type_", "key"), [(APPLICATION, "secret_rotated_at"), (NATIVE, "secretRotatedAt")]
)
def test_old_secret_is_a_violation_that_names_its_age(type_: str, key: str) -> None:
    rotated = (NOW - timedelta(days=91, hours=1)).isoformat().replace("+00:00", "Z")
    (message,) = _age({key: rotated}, type_, days=90)
    assert message.startswith("the client secret is 91 days old, more than 90")
    assert _age({key: rotated}, type_, days=92) == []


@pytest.mark.parametrize("value", [None, "", UNKNOWN, "yesterday", "2020-01-01T00:00:00"])
def test_age_that_is_not_known_is_no_violation(value: Any) -> None:
    assert _age({"secret_rotated_at": value}, days=1) == []
    assert _age({}, days=1) == []
