"""``olt verify`` sends the client secrets of a state to their own platform only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from olt_provider.cli.app import app
from olt_provider.emulator import TENANT_A, Emulator
from tests.cli import stacks
from tests.emulated import calls_of


@pytest.fixture
def made(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An application that is installed in A."""
    monkeypatch.setenv("OLT_MAX_RETRIES", "0")
    made = emulator.platform.register(TENANT_A, name="app", allowed_tenants=[TENANT_A])
    emulator.platform.install(made["id"], TENANT_A)
    return made


def _verify() -> tuple[int, dict[str, str]]:
    result = CliRunner().invoke(app, ["verify", "--json"])
    (row,) = json.loads(result.stdout)["results"]
    return result.exit_code, row


def _token_requests(emulator: Emulator) -> int:
    return sum("openid-connect/token" in call.path for call in calls_of(emulator))


@pytest.mark.parametrize(
    "spelled",
    [
        lambda url: url,
        lambda url: f"{url}/",
        lambda url: url.replace("http:", "HTTP:"),
    ],
)
def test_secret_is_sent_where_the_state_names_this_platform(
    emulator: Emulator,
    made: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    spelled: Any,
) -> None:
    stacks.use_stack(
        monkeypatch,
        tmp_path,
        stacks.application(made, spelled(emulator.api_url)),
        stacks.installation(made["id"], TENANT_A),
    )
    code, row = _verify()
    assert (code, row["registered"], row["secret"], row["data"]) == (0, "ok", "ok", "ok")


@pytest.mark.parametrize(
    "elsewhere",
    [
        lambda url: "https://api.lightelligence.io/v1",
        lambda url: url.replace("127.0.0.1", "localhost"),
        lambda url: url.rsplit(":", 1)[0] + ":1/v1",
        lambda url: url.replace("/v1", "/v2"),
        lambda url: url.replace("http:", "https:"),
        lambda url: url.replace("//", "//user@"),
        lambda url: url + "?x=1",
        lambda url: "http://[",
        lambda url: "",
        lambda url: None,
    ],
)
def test_no_call_is_made_for_an_application_of_another_platform(
    emulator: Emulator,
    made: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    elsewhere: Any,
) -> None:
    stacks.use_stack(
        monkeypatch,
        tmp_path,
        stacks.application(made, elsewhere(emulator.api_url)),
        stacks.installation(made["id"], TENANT_A),
    )
    emulator.clear_calls()
    code, row = _verify()
    assert code == 0
    for check in ("registered", "allowed", "installed", "secret", "data"):
        assert row[check].startswith("not checked: ")
    assert calls_of(emulator) == []


@pytest.mark.parametrize("how", ["gone", "inactive", "other owner"])
def test_no_secret_is_sent_where_registered_failed(
    emulator: Emulator,
    made: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    how: str,
) -> None:
    kept = stacks.application(made, emulator.api_url)
    if how == "gone":
        emulator.platform.delete(made["id"])
    elif how == "inactive":
        emulator.platform.patch(made["id"], status="inactive")
    else:
        other = "c0000000-0000-4000-8000-00000000000c"
        kept = stacks.application(emulator.platform.register(other), emulator.api_url)
        kept["outputs"]["tenant_id"] = TENANT_A
    stacks.use_stack(monkeypatch, tmp_path, kept, stacks.installation(kept["id"], TENANT_A))
    code, row = _verify()
    assert code == 1
    assert row["registered"].startswith("failure: ")
    assert row["secret"] == row["data"] == "not checked: registered failed"
    assert _token_requests(emulator) == 0


def test_applications_of_the_native_form_are_verified_too(
    emulator: Emulator, made: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    application = stacks.application(made, emulator.api_url)
    installation = stacks.installation(made["id"], TENANT_A)
    for each, token in (
        (application, "olt:index:Application"),
        (installation, "olt:index:Installation"),
    ):
        first = {key: key.split("_") for key in each["outputs"]}
        camel = {key: w[0] + "".join(map(str.capitalize, w[1:])) for key, w in first.items()}
        each["outputs"] = {camel[key]: value for key, value in each["outputs"].items()}
        each["type"] = token
    stacks.use_stack(monkeypatch, tmp_path, application, installation)
    code, row = _verify()
    assert (code, row["registered"], row["secret"], row["data"]) == (0, "ok", "ok", "ok")
