"""The effects of single changes, on previews as the real engine prints them."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any, Final

import pytest

from olt_provider.cli.graph.sources import of_preview
from olt_provider.cli.preview.facts import Facts
from olt_provider.cli.preview.steps import SECRET, UNKNOWN, read_preview
from olt_provider.cli.review import effects
from olt_provider.cli.review.effects import review as effects_of
from olt_provider.cli.review.findings import Review
from olt_provider.cli.review.markdown import render, verdict
from olt_provider.emulator import TENANT_A, TENANT_B
from olt_provider.lifecycle.application.rotation import TRIGGER

APPLICATION: Final = "pulumi-python:dynamic/olt:OltApplication"
INSTALLATION: Final = "pulumi-python:dynamic/olt:OltInstallation"
X: Final = "10000000-0000-4000-8000-000000000001"
Y: Final = "20000000-0000-4000-8000-000000000002"
CLIENT: Final = "c1000000-0000-4000-8000-00000000000c"


def _urn(kind: str, name: str, parents: str = "") -> str:
    return f"urn:pulumi:dev::test::{parents}{kind}::{name}"


def _state(id_: str = X, **inputs: Any) -> dict[str, Any]:
    given = {"name": "app", "tenant_id": TENANT_A, "status": "active", **inputs}
    return {"id": id_, "inputs": given, "outputs": {**given, "client_id": CLIENT}}


def _declared(**inputs: Any) -> dict[str, Any]:
    return {"inputs": {"name": "app", "tenant_id": TENANT_A, "status": "active", **inputs}}


def _step(op: str, name: str = "app", *, kind: str = APPLICATION, **states: Any) -> dict[str, Any]:
    return {"op": op, "urn": _urn(kind, name), **states}


def _update(before: dict[str, Any], after: dict[str, Any], **more: Any) -> dict[str, Any]:
    return _step("update", oldState=_state(**before), newState=_declared(**after), **more)


def _installed(
    id_: str | None = None,
    tenant: str = TENANT_A,
    *,
    application: str = X,
    on: tuple[str, ...] = (),
) -> dict[str, Any]:
    inputs = {"application_id": application, "tenant_id": tenant}
    state = {"inputs": inputs, "propertyDependencies": {"application_id": list(on)}}
    return state if id_ is None else {**state, "id": id_, "outputs": inputs}


def _text(*steps: dict[str, Any]) -> str:
    return json.dumps({"steps": steps, "changeSummary": {}})


def _review(*steps: dict[str, Any], platform: dict[str, Facts] | None = None) -> Review:
    return effects_of(read_preview(_text(*steps)), platform)


def _lost(found: Review) -> set[tuple[str | None, str | None, str, bool]]:
    return {(e.tenant, e.application_id, e.why, e.certain) for e in found.loses_access}


def _silent(found: Review) -> bool:
    return verdict(found) in ("OLT: nothing stops working", "OLT: nothing changes")


REFERENCE: Final = _urn("pulumi:pulumi:StackReference", "applications")


# The application of an installation


def test_installations_by_a_stack_reference_are_identified_by_their_ids() -> None:
    steps = [
        _step(
            "delete",
            f"in-{key}",
            kind=INSTALLATION,
            oldState=_installed(f"{TENANT_A}/{key}", application=key, on=(REFERENCE,)),
        )
        for key in (X, Y)
    ]
    found = _review(*steps)
    assert _lost(found) == {
        (TENANT_A, X, "uninstalled", True),
        (TENANT_A, Y, "uninstalled", True),
    }
    graph = of_preview(read_preview(_text(*steps)))
    assert {pair: use.change for pair, use in graph.uses.items()} == {
        (X, TENANT_A): "removed",
        (Y, TENANT_A): "removed",
    }


def test_an_installation_of_several_resources_is_of_the_application_of_its_id() -> None:
    """It depends on an application that another ID in its inputs contradicts."""
    on = (_urn(APPLICATION, "app"), REFERENCE)
    gone = _step(
        "delete",
        "in",
        kind=INSTALLATION,
        oldState=_installed(f"{TENANT_A}/{Y}", application=Y, on=on),
    )
    same = _step("same", oldState=_state(), newState=_declared())
    found = _review(same, gone)
    assert [each.application for each in found.loses_access] == [Y]
    assert _lost(found) == {(TENANT_A, Y, "uninstalled", True)}


def test_an_unknown_id_of_several_resources_names_no_application() -> None:
    on = (_urn(APPLICATION, "app"), REFERENCE)
    created = _step("create", newState=_declared(allowed_tenants={TENANT_A: ""}))
    installed = _step(
        "create", "in", kind=INSTALLATION, newState=_installed(application=UNKNOWN, on=on)
    )
    found = _review(created, installed)
    named = {each.application for each in found.gains_access if "installed" in each.why}
    assert named == {"an application that the preview does not name"}
    (refused,) = found.refused
    assert (refused.note, refused.certain) == (
        "cannot be installed if it does not allow the tenant",
        False,
    )
    assert not found.will_fail


def test_an_unknown_id_of_an_application_that_is_registered_is_of_it() -> None:
    created = _step("create", newState=_declared(allowed_tenants={TENANT_A: ""}))
    installed = _step(
        "create",
        "in",
        kind=INSTALLATION,
        newState=_installed(application=UNKNOWN, on=(_urn(APPLICATION, "app"),)),
    )
    (gained,) = _review(created, installed).gains_access
    assert (gained.application, gained.why, gained.certain) == ("app", "allowed, installed", True)


def test_a_repointed_installation_names_both_applications() -> None:
    old = _installed(f"{TENANT_A}/{X}", application=X, on=(REFERENCE,))
    new = _installed(application=Y, on=(REFERENCE,))
    found = _review(_step("replace", "in", kind=INSTALLATION, oldState=old, newState=new))
    assert _lost(found) == {(TENANT_A, X, "uninstalled", True)}
    assert [each.application_id for each in found.gains_access] == [Y]


# Resources of ``.get`` become managed, and the reverse


def test_what_was_read_and_is_adopted_loses_its_secret_and_tenants() -> None:
    read = {**_state(allowed_tenants={TENANT_A: "", TENANT_B: ""}), "external": True}
    adopts = _declared(allowed_tenants={TENANT_A: ""}, adopt={"application_id": X})
    found = _review(
        _step("create-replacement", oldState=read, newState=adopts),
        _step("replace", oldState=read, newState=adopts),
        _step("discard-replaced", oldState=read),
    )
    assert [(each.application_id, each.certain) for each in found.dead_secrets] == [(X, True)]
    assert _lost(found) == {(TENANT_B, X, "revoked", True)}
    assert not found.deleted
    assert not found.replaced


def test_what_was_read_and_is_registered_loses_nothing() -> None:
    read = {**_state(), "external": True}
    found = _review(_step("replace", oldState=read, newState=_declared()))
    assert _silent(found)
    assert found.other[0].note.startswith("registered")


def test_what_was_managed_and_is_only_read_is_listed() -> None:
    found = _review(_step("read", oldState=_state(), newState={**_state(), "external": True}))
    assert _silent(found)
    assert "leaves the stack" in found.other[0].note


def test_what_was_managed_and_is_read_from_another_is_deleted() -> None:
    read = {**_state(Y), "external": True}
    found = _review(
        _step("read-replacement", oldState=_state(), newState=read),
        _step("replace", oldState=_state(), newState=read),
        _step("delete-replaced", oldState={**_state(), "delete": True}),
    )
    assert [each.application_id for each in found.deleted] == [X]
    assert not found.replaced


def test_an_installation_that_was_read_and_is_managed_changes_nothing() -> None:
    read = {**_installed(f"{TENANT_A}/{X}"), "external": True}
    found = _review(_step("replace", "in", kind=INSTALLATION, oldState=read, newState=_installed()))
    assert found.loses_access == found.gains_access == ()


# Deletions


def _pending(id_: str = Y, **inputs: Any) -> dict[str, Any]:
    return {**_state(id_, **inputs), "delete": True}


def test_what_an_earlier_run_left_over_is_deleted() -> None:
    same = _step("same", oldState=_state(), newState=_declared())
    left = _step("delete-replaced", oldState=_pending(allowed_tenants={TENANT_B: ""}))
    found = _review(same, left)
    assert [(each.application_id, "left over" in each.note) for each in found.deleted] == [
        (Y, True)
    ]
    assert [each.application_id for each in found.dead_secrets] == [Y]
    assert _lost(found) == {(TENANT_B, Y, "application deleted", True)}
    assert found.replaced == ()


def test_a_replacement_and_what_was_left_over_are_both_listed() -> None:
    new = _declared()
    found = _review(
        _step("create-replacement", oldState=_state(), newState=new),
        _step("replace", oldState=_state(), newState=new),
        _step("delete-replaced", oldState=_pending()),
        _step("delete-replaced", oldState={**_state(), "delete": True}),
    )
    assert [each.application_id for each in found.replaced] == [X]
    assert [each.application_id for each in found.deleted] == [Y]


def test_what_an_alias_renames_and_replaces_is_one_replacement() -> None:
    """The old application is deleted under its old name."""
    old, new = {**_state(), "urn": _urn(APPLICATION, "old")}, _declared(name="new")
    found = _review(
        _step("delete-replaced", "old", oldState=old),
        _step("replace", "new", oldState=old, newState=new),
        _step("create-replacement", "new", oldState=old, newState=new),
    )
    assert [(each.application, each.application_id) for each in found.replaced] == [("new", X)]
    assert not found.deleted


def test_an_application_that_another_resource_adopts_is_not_deleted() -> None:
    adopts = _step("create", "renamed", newState=_declared(adopt={"application_id": X}))
    found = _review(adopts, _step("delete", oldState=_state()))
    assert found.deleted == ()
    assert [each.why for each in found.dead_secrets] == ["adopted without its secret"]
    held = [each for each in found.other if "still held" in each.note]
    assert held[0].properties == ("renamed",)


def test_a_retained_replacement_is_a_replacement_whose_old_secret_lives() -> None:
    old = {**_state(allowed_tenants={TENANT_A: ""}), "retainOnDelete": True}
    new = _declared(allowed_tenants={TENANT_A: ""}, prevent_duplicate_name=False)
    found = _review(
        _step("create-replacement", oldState=old, newState=new),
        _step("replace", oldState=old, newState=new),
        _step("delete-replaced", oldState={**old, "delete": True}),
    )
    assert found.count("replace") == 1
    assert not found.dead_secrets
    assert not found.loses_access


def test_a_replacement_that_adopts_another_lists_both() -> None:
    old, new = _state(allowed_tenants={TENANT_A: ""}), _declared(adopt={"application_id": Y})
    found = _review(_step("replace", oldState=old, newState=new))
    assert [each.application_id for each in found.replaced] == [X]
    assert {each.application_id for each in found.dead_secrets} == {X, Y}


@pytest.mark.parametrize("before", ["create", "delete"])
def test_a_name_in_use_is_refused_where_the_old_one_is_deleted_later(before: str) -> None:
    new = _declared()
    created = _step("create-replacement", oldState=_state(), newState=new)
    deleted = _step("delete-replaced", oldState={**_state(), "delete": True})
    replaced = _step("replace", oldState=_state(), newState=new)
    steps = [created, replaced, deleted] if before == "create" else [deleted, replaced, created]
    found = _review(*steps)
    assert found.will_fail is (before == "create")
    assert ("a guard will refuse this" in verdict(found)) is (before == "create")


def test_a_name_may_be_refused_where_the_order_is_not_shown() -> None:
    found = _review(_step("replace", oldState=_state(), newState=_declared()))
    assert [each.certain for each in found.refused] == [False]
    assert not found.will_fail
    assert "What `pulumi up` may refuse (1)" in render(found)
    assert "--show-replacement-steps" in render(found)


@pytest.mark.parametrize(
    ("inputs", "refused"),
    [({}, True), ({"prevent_duplicate_name": False}, False), ({"name": "other"}, False)],
)
def test_a_rename_without_alias_is_refused_where_the_name_is_guarded(
    inputs: dict[str, Any], refused: bool
) -> None:
    created = _step("create", "renamed", newState=_declared(**inputs))
    assert _review(created, _step("delete", oldState=_state())).will_fail is refused


def test_name_that_another_resource_gives_up_is_not_refused() -> None:
    takes = _step("create", "new", newState=_declared(name="app"))
    gives = _update({"name": "app"}, {"name": "other"})
    assert _review(takes, gives).refused == ()
    keeps = _update({"name": "app"}, {"name": "app", "url": "https://new.example"})
    assert _review(takes, keeps).will_fail


@pytest.mark.parametrize("owner", [TENANT_A, TENANT_B])
def test_an_adoption_in_another_tenant_is_refused(owner: str) -> None:
    adopts = _declared(tenant_id=owner, adopt={"application_id": X})
    found = _review(_step("create", "new", newState=adopts), _step("delete", oldState=_state()))
    assert found.will_fail is (owner != TENANT_A)


def test_an_installation_that_is_not_allowed_is_refused() -> None:
    created = _step("create", newState=_declared(allowed_tenants={TENANT_B: ""}))
    on = (_urn(APPLICATION, "app"),)
    installs = _step(
        "create", "in", kind=INSTALLATION, newState=_installed(application=UNKNOWN, on=on)
    )
    found = _review(created, installs)
    assert found.will_fail
    assert "does not allow the tenant" in found.refused[0].note


def test_a_deletion_of_what_stays_installed_is_refused() -> None:
    kept = _step(
        "same", "in", kind=INSTALLATION, oldState=_installed(f"{TENANT_A}/{X}"), newState={}
    )
    found = _review(_step("delete", oldState=_state()), kept)
    assert found.will_fail
    assert "stays installed" in found.refused[0].note


def test_deletion_of_what_a_get_keeps_installed_is_refused() -> None:
    """The preview of a program shows no ID of a ``.get`` to what depends on it."""
    read = {**_state(), "outputs": {}, "external": True}
    on = (_urn(APPLICATION, "read"),)
    old, new = _installed(f"{TENANT_A}/{X}"), _installed(application=UNKNOWN, on=on)
    found = _review(
        _step("read", "read", oldState=read, newState=read),
        _step("replace", "in", kind=INSTALLATION, oldState=old, newState=new),
        _step("delete", oldState=_state(allowed_tenants={TENANT_A: ""})),
    )
    assert found.will_fail
    assert "stays installed" in found.refused[0].note


def test_deletion_of_what_may_stay_installed_may_be_refused() -> None:
    on = (_urn(APPLICATION, "app"), REFERENCE)
    old, new = _installed(f"{TENANT_A}/{X}"), _installed(application=UNKNOWN, on=on)
    found = _review(
        _step("replace", "in", kind=INSTALLATION, oldState=old, newState=new),
        _step("delete", oldState=_state(allowed_tenants={TENANT_A: ""})),
    )
    assert [each.certain for each in found.refused] == [False, False]


def test_repointed_get_installs_the_application_that_it_reads_now() -> None:
    was, now = ({**_state(id_), "outputs": {}, "external": True} for id_ in (X, Y))
    on = (_urn(APPLICATION, "read"),)
    old = _installed(f"{TENANT_A}/{X}", on=on)
    new = _installed(application=UNKNOWN, on=on)
    found = _review(
        _step("read", "read", oldState=was, newState=now),
        _step("replace", "in", kind=INSTALLATION, oldState=old, newState=new),
    )
    assert _lost(found) == {(TENANT_A, X, "uninstalled", True)}
    assert [each.application_id for each in found.gains_access] == [Y]


# Logins, status and secrets


@pytest.mark.parametrize(
    ("before", "after", "certain"),
    [
        ({"with_public_oauth2_client": True}, {}, True),
        ({"with_public_oauth2_client": True}, {"with_public_oauth2_client": SECRET}, False),
        ({"redirect_uris": ["https://a", "https://b"]}, {"redirect_uris": ["https://a"]}, True),
        ({"redirect_uris": ["https://a"]}, {"redirect_uris": UNKNOWN}, False),
    ],
)
def test_a_login_that_ends_is_a_category_of_its_own(
    before: dict[str, Any], after: dict[str, Any], certain: bool
) -> None:
    found = _review(_update(before, after))
    assert [each.certain for each in found.logins] == [certain]
    assert found.count("login") == 1
    assert "nothing stops" not in verdict(found)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"with_public_oauth2_client": True}),
        ({"redirect_uris": ["https://a"]}, {"redirect_uris": ["https://a", "https://b"]}),
        ({"status": "inactive"}, {"status": "inactive", "url": "https://a"}),
        ({"status": "inactive"}, {}),
    ],
)
def test_what_ends_nothing_is_no_loss(before: dict[str, Any], after: dict[str, Any]) -> None:
    found = _review(_update(before, after))
    assert _silent(found)
    assert (after.get("status") == "inactive") is not any(
        "set active" in each.note for each in found.other
    ) or "status" not in before


def test_a_status_that_was_secret_may_be_set_active() -> None:
    found = _review(_update({"status": SECRET}, {}))
    assert [each.note for each in found.other] == ["set active, if it is not yet"]


def test_an_installation_that_may_go_is_not_drawn_as_lost() -> None:
    on = (_urn(APPLICATION, "app"), REFERENCE)
    old, new = _installed(f"{TENANT_A}/{X}", on=on), _installed(application=UNKNOWN, on=on)
    graph = of_preview(
        read_preview(_text(_step("replace", "in", kind=INSTALLATION, oldState=old, newState=new)))
    )
    assert graph.uses[X, TENANT_A].change == "same"
    assert graph.uses[X, TENANT_A].shown == "unknown"


def test_an_adoption_may_end_logins_and_set_active() -> None:
    found = _review(_step("create", newState=_declared(adopt={"application_id": X})))
    assert [(each.certain, each.application_id) for each in found.logins] == [(False, X)]
    assert "set active if it is inactive" in found.other[0].note


@pytest.mark.parametrize(
    ("trigger", "certain"),
    [
        (UNKNOWN, False),
        ({"k": UNKNOWN}, False),
        ({"k": UNKNOWN, "more": 1}, True),
        ({"k": 2}, True),
        ({"k": SECRET}, True),
    ],
)
def test_an_unknown_trigger_may_rotate(trigger: Any, certain: bool) -> None:
    states = {"rotate_secret_when_changed": {"k": 1}}
    found = _review(_update(states, {"rotate_secret_when_changed": trigger}))
    assert [each.certain for each in found.dead_secrets] == [certain]
    assert found.count("rotate") == 1


def _aged(due: str) -> dict[str, Any]:
    state = _state(rotate_secret_after_days=90, secret_due_at=due)
    state["outputs"]["secret_rotated_at"] = "2026-01-01T00:00:00.000Z"
    return state


DUE_SINCE: Final = "2026-04-01T00:00:00.000Z"
NEXT_DUE: Final = "2026-07-10T00:00:00.000Z"


@pytest.fixture
def april(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of a review in April 2026."""
    monkeypatch.setattr(effects, "utc_now", lambda: datetime(2026, 4, 11, tzinfo=timezone.utc))


