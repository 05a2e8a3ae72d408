"""``olt adopt``: programs, exclusions and refusals. tests/engine runs the programs."""

from __future__ import annotations

import ast
import gzip
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from olt_provider.cli.adopt import states
from olt_provider.cli.adopt.program import Unique, identifier, slug
from olt_provider.cli.app import app
from olt_provider.emulator import TENANT_A, TENANT_B, Emulator
from tests.engine.harness import PASSPHRASE
from tools.workspace import ROOT

KEPT: Final = Path(__file__).parents[1] / "engine" / "states" / "0.1.0" / "state.json"
"""That the engine wrote, with secrets that are encrypted with ``PASSPHRASE``."""
APPLICATION: Final = "pulumi-python:dynamic/olt:OltApplication"


def _adopt(*arguments: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["adopt", *map(str, arguments)])
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def _found(*arguments: str | Path) -> Any:
    return json.loads(_adopt("--json", *arguments).stdout)


def _state(folder: Path, *resources: Any, **envelope: Any) -> Path:
    file = folder / "state.json"
    deployment = {"resources": list(resources)}
    file.write_text(json.dumps({"version": 3, "deployment": deployment, **envelope}))
    return file


def _resource(application_id: str, **more: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:prod::shop::{APPLICATION}::web"
    return {"urn": urn, "type": APPLICATION, "id": application_id, **more}


def test_what_a_stack_manages_is_left_out(emulator: Emulator, tmp_path: Path) -> None:
    ids = [emulator.platform.register(TENANT_A, name=name)["id"] for name in ("one", "two")]
    state = _state(tmp_path, _resource(ids[0].upper()))
    found = _found("--state", state)
    assert [each["id"] for each in found["applications"]] == [ids[1]]
    assert found["managed"] == [{"id": ids[0], "resource": "web", "file": str(state)}]
    printed = _adopt("--state", state).stderr
    assert f"left out: one ({ids[0]}), managed as web in {state}" in printed


@pytest.mark.parametrize("more", [{"delete": True}, {"external": True}])
def test_applications_that_a_stack_only_reads_or_deletes_are_not_managed(
    emulator: Emulator, tmp_path: Path, more: dict[str, bool]
) -> None:
    made = emulator.platform.register(TENANT_A, name="one")["id"]
    found = _found("--state", _state(tmp_path, _resource(made, **more)))
    assert [each["id"] for each in found["applications"]] == [made]


def test_a_state_of_a_file_backend_is_read_too(emulator: Emulator, tmp_path: Path) -> None:
    made = emulator.platform.register(TENANT_A, name="one")["id"]
    latest = {"resources": [_resource(made)]}
    state = tmp_path / "dev.json.gz"
    content = {"version": 3, "checkpoint": {"stack": "dev", "latest": latest}}
    state.write_bytes(gzip.compress(json.dumps(content).encode()))
    assert _found("--state", state)["applications"] == []
    assert "nothing to adopt" in _adopt("--state", state).stderr


def test_a_stack_without_resources_manages_nothing(emulator: Emulator, tmp_path: Path) -> None:
    emulator.platform.register(TENANT_A, name="one")
    for content in ('{"version": 3, "deployment": null}', '{"version": 3, "checkpoint": {}}'):
        (tmp_path / "empty.json").write_text(content)
        assert len(_found("--state", tmp_path / "empty.json")["applications"]) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "cut off"),
        (b'{"version": 3, "deployment": {"resour', "cut off"),
        (gzip.compress(b'{"version": 3}', mtime=0)[:-9], "cut off"),
        (b"hello", "no state"),
        (b"[]", "no state"),
        (b'{"steps": []}', "no state"),
        (b'{"version": 3, "deployment": 5}', "no state"),
        (b'{"version": 99, "deployment": {}}', "version 99"),
        (b'{"version": 3, "deployment": {"resources": [5]}}', "a shape that this version"),
        (b'{"version": 3, "deployment": {"resources": [{"type": 1}, {}]}}', "a shape that"),
    ],
)
def test_unreadable_state_is_wrong_usage_and_nothing_is_written(
    emulator: Emulator, tmp_path: Path, content: bytes, words: str
) -> None:
    state, out = tmp_path / "state.json", tmp_path / "__main__.py"
    state.write_bytes(content)
    result = _adopt("--state", state, "--out", out, code=2)
    assert words in result.stderr
    assert str(state) in result.stderr
    assert result.stderr.count("\n") == 1
    assert not out.exists()
    assert emulator.calls == []


