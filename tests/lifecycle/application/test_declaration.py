from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from olt_provider.lifecycle.application.declaration import check, diff
from olt_provider.lifecycle.application.model import TABLE, ApplicationInputs
from olt_provider.lifecycle.properties import compared, defaults
from olt_provider.lifecycle.provider_context import ProviderContext
from olt_provider.lifecycle.run_record import application_key
from olt_provider.lifecycle.values import UNKNOWN
from tests.lifecycle.conftest import OTHER, OWNER, unsigned

Offline = Callable[..., ProviderContext]
APPLICATION = "9aa3b618-8cd2-4dc0-b7a1-da6df60af254"


@pytest.fixture
def context(offline: Offline) -> ProviderContext:
    return offline(unsigned(OWNER))


def checked(
    context: ProviderContext, olds: Mapping[str, Any] | None = None, **news: Any
) -> dict[str, Any]:
    result = check(context, olds or {}, {"name": "x", **news})
    assert result.failures == ()
    return result.inputs


def test_creation_keeps_only_what_is_declared_and_the_tenant(context: ProviderContext) -> None:
    assert checked(context) == {"name": "x", "tenant_id": OWNER}
    assert checked(context, status="active", redirect_uris=[]) == checked(context)


def test_default_is_filled_in_where_the_old_inputs_hold_the_property(
    context: ProviderContext,
) -> None:
    olds = {"name": "x", "tenant_id": OWNER, "status": "inactive", "force_destroy": False}
    assert checked(context, olds) == {**olds, "status": "active"}


def test_inputs_of_a_state_that_holds_every_default_stay_as_they_are(
    context: ProviderContext,
) -> None:
    olds = {**defaults(TABLE), "name": "x", "tenant_id": OWNER}
    assert checked(context, olds) == olds
    assert checked(context, olds, url="https://a") == {**olds, "url": "https://a"}


def test_tenants_that_are_not_declared_stay_unmanaged(context: ProviderContext) -> None:
    assert "allowed_tenants" not in checked(context)


def test_an_empty_mapping_of_tenants_is_a_declaration(context: ProviderContext) -> None:
    assert checked(context, allowed_tenants={})["allowed_tenants"] == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("tenant_id", "tenant-1"),
        ("allowed_tenants", {"x": ""}),
        ("allowed_tenants", [{"tenant_id": OTHER}, {"tenant_id": OTHER}]),
        ("with_public_oauth2_client", "yes"),
        ("redirect_uris", ["https://*"]),
        ("teaser_description", 7),
        ("url", "example"),
        ("status", "paused"),
        ("rotate_secret_when_changed", "x"),
        ("force_destroy", 1),
        ("prevent_duplicate_name", "no"),
        ("adopt", {}),
        ("adopt", {"application_id": "x"}),
        ("adopt", {"application_id": APPLICATION, "client_secret": 7}),
    ],
)
def test_what_is_wrong_is_named_at_its_property(
    context: ProviderContext, name: str, value: object
) -> None:
    result = check(context, {}, {"name": "x", name: value})
    assert [failure.property for failure in result.failures] == [name]


@pytest.mark.parametrize("name", [name for name in compared(TABLE) if name != "tenant_id"])
def test_an_unknown_value_passes_and_stays_unknown(context: ProviderContext, name: str) -> None:
    assert checked(context, None, **{name: UNKNOWN})[name] is UNKNOWN


def test_an_unknown_comment_passes_beside_a_known_tenant(context: ProviderContext) -> None:
    assert checked(context, allowed_tenants={OTHER: UNKNOWN})["allowed_tenants"] == {OTHER: UNKNOWN}


def test_adoption_is_read_on_creation_only(context: ProviderContext) -> None:
    adopt = {"application_id": APPLICATION, "client_secret": "hush"}
    assert checked(context, adopt=adopt)["adopt"] == adopt
    olds = {**defaults(TABLE), "name": "x", "tenant_id": OWNER}
    assert "adopt" not in checked(context, olds, adopt=adopt)


def test_what_is_to_be_adopted_is_known_before_anything_is_deleted(
    context: ProviderContext,
) -> None:
    checked(context, adopt={"application_id": APPLICATION})
    (holder,) = context.run.holders(application_key(APPLICATION), context.api_url)
    assert holder.adopts


def test_nothing_differs_from_what_was_just_kept(context: ProviderContext) -> None:
    inputs = checked(context, allowed_tenants={OTHER: None}, redirect_uris=["https://a"])
    outputs = ApplicationInputs.from_props(inputs).to_props()
    assert diff({**outputs, "client_id": "y"}, inputs).properties == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "y"),
        ("allowed_tenants", {OWNER: ""}),
        ("allowed_tenants", {}),
        ("with_public_oauth2_client", True),
        ("redirect_uris", ["https://b"]),
        ("teaser_description", "new"),
        ("url", "https://b"),
        ("status", "inactive"),
        ("rotate_secret_when_changed", {"on": "monday"}),
        ("force_destroy", True),
        ("prevent_duplicate_name", False),
        ("name", UNKNOWN),
    ],
)
def test_a_change_is_made_in_place(context: ProviderContext, name: str, value: object) -> None:
    kept = checked(context, allowed_tenants={OTHER: "x"}, redirect_uris=["https://a"])
    difference = diff(kept, {**kept, name: value})
    assert difference.properties == (name,)
    assert difference.replaces == ()


@pytest.mark.parametrize("tenant_id", [OTHER, UNKNOWN])
def test_another_owner_replaces(context: ProviderContext, tenant_id: object) -> None:
    kept = checked(context)
    assert diff(kept, {**kept, "tenant_id": tenant_id}).replaces == ("tenant_id",)


def test_a_secret_that_an_adoption_ends_is_announced(
    context: ProviderContext, warnings: list[str]
) -> None:
    checked(context, adopt={"application_id": APPLICATION, "client_secret": "known"})
    assert warnings == []
    checked(context, adopt={"application_id": OTHER})
    (warning,) = warnings
    assert "the present one stops working" in warning


def test_tenants_that_are_not_known_yet_are_not_taken_for_a_mass_revocation(
    context: ProviderContext,
) -> None:
    before = checked(context, allowed_tenants={OTHER: ""})
    (note,) = diff(before, {**before, "allowed_tenants": UNKNOWN}).notes
    assert "does not mean that they lose their access" in note


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ({OTHER: ""}, None, "keep their access"),
        (None, {OTHER: ""}, "will be revoked"),
        ({OTHER: ""}, {}, None),
        ({OTHER: "a note"}, {OTHER: ""}, "keeps its access and only loses its comment"),
        ({OTHER: ""}, {OTHER: "a note"}, "keeps its access and only gets a comment"),
        ({OTHER: "a note"}, {OTHER: "another"}, None),
    ],
)
def test_what_the_diff_of_tenants_cannot_show_is_noted(
    context: ProviderContext,
    old: dict[str, str] | None,
    new: dict[str, str] | None,
    message: str | None,
) -> None:
    before, after = checked(context, allowed_tenants=old), checked(context, allowed_tenants=new)
    notes = diff(before, after).notes
    assert (notes == ()) if message is None else (message in notes[0])


def test_notes_of_applications_of_one_name_differ(context: ProviderContext) -> None:
    before, after = checked(context, allowed_tenants={OTHER: ""}), checked(context)
    first, second = ({**before, "client_id": text} for text in ("client-1", "client-2"))
    assert diff(first, after).notes != diff(second, after).notes