@pytest.mark.usefixtures("april")
def test_secret_that_is_due_is_rotated() -> None:
    new = _declared(rotate_secret_after_days=90, secret_due_at=NEXT_DUE)
    found = _review(_step("update", oldState=_aged(DUE_SINCE), newState=new))
    assert [(each.due, each.certain) for each in found.dead_secrets] == [("2026-04-01", True)]
    assert found.count("rotate") == 1
    assert "rotated in place, due since 2026-04-01 (client" in render(found)
    assert found.secret_ages == ()


@pytest.mark.usefixtures("april")
def test_secret_that_became_due_after_the_preview_may_be_rotated() -> None:
    found = _review(_step("same", oldState=_aged(DUE_SINCE), newState=_aged(DUE_SINCE)))
    assert [(each.due, each.certain) for each in found.dead_secrets] == [("2026-04-01", False)]


@pytest.mark.usefixtures("april")
@pytest.mark.parametrize("op", ["same", "update"])
def test_secret_that_is_not_due_is_listed_with_its_dates(op: str) -> None:
    state = _aged(NEXT_DUE)
    state["outputs"]["secret_rotated_at"] = "2026-04-10T00:00:00.000Z"
    new = _declared(rotate_secret_after_days=90, secret_due_at=NEXT_DUE, url="https://a.example")
    found = _review(_step(op, oldState=state, newState=new))
    assert found.dead_secrets == ()
    (age,) = found.secret_ages
    assert (age.rotated, age.due) == ("2026-04-10", "2026-07-10")
    assert f"- `app` (`{X}`): made on 2026-04-10, due on 2026-07-10" in render(found)
    assert _silent(found)