@pytest.mark.parametrize("passphrase", [None, "another"])
def test_state_encrypted_with_an_unknown_passphrase_is_refused(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passphrase: str | None
) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    if passphrase is not None:
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", passphrase)
    out = tmp_path / "__main__.py"
    result = _adopt("--state", KEPT, "--out", out, code=2)
    assert str(KEPT) in result.stderr
    assert "its secrets are encrypted" in result.stderr
    assert "PULUMI_CONFIG_PASSPHRASE" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize("in_a_file", [False, True])
def test_a_state_whose_passphrase_is_known_is_read(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_a_file: bool
) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    if in_a_file:
        (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n")
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    else:
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE)
    assert "nothing to adopt" in _adopt("--state", KEPT).stderr


def test_missing_state_is_wrong_usage(emulator: Emulator, tmp_path: Path) -> None:
    assert "cannot be read" in _adopt("--state", tmp_path / "no.json", code=2).stderr


def test_without_a_state_a_warning_names_the_option(emulator: Emulator, tmp_path: Path) -> None:
    emulator.platform.register(TENANT_A, name="one")
    first, *_ = _adopt().stderr.splitlines()
    assert first.startswith(
        "olt adopt: warning: without --state, applications that a stack manages"
    )
    assert "pulumi stack export --file" in first
    assert "warning" not in _adopt("--state", _state(tmp_path)).stderr


def test_an_existing_file_is_only_overwritten_by_force(emulator: Emulator, tmp_path: Path) -> None:
    emulator.platform.register(TENANT_A, name="one")
    out = tmp_path / "__main__.py"
    out.write_text("mine")
    assert "--force" in _adopt("--out", out, code=2).stderr
    assert out.read_text() == "mine"
    assert emulator.calls == []
    _adopt("--out", out, "--force")
    assert "OltApplication" in out.read_text()
    assert [each.name for each in tmp_path.iterdir()] == ["__main__.py"]


def test_a_folder_that_cannot_be_written_is_one_line(emulator: Emulator, tmp_path: Path) -> None:
    out = tmp_path / "none" / "__main__.py"
    result = _adopt("--out", out, "--state", _state(tmp_path), code=2)
    assert result.stderr.startswith("olt adopt: cannot write ")
    assert result.stderr.count("\n") == 1


