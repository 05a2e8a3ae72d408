"""After a failed step the partial state is kept, and the next run makes the missing calls only."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as Packed
from pulumi.runtime.proto import provider_pb2, status_pb2

from olt_provider.emulator import Emulator, Fault
from olt_provider.lifecycle.application.declaration import UNFINISHED_ADOPTION
from olt_provider.native import wire
from olt_provider.native.resources import SECRET_LOST
from tests.emulated import changes_in
from tests.native.plugin import Plugin, shown, urn

APPLICATIONS = "/application-developer/applications"
SECRET = f"POST {APPLICATIONS}/{{applicationId}}/secret"
PATCH = f"PATCH {APPLICATIONS}/{{applicationId}}"
APP = urn("app")


@pytest.fixture
def serving(started: Plugin, emulator: Emulator, owner: str) -> Plugin:
    return next_run(started, emulator, owner)


def next_run(started: Plugin, emulator: Emulator, owner: str) -> Plugin:
    started.configure(
        apiUrl=emulator.api_url,
        identityUrl=emulator.identity_url,
        apiToken=emulator.token(owner),
        maxRetries=0,
    )
    return started


def partial(error: Any) -> Any:
    """The partial state that a gRPC error holds."""
    metadata = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    packed: Packed = status.details[0]
    assert packed.Unpack(detail)
    return detail


def checked(serving: Plugin, olds: dict[str, Any], **declared: Any) -> dict[str, Any]:
    response = serving.call("Check", urn=APP, olds=olds, news=declared)
    assert not response.failures
    return shown(response.inputs)


def failed(serving: Plugin, method: str, **fields: Any) -> Any:
    with pytest.raises(grpc.RpcError) as error:
        serving.call(method, urn=APP, **fields)
    return partial(error.value)


def test_registration_whose_later_step_fails_is_kept_with_its_encrypted_secret(
    serving: Plugin, emulator: Emulator
) -> None:
    inputs = checked(serving, {}, name="Sample", status="inactive")
    emulator.add_fault(Fault(kind="status", status=500, method="PATCH"))
    kept = failed(serving, "Create", properties=inputs)
    (reason,) = kept.reasons
    assert "is kept in the state: run `pulumi up` again" in reason
    outputs = shown(kept.properties)
    assert outputs["status"] == "active"
    secret = outputs["clientSecret"]
    assert secret[wire.SIGNATURE] == wire.SECRET
    assert emulator.platform.secret_is_valid(outputs["clientId"], secret["value"])

    emulator.clear_faults()
    emulator.clear_calls()
    again = checked(serving, inputs, name="Sample", status="inactive")
    difference = serving.call("Diff", id=kept.id, urn=APP, olds=outputs, news=again)
    assert list(difference.diffs) == ["status"]
    finished = serving.call("Update", id=kept.id, urn=APP, olds=outputs, news=again)
    assert shown(finished.properties)["clientSecret"] == secret
    assert changes_in(emulator) == [PATCH]


def test_creation_that_is_repeated_finishes_the_one_that_failed(
    serving: Plugin, emulator: Emulator
) -> None:
    declared = {"name": "Repeated", "status": "inactive", "preventDuplicateName": False}
    inputs = checked(serving, {}, **declared)
    emulator.add_fault(Fault(kind="status", status=500, method="PATCH", times=2))
    first = failed(serving, "Create", properties=inputs)
    second = failed(serving, "Create", properties=inputs)
    emulator.clear_calls()
    created = serving.call("Create", urn=APP, properties=inputs)
    assert created.id == second.id == first.id
    assert shown(created.properties)["status"] == "inactive"
    assert changes_in(emulator) == [PATCH]


def test_lost_rotation_marks_the_state_and_the_next_update_rotates_again(
    serving: Plugin, emulator: Emulator
) -> None:
    inputs = checked(serving, {}, name="Sample")
    created = serving.call("Create", urn=APP, properties=inputs)
    outputs = shown(created.properties)
    rotating = checked(serving, inputs, name="Sample", rotateSecretWhenChanged={"month": "2026-11"})
    emulator.add_fault(Fault(kind="reset_after", path="**/secret", times=None))
    kept = failed(serving, "Update", id=created.id, olds=outputs, news=rotating)
    marked = shown(kept.properties)
    assert marked[SECRET_LOST] is True

    emulator.clear_faults()
    emulator.clear_calls()
    taken_back = checked(serving, rotating, name="Sample")
    difference = serving.call("Diff", id=created.id, urn=APP, olds=marked, news=taken_back)
    assert difference.changes == difference.DIFF_SOME
    read = serving.call("Read", id=created.id, urn=APP, properties=marked, inputs=rotating)
    assert shown(read.properties)[SECRET_LOST] is True
    updated = serving.call("Update", id=created.id, urn=APP, olds=marked, news=taken_back)
    after = shown(updated.properties)
    assert SECRET_LOST not in after
    assert changes_in(emulator) == [SECRET]
    assert emulator.platform.secret_is_valid(after["clientId"], after["clientSecret"]["value"])


def test_update_that_stops_half_way_keeps_what_was_changed(
    serving: Plugin, emulator: Emulator, owner: str
) -> None:
    inputs = checked(serving, {}, name="Sample", allowedTenants={})
    created = serving.call("Create", urn=APP, properties=inputs)
    outputs = shown(created.properties)
    declared = {"name": "Renamed", "allowedTenants": {owner: ""}}
    news = checked(serving, inputs, **declared)
    emulator.add_fault(Fault(kind="status", status=500, method="PUT"))
    kept = failed(serving, "Update", id=created.id, olds=outputs, news=news)
    reached = shown(kept.properties)
    assert reached["name"] == "Renamed"
    assert reached["allowedTenants"] == {}

    emulator.clear_faults()
    emulator.clear_calls()
    serving.call("Update", id=created.id, urn=APP, olds=reached, news=news)
    assert [call.split()[0] for call in changes_in(emulator)] == ["PUT"]


def test_unfinished_adoption_is_marked_until_an_update_has_finished_it(
    serving: Plugin, emulator: Emulator, owner: str
) -> None:
    found = emulator.platform.register(owner, name="Older")
    secret = found["oauth2Client"]["secret"]
    declared = {"name": "Sample", "allowedTenants": {owner: ""}}
    adopt = {"applicationId": found["id"], "clientSecret": secret}
    inputs = checked(serving, {}, **declared, adopt=adopt)
    emulator.add_fault(Fault(kind="status", status=500, method="PUT"))
    kept = failed(serving, "Create", properties=inputs)
    marked = shown(kept.properties)
    assert marked[UNFINISHED_ADOPTION] is True
    assert SECRET_LOST not in marked

    emulator.clear_faults()
    emulator.clear_calls()
    next_run(serving, emulator, owner)
    read = serving.call("Read", id=kept.id, urn=APP, properties=marked, inputs=inputs)
    assert shown(read.properties)[UNFINISHED_ADOPTION] is True
    reached = checked(serving, inputs, name="Sample", allowedTenants={})
    difference = serving.call("Diff", id=kept.id, urn=APP, olds=marked, news=reached)
    assert list(difference.diffs) == []
    assert difference.changes == difference.DIFF_SOME
    updated = serving.call("Update", id=kept.id, urn=APP, olds=marked, news=reached)
    assert UNFINISHED_ADOPTION not in shown(updated.properties)
    assert changes_in(emulator) == []
    assert shown(updated.properties)["clientSecret"]["value"] == secret