def test_days_that_are_not_known_may_rotate() -> None:
    new = _declared(rotate_secret_after_days=UNKNOWN)
    found = _review(_step("update", oldState=_state(), newState=new))
    assert [each.certain for each in found.dead_secrets] == [False]


def test_application_that_joins_a_pair_keeps_its_secret() -> None:
    trigger = {"olt:pair": "shop", "generation": 2}
    found = _review(_update({"rotate_secret_when_changed": {"k": 1}}, {TRIGGER: trigger}))
    assert found.dead_secrets == ()
    assert "its client secret stays valid" in found.other[0].note
    raised = {**trigger, "generation": 4}
    assert _review(_update({TRIGGER: trigger}, {TRIGGER: raised})).count("rotate") == 1


# Changes without a loss


def test_adoptions_may_lose_tenants_which_is_apart_from_certain_losses() -> None:
    steps = [
        _step(
            "create",
            f"app{number}",
            newState=_declared(
                name=f"app{number}",
                allowed_tenants={TENANT_A: ""},
                adopt={
                    "application_id": f"{number:08d}-0000-4000-8000-000000000000",
                    "client_secret": SECRET,
                },
            ),
        )
        for number in range(72)
    ]
    found = _review(*steps)
    assert verdict(found) == ("OLT: 72 applications may lose tenants or logins (run with --live)")
    held = Facts(
        status="active", allowed={TENANT_A: ""}, tenants="managed", public=False,
        redirects=frozenset(), complete=True,
    )  # fmt: skip
    platform = {f"{number:08d}-0000-4000-8000-000000000000": held for number in range(72)}
    assert _silent(_review(*steps, platform=platform))
    assert _review(*steps, platform=platform).count("revoke") == 0


