"""``olt review``: its output and exit codes, on previews of the real engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from olt_provider.cli.app import app
from olt_provider.cli.preview.steps import UNKNOWN
from olt_provider.cli.review.markdown import LIMIT, marker
from olt_provider.emulator import PORTAL_CLIENT, TENANT_A, TENANT_B, Emulator
from tests.emulated import calls_of

PREVIEWS: Final = Path(__file__).parent / "previews"
GOLDEN: Final = Path(__file__).parent / "golden"
KEPT: Final = ("change", "drift", "removal", "failure")
APPLICATION: Final = "pulumi-python:dynamic/olt:OltApplication"
INSTALLATION: Final = "pulumi-python:dynamic/olt:OltInstallation"


def _review(*arguments: str, stdin: str | None = None, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["review", *arguments], input=stdin)
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.stdout if code < 2 else result.stderr


def _preview(*steps: dict[str, Any], **more: Any) -> str:
    return json.dumps({"steps": steps, "changeSummary": {}, **more})


def _step(op: str, kind: str = APPLICATION, name: str = "app", **states: Any) -> dict[str, Any]:
    return {"op": op, "urn": f"urn:pulumi:dev::test::{kind}::{name}", **states}


def _old(**inputs: Any) -> dict[str, Any]:
    return {"id": TENANT_B, "inputs": inputs, "outputs": {"client_id": TENANT_A}}


DELETED: Final = _step("delete", oldState=_old(allowed_tenants={}))
INACTIVE: Final = _step(
    "update",
    oldState=_old(status="active"),
    newState={"inputs": {"status": "inactive"}},
)


def _json(text: str, code: int = 0) -> Any:
    return json.loads(_review("--format", "json", stdin=text, code=code))


@pytest.mark.parametrize("name", KEPT)
def test_markdown_and_json_read_as_kept(name: str) -> None:
    file, code = str(PREVIEWS / f"{name}.json"), int(name == "failure")
    assert _review(file, code=code) == (GOLDEN / f"{name}.md").read_text("utf-8")
    printed = _review(file, "--format", "json", code=code)
    assert printed == (GOLDEN / f"{name}.json").read_text("utf-8")


def test_standard_input_is_read() -> None:
    text = (PREVIEWS / "change.json").read_text("utf-8")
    assert _review("-", stdin=text) == _review(stdin=text) == _review(str(PREVIEWS / "change.json"))


def test_the_verdict_is_the_first_line_and_the_marker_the_last() -> None:
    lines = _review(str(PREVIEWS / "change.json")).splitlines()
    assert lines[0].startswith("**OLT: 1 application replaced (clients need a new ID and secret), ")
    assert lines[-1] == marker("test/dev") == "<!-- olt-review test/dev -->"


def test_a_preview_without_olt_resources_changes_nothing() -> None:
    step = _step("delete", "aws:s3/bucket:Bucket", oldState=_old(), newState=None)
    text = _review("--fail-on", "replace,rotate,revoke,delete", stdin=_preview(step))
    assert text.startswith("**OLT: nothing changes**")


def test_a_foreign_operation_of_a_foreign_resource_is_ignored() -> None:
    assert "nothing changes" in _review(stdin=_preview(_step("warp", "a:b:C")))


def test_a_large_preview_fits_into_a_comment() -> None:
    steps = [_step("delete", name=f"app-{n}" * 20, oldState=_old()) for n in range(800)]
    text = _review(stdin=_preview(*steps))
    assert len(text) < LIMIT + 500
    assert text.count("<details>") == text.count("</details>")
    assert "More is left out here" in text
    assert text.splitlines()[-1] == marker("test/dev")


def test_what_is_not_an_id_is_not_shown() -> None:
    step = _step("create", newState={"inputs": {"allowed_tenants": {"s3cr3t": "c0mment"}}})
    printed = json.dumps(_json(_preview(step))) + _review(stdin=_preview(step))
    assert "s3cr3t" not in printed
    assert "c0mment" not in printed


@pytest.mark.parametrize(
    ("kind", "fails_on"),
    [
        ("replace", {"change"}),
        ("rotate", {"change"}),
        ("revoke", {"change", "drift", "removal"}),
        ("delete", {"change", "removal"}),
        ("login", {"change", "removal"}),
    ],
)
def test_fail_on_ends_with_1_where_there_is_such_a_change(kind: str, fails_on: set[str]) -> None:
    for name in ("change", "drift", "removal"):
        _review(str(PREVIEWS / f"{name}.json"), "--fail-on", kind, code=int(name in fails_on))


def test_setting_inactive_counts_as_revoking() -> None:
    _review("--fail-on", "revoke", stdin=_preview(INACTIVE), code=1)
    _review("--fail-on", "delete", stdin=_preview(INACTIVE), code=0)


def test_a_deletion_alone_is_no_rotation() -> None:
    _review("--fail-on", "rotate,replace", stdin=_preview(DELETED))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("Previewing update (dev)\n", "not JSON"),
        ("[]", "not of `pulumi preview --json`"),
        ('{"name": "x"}', "not of `pulumi preview --json`"),
        (_preview(DELETED)[:-40], "cut off or damaged"),
        (_preview() + "\n" + _preview(), "more than one JSON document"),
        ('{"steps": 1, "changeSummary": {}}', "steps has a shape"),
        (_preview({"op": "same"}), "steps.0.urn has a shape"),
        (_preview({"op": "same", "urn": "x"}), "names no resource"),
        (_preview(_step("teleport")), "an operation that this version does not support"),
        ("[" * 100_000, "cannot be read|damaged|not JSON"),
    ],
)
def test_what_is_no_preview_is_one_line_and_2(text: str, words: str) -> None:
    error = _review(stdin=text, code=2)
    assert error.count("\n") == 1
    assert any(word in error for word in words.split("|")), error


def _failing(message: str, urn: str = "") -> str:
    errors = [
        {"severity": "error", "message": message, "urn": urn},
        {"severity": "error", "message": "error: preview failed\n"},
    ]
    warning = {"severity": "warning", "message": "a warning"}
    return _preview(diagnostics=[warning, *errors])


def test_failed_preview_shows_its_errors_in_the_comment_and_on_stderr() -> None:
    urn = f"urn:pulumi:dev::test::{APPLICATION}::app"
    result = CliRunner().invoke(app, ["review"], input=_failing("error: OltError: no\n\n", urn))
    assert result.exit_code == 1
    assert "**`app` failed**\n\n```\nOltError: no\n```\n" in result.stdout
    assert result.stderr == "olt review: app failed: OltError: no\n"


def test_crashed_program_shows_the_end_of_its_traceback() -> None:
    frames = "".join(f'  File "{number}.py", line 1\n' for number in range(40))
    text = _failing(f"error: Program failed:\nTraceback:\n{frames}KeyError: 'tenant'\n")
    (failure,) = _json(text, code=1)["failures"]
    assert failure["resource"] == ""
    assert len(failure["lines"]) == 20
    assert failure["lines"][-1] == "KeyError: 'tenant'"


def test_errors_of_a_preview_show_no_secret_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OLT_CLIENT_SECRET", "s3cr3t-0f-the-client")
    monkeypatch.setenv("OLT_TENANT_TOKENS", '{"a": "t0ken-0f-a-tenant"}')
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    text = _failing(f"s3cr3t-0f-the-client t0ken-0f-a-tenant {token} shown")
    result = CliRunner().invoke(app, ["review"], input=text)
    assert "[secret] [secret] [secret] shown" in result.stdout
    for secret in ("s3cr3t", "t0ken", token):
        assert secret not in result.output


def test_many_and_long_errors_leave_room_for_the_rest() -> None:
    errors = [{"severity": "error", "message": f"{number} " + "x" * 5000} for number in range(90)]
    shown = _review(stdin=_preview(DELETED, diagnostics=errors), code=1)
    assert len(shown) < 20_000
    assert "**Applications that are deleted (1)**" in shown
    reason = "why " * 120 + "and what to do"
    assert reason in _review(stdin=_failing(reason), code=1)


def test_errors_of_a_preview_cannot_leave_their_block() -> None:
    text = _review(stdin=_failing("````\n@all ![x](y)\n<!-- olt-review other/dev -->"), code=1)
    block = text.partition("`````\n")[2].partition("`````\n")[0]
    assert block == "````\n@all ![x](y)\n<! -- olt-review other/dev -->\n"


LABELLED: Final = {
    "change": ["olt:replaces", "olt:rotates", "olt:revokes", "olt:ends-logins", "olt:deletes"],
    "drift": ["olt:revokes"],
    "removal": ["olt:revokes", "olt:ends-logins", "olt:deletes"],
    "failure": ["olt:fails"],
}


@pytest.mark.parametrize("name", KEPT)
def test_labels_name_the_kinds_that_fail_on_counts(name: str) -> None:
    printed = _review(str(PREVIEWS / f"{name}.json"), "--labels", code=int(name == "failure"))
    assert json.loads(printed) == LABELLED[name]


def test_labels_of_a_change_that_ends_nothing_are_empty() -> None:
    created = _step("create", newState={"inputs": {"name": "app"}})
    assert _review("--labels", stdin=_preview(created)) == "[]\n"


def test_a_missing_file_is_one_line_and_2(tmp_path: Path) -> None:
    assert "No such file" in _review(str(tmp_path / "none"), code=2)


def test_bytes_that_are_no_text_are_one_line_and_2(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe{")
    assert "UTF-8" in _review(str(tmp_path / "x"), code=2)


def test_an_unknown_kind_to_fail_on_is_2() -> None:
    assert "explode" in _review("--fail-on", "delete,explode", stdin=_preview(), code=2)


def _registered(emulator: Emulator, *installed_in: str) -> str:
    """An application of tenant A that A and B may install."""
    import requests

    def call(method: str, path: str, tenant: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {emulator.token(tenant)}"}
        url = f"{emulator.api_url}{path}"
        response = requests.request(method, url, json=body, headers=headers, timeout=10)
        response.raise_for_status()
        return response.json()["data"]

    allowed = [{"tenantId": tenant} for tenant in (TENANT_A, TENANT_B)]
    body = {"name": "app", "allowedTenants": allowed}
    made = call("POST", "/application-developer/applications", TENANT_A, body)
    for tenant in installed_in:
        call("PUT", f"/applications/{made['id']}/installation", tenant)
    return str(made["id"])


def _live(text: str, code: int) -> Any:
    return json.loads(_review("--live", "--format", "json", stdin=text, code=code))["live"]


def _owned(application_id: str, **inputs: Any) -> dict[str, Any]:
    inputs = {"tenant_id": TENANT_A, "allowed_tenants": {TENANT_A: "", TENANT_B: ""}, **inputs}
    return {"id": application_id, "inputs": inputs, "outputs": inputs}


def test_live_lists_deletions_that_a_guard_refuses(emulator: Emulator) -> None:
    application = _registered(emulator, TENANT_A, TENANT_B)
    installation = {"inputs": {"application_id": application, "tenant_id": TENANT_A}}
    uninstalled = _step("delete", INSTALLATION, "here", oldState=installation)
    deleted = _step("delete", oldState=_owned(application))
    live = _live(_preview(deleted, uninstalled), code=1)
    assert [each["tenant"] for each in live["refused"]] == [TENANT_B]


def test_live_refuses_nothing_where_it_is_forced(emulator: Emulator) -> None:
    application = _registered(emulator, TENANT_A)
    deleted = _step("delete", oldState=_owned(application, force_destroy=True))
    assert _live(_preview(deleted), code=0)["refused"] == []


@pytest.mark.parametrize("installed", [True, False])
def test_live_lists_revoked_tenants_that_have_it_installed(
    emulator: Emulator, installed: bool
) -> None:
    application = _registered(emulator, *([TENANT_B] if installed else []))
    after = _owned(application, allowed_tenants={TENANT_A: ""})
    step = _step("update", oldState=_owned(application), newState=after)
    live = _live(_preview(step), code=0)
    assert [each["tenant"] for each in live["revoked_installed"]] == [TENANT_B] * installed


def _created(**inputs: Any) -> dict[str, Any]:
    return _step("create", newState={"inputs": {"tenant_id": TENANT_A, "name": "app", **inputs}})


def test_live_refuses_no_name_that_another_resource_gives_up(emulator: Emulator) -> None:
    application = _registered(emulator)
    takes = _created()
    takes["urn"] = f"{takes['urn']}-new"
    held = _owned(application, name="app")
    gives = _step("update", oldState=held, newState=_owned(application, name="b"))
    assert _live(_preview(gives, takes), code=0)["names_in_use"] == []


def test_live_lists_registrations_that_a_guard_refuses(emulator: Emulator) -> None:
    application = _registered(emulator)
    text = _preview(_created())
    assert [each["application_id"] for each in _live(text, code=1)["names_in_use"]] == [application]
    printed = _review("--live", stdin=text, code=1)
    assert printed.startswith("**OLT: a guard will refuse this: a name is in use**")
    assert f"**Registrations that a guard refuses (1)**\n\n- `app` (`{application}`)" in printed


@pytest.mark.parametrize(
    "inputs",
    [
        {"name": "another"},
        {"prevent_duplicate_name": False},
        {"name": UNKNOWN},
        {"adopt": {"application_id": TENANT_B}},
    ],
    ids=["another-name", "not-guarded", "not-known-yet", "adopted"],
)
def test_live_refuses_no_registration_where_the_guard_does_not(
    emulator: Emulator, inputs: dict[str, Any]
) -> None:
    _registered(emulator)
    result = CliRunner().invoke(
        app, ["review", "--live", "--format", "json"], _preview(_created(**inputs))
    )
    assert json.loads(result.stdout)["live"]["names_in_use"] == []


def test_live_lists_a_tenant_once_for_all_names(emulator: Emulator) -> None:
    emulator.clear_calls()
    _live(_preview(*(_created(name=f"app {number}") for number in range(5))), code=0)
    assert len(calls_of(emulator)) == 1


EXPLICIT = "urn:pulumi:dev::test::pulumi:providers:pulumi-python::second"


def _with_provider(**inputs: str) -> str:
    created = _created()
    created["newState"]["provider"] = f"{EXPLICIT}::04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    provider = {"op": "create", "urn": EXPLICIT, "newState": {"inputs": inputs}}
    return _preview(provider, created)


def test_live_asks_for_an_explicit_provider_on_the_hosts_of_the_environment(
    emulator: Emulator,
) -> None:
    application = _registered(emulator)
    hosts = {"olt:apiUrl": f"{emulator.api_url}/", "olt:identityUrl": emulator.identity_url}
    text = _with_provider(**hosts, **{"olt:apiToken": "[secret]"})
    assert _live(text, code=1)["names_in_use"][0]["application_id"] == application


@pytest.mark.parametrize("key", ["olt:apiUrl", "olt:identityUrl"])
def test_live_contacts_no_host_that_only_the_preview_names(emulator: Emulator, key: str) -> None:
    with Emulator.start() as foreign:
        hosts = {"olt:apiUrl": emulator.api_url, "olt:identityUrl": emulator.identity_url}
        there = foreign.api_url if key == "olt:apiUrl" else foreign.identity_url
        text = _with_provider(**{**hosts, key: there, "olt:apiToken": "a-token-of-the-author"})
        emulator.clear_calls()
        live = _live(text, code=1)
        assert list(foreign.calls) == []
    assert calls_of(emulator) == []
    assert "the provider second names hosts that are not those of the stack" in live["reason"]


@pytest.mark.parametrize(
    "inputs",
    [
        {"olt:environment": "dev"},
        {"olt:environment": "no such"},
        {"olt:apiUrl": "[secret]"},
        {"olt:apiUrl": UNKNOWN},
        {"olt:apiUrl": "https://user:password@host/v1"},
        {},
    ],
)
def test_live_checks_nothing_of_a_provider_with_other_or_hidden_hosts(
    emulator: Emulator, inputs: dict[str, str]
) -> None:
    emulator.clear_calls()
    assert _live(_with_provider(**inputs), code=1)["reason"]
    assert calls_of(emulator) == []


def test_live_checks_nothing_of_a_provider_that_the_preview_does_not_show(
    emulator: Emulator,
) -> None:
    steps = json.loads(_with_provider())["steps"]
    assert "make it with --show-sames" in _live(_preview(steps[1]), code=1)["reason"]


def test_live_reads_no_certificate_that_only_the_preview_names(
    emulator: Emulator, tmp_path: Path
) -> None:
    """A path that cannot be read would be an error, and a foreign authority a hole."""
    application = _registered(emulator)
    hosts = {"olt:apiUrl": emulator.api_url, "olt:identityUrl": emulator.identity_url}
    text = _with_provider(**hosts, **{"olt:caBundle": str(tmp_path / "none.pem")})
    assert _live(text, code=1)["names_in_use"][0]["application_id"] == application


def _hidden(**inputs: Any) -> dict[str, Any]:
    return _step("update", oldState=_old(), newState={"inputs": inputs})


@pytest.mark.parametrize("hidden", ["[secret]", UNKNOWN])
@pytest.mark.parametrize(
    ("kind", "step"),
    [
        ("revoke", lambda hidden: _hidden(status=hidden)),
        ("revoke", lambda hidden: _hidden(allowed_tenants=hidden)),
        (
            "revoke",
            lambda hidden: _step(
                "create", newState={"inputs": {"adopt": hidden, "allowed_tenants": {}}}
            ),
        ),
        ("rotate", lambda hidden: _step("create", newState={"inputs": {"adopt": hidden}})),
        (
            "rotate",
            lambda hidden: _step(
                "create", newState={"inputs": {"adopt": {"application_id": hidden}}}
            ),
        ),
    ],
    ids=["status", "allowed_tenants", "adopt", "adopt-rotates", "adopt-id-rotates"],
)
def test_what_is_hidden_counts_as_the_worst_case(hidden: str, kind: str, step: Any) -> None:
    _review("--fail-on", kind, stdin=_preview(step(hidden)), code=1)


def test_a_status_that_was_and_stays_secret_is_the_worst_case_where_it_changes() -> None:
    states: dict[str, Any] = {
        "oldState": _old(status="[secret]"),
        "newState": _old(status="[secret]"),
    }
    states["newState"].pop("outputs")
    changed = _step("update", **states, detailedDiff={"status": {"kind": "update"}})
    _review("--fail-on", "revoke", stdin=_preview(changed), code=1)
    other = _step("update", **states, detailedDiff={"url": {"kind": "add"}})
    _review("--fail-on", "revoke", stdin=_preview(other), code=0)


def test_new_and_changed_providers_are_listed() -> None:
    new = {"op": "create", "urn": EXPLICIT, "newState": {"inputs": {"olt:apiUrl": "x"}}}
    changed = {
        "op": "update",
        "urn": EXPLICIT.replace("second", "default"),
        "oldState": {"inputs": {"olt:apiUrl": "x", "olt:maxRetries": "1"}},
        "newState": {"inputs": {"olt:apiUrl": "y", "olt:maxRetries": "1"}},
    }
    text = _review(stdin=_preview(new, changed))
    assert "- `second`: new, `olt:apiUrl`" in text
    assert "- `default`: changed, `olt:apiUrl`\n" in text
    assert "nothing changes" not in text


def test_an_application_whose_resource_gets_another_type_is_listed() -> None:
    old = {**_old(), "type": APPLICATION}
    step = _step("update", "a:b:C", oldState=old, newState={"type": "a:b:C"})
    printed = _json(_preview(step))["other"]
    assert [each["application_id"] for each in printed] == [TENANT_B]
    assert "another type" in printed[0]["note"]


def test_drift_of_a_property_that_is_secret_is_listed() -> None:
    states: dict[str, Any] = {
        "oldState": _old(status="[secret]"),
        "newState": _old(status="[secret]"),
    }
    changed = _step("update", **states, detailedDiff={"status": {"kind": "update"}})
    printed = _json(_preview(_step("refresh", **states), changed))["drift"]
    assert printed == [
        {"resource": "app", "what": "may have changed, but is secret:", "name": "status"}
    ]


def test_live_with_a_refresh_token(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OLT_API_TOKEN")
    monkeypatch.setenv("OLT_REFRESH_TOKEN", emulator.refresh_token([TENANT_A]))
    monkeypatch.setenv("OLT_CLIENT_ID", PORTAL_CLIENT)
    application = _registered(emulator)
    assert _live(_preview(_created()), code=1)["names_in_use"][0]["application_id"] == application


def test_live_without_a_response_is_not_checked_and_ends_with_1(emulator: Emulator) -> None:
    deleted = _step("delete", oldState=_owned(TENANT_B))
    live = _live(_preview(deleted), code=1)
    assert "404" in live["reason"]


def test_live_without_credentials_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    live = _live(_preview(DELETED), code=1)
    assert not live["checked"]
    assert "OLT_API_TOKEN" in live["reason"]


def test_no_call_is_made_without_live(emulator: Emulator) -> None:
    printed = _json(_preview(DELETED))
    assert printed["live"]["checked"] is False
    assert list(emulator.calls) == []
