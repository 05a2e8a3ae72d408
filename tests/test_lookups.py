"""Look-ups of a program: with the stack's configuration, and errors of one line."""

from __future__ import annotations

from typing import Any, Final

import pulumi
import pytest

from olt_provider import (
    find_applications,
    find_applications_output,
    get_application,
    get_application_output,
    get_installation,
    get_installation_output,
    list_applications,
    list_applications_output,
)
from olt_provider.api.errors import OltError
from olt_provider.dynamic import host
from olt_provider.emulator import Emulator
from tests.emulated import emulator, owner, shared_emulator
from tests.outputs import settled

__all__ = ["emulator", "owner", "shared_emulator"]

MISSING: Final = "9aa3b618-8cd2-4dc0-b7a1-da6df60af254"


@pytest.fixture(autouse=True)
def configured(emulator: Emulator, owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The credentials of the owner, in the environment of the program."""
    monkeypatch.setattr(host, "_contexts", {})
    for key, value in {
        "OLT_API_URL": emulator.api_url,
        "OLT_IDENTITY_URL": emulator.identity_url,
        "OLT_API_TOKEN": emulator.token(owner),
    }.items():
        monkeypatch.setenv(key, value)
    monkeypatch.delenv("OLT_DEBUG", raising=False)


@pytest.fixture
def application(emulator: Emulator, owner: str) -> dict[str, Any]:
    return emulator.platform.register(owner, name="Sample", allowed_tenants={owner: "ours"})


def test_application_is_returned_without_its_secret(
    application: dict[str, Any], owner: str
) -> None:
    found = get_application(application["id"])
    assert (found.name, found.tenant_id) == ("Sample", owner)
    assert found.client_id == application["oauth2Client"]["id"]
    assert found.allowed_tenants == {owner: "ours"}
    assert application["oauth2Client"]["secret"] not in repr(found)


def test_applications_are_listed_and_found_by_name(
    emulator: Emulator, application: dict[str, Any], owner: str
) -> None:
    emulator.platform.register(owner, name="Another")
    assert [each.name for each in list_applications()] == ["Another", "Sample"]
    assert [each.id for each in find_applications(name="Sample")] == [application["id"]]
    assert find_applications(name="sample") == []


def test_installation_is_found_or_an_error(
    emulator: Emulator, application: dict[str, Any], owner: str
) -> None:
    with pytest.raises(OltError, match="is not installed in tenant"):
        get_installation(application["id"])
    emulator.platform.install(application["id"], owner)
    assert get_installation(application["id"]).id == f"{owner}/{application['id']}"


def test_missing_application_is_an_error_that_the_engine_shows_in_one_line() -> None:
    with pytest.raises(pulumi.RunError) as error:
        get_application(MISSING)
    assert isinstance(error.value, OltError)
    assert "\n" not in str(error.value)


def test_debugging_raises_the_error_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLT_DEBUG", "1")
    with pytest.raises(OltError) as error:
        get_application(MISSING)
    assert not isinstance(error.value, pulumi.RunError)


def test_outputs_as_arguments_are_settled(
    emulator: Emulator, application: dict[str, Any], owner: str
) -> None:
    emulator.platform.install(application["id"], owner)
    id_ = application["id"]
    found = settled(lambda: get_application_output(pulumi.Output.from_input(id_)))
    assert found.name == "Sample"
    assert [each.id for each in settled(list_applications_output)] == [id_]
    named = settled(lambda: find_applications_output(name=pulumi.Output.from_input("Sample")))
    assert [each.id for each in named] == [id_]
    there = settled(lambda: get_installation_output(id_, tenant_id=owner))
    assert there.tenant_id == owner