@pytest.mark.parametrize("trade", ["renamed", "replaced"])
def test_an_installation_that_only_moves_changes_nothing(trade: str) -> None:
    old, new = _installed(f"{TENANT_A}/{X}"), _installed()
    steps = {
        "renamed": [
            _step("create", "new", kind=INSTALLATION, newState=new),
            _step("delete", "old", kind=INSTALLATION, oldState=old),
        ],
        "replaced": [_step("replace", "in", kind=INSTALLATION, oldState=old, newState=new)],
    }[trade]
    found = _review(*steps)
    assert found.loses_access == found.gains_access == ()
    assert found.count("revoke") == 0


def test_swapped_installations_change_nothing() -> None:
    steps = [
        _step(
            "replace",
            name,
            kind=INSTALLATION,
            oldState=_installed(f"{TENANT_A}/{old}", application=old),
            newState=_installed(application=new),
        )
        for name, old, new in (("one", X, Y), ("two", Y, X))
    ]
    assert _review(*steps).count("revoke") == 0


def test_an_installation_whose_id_is_not_known_yet_may_go() -> None:
    on = (_urn(APPLICATION, "app"), REFERENCE)
    old = _installed(f"{TENANT_A}/{X}", on=on)
    new = _installed(application=UNKNOWN, on=on)
    found = _review(_step("replace", "in", kind=INSTALLATION, oldState=old, newState=new))
    assert [each.certain for each in found.loses_access] == [False]
    assert not any(each.certain for each in found.gains_access)