def test_application_whose_credentials_are_used_is_not_adopted(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its new secret would end the credentials of the very run that makes it."""
    made = emulator.platform.register(TENANT_A, name="deployer", allowed_tenants=[TENANT_A])
    emulator.platform.install(made["id"], TENANT_A)
    monkeypatch.delenv("OLT_API_TOKEN")
    monkeypatch.setenv("OLT_CLIENT_ID", made["oauth2Client"]["id"])
    monkeypatch.setenv("OLT_CLIENT_SECRET", made["oauth2Client"]["secret"])
    assert "--tenant" in _adopt(code=2).stderr
    found = _found("--tenant", TENANT_A)
    assert found["applications"] == []
    assert found["skipped"] == [{"id": made["id"], "why": "these credentials are its own"}]


def test_where_it_is_installed_is_declared_as_far_as_credentials_reach(emulator: Emulator) -> None:
    both = [TENANT_A, TENANT_B]
    made = emulator.platform.register(TENANT_A, name="one", allowed_tenants=both)
    for tenant in both:
        emulator.platform.install(made["id"], tenant)
    (found,) = _found()["applications"]
    assert found["installed"] == [TENANT_A]
    assert found["not_declared"] == {TENANT_B: "these credentials do not reach that tenant"}
    result = _adopt()
    assert f"# Also installed in {TENANT_B}" in result.stdout
    assert f"not declared: one in tenant {TENANT_B}" in result.stderr


def test_an_inactive_application_is_not_installed(emulator: Emulator) -> None:
    made = emulator.platform.register(TENANT_A, name="one", allowed_tenants=[TENANT_A])
    emulator.platform.install(made["id"], TENANT_A)
    emulator.platform.patch(made["id"], status="inactive")
    (found,) = _found()["applications"]
    assert (found["installed"], list(found["not_declared"])) == ([], [TENANT_A])


def test_applications_of_each_token_are_listed(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OLT_API_TOKEN")
    tokens = {tenant: emulator.token(tenant) for tenant in (TENANT_A, TENANT_B)}
    monkeypatch.setenv("OLT_TENANT_TOKENS", json.dumps(tokens))
    for tenant in tokens:
        emulator.platform.register(tenant, name="one")
    found = _found()["applications"]
    assert [each["tenant_id"] for each in found] == [TENANT_A, TENANT_B]
    assert [each["resource"] for each in found] == ["one", "one-2"]


def test_without_access_it_is_one_line(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OLT_API_TOKEN", emulator.token(TENANT_A, role="applications:read"))
    out = tmp_path / "__main__.py"
    result = _adopt("--out", out, "--state", _state(tmp_path), code=2)
    assert "403" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not out.exists()


PROJECT: Final = ("--config-file", ROOT / "pyproject.toml", "--cache-dir", ROOT / ".mypy_cache")
RULES: Final = "A,ANN,B,E,F,I,N,PIE,PL,RET,SIM,UP,W"
ODD_NAMES: Final = (
    "Ünïcode 報告", "報告", "class", "pulumi", "config", "9 lives", 'quo"te\'s', "back\\slash",
    "a\nb", "Reporting", "reporting", "REPORTING!", "{braces}", "x" * 200, "annotations",
    "tenant id", "list",
)  # fmt: skip


@pytest.mark.slow
def test_the_program_is_typed_formatted_and_without_findings(
    emulator: Emulator, tmp_path: Path
) -> None:
    for number, name in enumerate(ODD_NAMES):
        made = emulator.platform.register(
            TENANT_A,
            name=name,
            allowed_tenants={TENANT_A: name} if number % 2 else {},
            redirect_uris=["https://b.example", "https://a.example"] if number % 3 else [],
            teaser_description=name if number % 4 else None,
            url="https://app.example" if number % 5 else None,
            with_public_oauth2_client=number % 2 == 0,
        )
        if number % 2:
            emulator.platform.install(made["id"], TENANT_A)
    out = tmp_path / "__main__.py"
    _adopt("--out", out)
    assert _declared(out.read_text()) == set(ODD_NAMES)
    for command in (
        ["ruff", "format", "--isolated", "--line-length", "100", "--check", str(out)],
        ["ruff", "check", "--isolated", "--select", RULES, "--ignore", "E501", str(out)],
        ["mypy", *PROJECT, str(out)],
    ):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", *command],
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def _declared(source: str) -> set[str]:
    """The names of all applications that a program declares."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    made = [each for each in calls if getattr(each.func, "id", "") == "OltApplication"]
    return {
        ast.literal_eval(word.value)
        for each in made
        for word in each.keywords
        if word.arg == "name"
    }


@given(st.lists(st.text()))
def test_every_name_makes_a_variable_and_a_resource_of_its_own(texts: list[str]) -> None:
    variable, resource = Unique(identifier, "_"), Unique(slug, "-")
    variables, resources = [variable(each) for each in texts], [resource(each) for each in texts]
    assert len(set(variables)) == len(set(resources)) == len(texts)
    for name in variables:
        ast.parse(f"{name} = 1")


def test_a_compressed_state_is_read_up_to_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "MOST", 2**20)
    state = tmp_path / "state.json.gz"
    state.write_bytes(gzip.compress(b" " * 2**25))
    tracemalloc.start()
    try:
        with pytest.raises(states.StateError, match=r"state\.json\.gz: it is over 1 MiB"):
            states.managed_in(state)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


def test_a_state_is_read_up_to_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "MOST", 100)
    state = tmp_path / "state.json"
    state.write_bytes(b" " * 101)
    with pytest.raises(states.StateError, match="it is over"):
        states.known_in(state)


def test_import_format_lists_applications_and_installations_with_their_ids(
    emulator: Emulator, tmp_path: Path
) -> None:
    made = emulator.platform.register(TENANT_A, name="One", allowed_tenants=[TENANT_A])["id"]
    emulator.platform.install(made, TENANT_A)
    file = tmp_path / "import.json"
    shown = _adopt("--format", "import", "--out", file).stderr
    assert (
        f"1 to import. Next, with the native plugin in Pulumi.yaml: pulumi import --file {file}"
        in (" ".join(shown.split()))
    )
    assert json.loads(file.read_text()) == {
        "resources": [
            {"type": "olt:index:Application", "name": "one", "id": f"{TENANT_A}/{made}"},
            {
                "type": "olt:index:Installation",
                "name": f"one-{TENANT_A}",
                "id": f"{TENANT_A}/{made}",
            },
        ]
    }