def test_an_installation_that_another_resource_may_hold_may_go() -> None:
    on = (_urn(APPLICATION, "app"), REFERENCE)
    gone = _step("delete", "old", kind=INSTALLATION, oldState=_installed(f"{TENANT_A}/{X}", on=on))
    comes = _step(
        "create", "new", kind=INSTALLATION, newState=_installed(application=UNKNOWN, on=on)
    )
    assert [each.certain for each in _review(gone, comes).loses_access] == [False]


@pytest.mark.parametrize("there", [True, False])
def test_installation_that_is_there_already_is_no_gain(there: bool) -> None:
    held = Facts(
        allowed={TENANT_A: ""}, tenants="managed", complete=True,
        installed=frozenset({TENANT_A} if there else ()),
    )  # fmt: skip
    step = _step("create", "in", kind=INSTALLATION, newState=_installed(on=(REFERENCE,)))
    assert [each.certain for each in _review(step).gains_access] == [False]
    found = _review(step, platform={X: held})
    assert [each.certain for each in found.gains_access] == [True] * (not there)


def test_tenant_that_is_allowed_already_is_no_gain() -> None:
    held = Facts(allowed={TENANT_A: "", TENANT_B: ""}, tenants="managed", complete=True)
    step = _update(
        {"allowed_tenants": {TENANT_A: ""}}, {"allowed_tenants": {TENANT_A: "", TENANT_B: ""}}
    )
    assert [each.tenant for each in _review(step).gains_access] == [TENANT_B]
    assert _review(step, platform={X: held}).gains_access == ()


def test_a_replacement_lists_its_tenants_once() -> None:
    old = _state(allowed_tenants={TENANT_A: "Customer A"})
    new = _declared(allowed_tenants={TENANT_A: "Customer A"})
    found = _review(_step("replace", oldState=old, newState=new))
    assert found.loses_access == found.gains_access == ()
    assert [(each.tenant, each.comment) for each in found.needs_credentials] == [
        (TENANT_A, "Customer A")
    ]
    assert f"- `Customer A` (`{TENANT_A}`): `app` (`{X}`)" in render(found)


def test_a_tenant_of_a_replacement_that_may_stay_installed_loses_nothing_for_certain() -> None:
    on = (_urn(APPLICATION, "app"), REFERENCE)
    steps = (
        _step(
            "replace",
            oldState=_state(allowed_tenants={TENANT_A: ""}),
            newState=_declared(allowed_tenants={TENANT_A: ""}),
        ),
        _step(
            "replace",
            "in",
            kind=INSTALLATION,
            oldState=_installed(f"{TENANT_A}/{X}", application=X, on=on),
            newState=_installed(application=UNKNOWN, on=on),
        ),
    )
    held = Facts(allowed={TENANT_A: ""}, installed=frozenset({TENANT_A}))
    for platform in (None, {X: held}):
        found = _review(*steps, platform=platform)
        assert {(each.tenant, each.certain) for each in found.loses_access} == {(TENANT_A, False)}
        assert [each.tenant for each in found.needs_credentials] == [TENANT_A]
    named = _installed(f"{TENANT_A}/{X}", application=X, on=on[:1])
    again = _installed(application=UNKNOWN, on=on[:1])
    stays = _step("replace", "named", kind=INSTALLATION, oldState=named, newState=again)
    assert _review(steps[0], stays, steps[1], platform={X: held}).loses_access == ()


def test_a_refresh_is_not_taken_for_changes() -> None:
    updated = {
        **_step("update", oldState=_state(), newState=_state(status="inactive")),
        "detailedDiff": {"status": {"kind": "update"}},
    }
    deleted = _step("delete", "gone", oldState=_state(Y))
    found = _review(updated, deleted, _step("refresh", "still", oldState=_state(Y)))
    assert found.refresh_only
    assert [(each.resource, each.what) for each in found.drift or ()] == [
        ("app", "changed:"),
        ("gone", "deleted"),
    ]
    assert found.count("delete") == found.count("revoke") == 0


def test_equal_names_in_components_are_distinguished() -> None:
    steps = [
        {
            "op": "update",
            "urn": _urn(APPLICATION, "app", parents),
            "oldState": _state(id_, allowed_tenants={TENANT_A: "", TENANT_B: ""}),
            "newState": _declared(allowed_tenants={TENANT_A: ""}),
        }
        for parents, id_ in (("olt:index:OltBackgroundApplication$", X), ("", Y))
    ]
    found = _review(*steps)
    assert {each[:2] for each in _lost(found)} == {(TENANT_B, X), (TENANT_B, Y)}
    assert {each.application for each in found.loses_access} == {
        "app",
        "app in olt:index:OltBackgroundApplication",
    }
    graph = of_preview(read_preview(_text(*steps)))
    assert graph.applications.keys() == {X, Y}


def test_the_verdict_counts_by_kind_and_puts_possible_losses_apart() -> None:
    found = _review(
        _update(
            {"allowed_tenants": {TENANT_A: "", TENANT_B: ""}},
            {"allowed_tenants": {TENANT_A: ""}, "rotate_secret_when_changed": {"k": 1}},
        )
    )
    assert verdict(found) == "OLT: 1 client secret stops working, 1 tenant loses access"
    more = _review(
        _step("replace", oldState=_state(), newState=_declared()),
        _step("delete", "other", oldState=_state(Y, name="other", allowed_tenants={TENANT_A: ""})),
    )
    assert verdict(more) == (
        "OLT: 1 application replaced (clients need a new ID and secret), 1 deleted, 2 client "
        "secrets stop working, 1 tenant loses access, 1 application may lose tenants (run with "
        "--live)"
    )


def test_what_ends_is_not_folded() -> None:
    steps = [
        _step(
            "delete", f"app{number}", oldState=_state(f"{number:08d}-0000-4000-8000-000000000000")
        )
        for number in range(3)
    ]
    shown = render(_review(*steps)).partition("<details>")[0]
    assert shown.count("with its installations") == 3
    assert "**Client secrets that stop working (3)**" in shown
