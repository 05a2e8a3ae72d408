"""``olt fleet`` without an engine: unusable files and folders, errors and exit codes."""

from __future__ import annotations

import shutil
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any, Final

import pytest
import yaml
from pulumi import automation
from typer.testing import CliRunner, Result

from olt_provider.cli.app import app
from olt_provider.cli.fleet import stacks
from olt_provider.cli.fleet.declaration import Declaration, FleetError
from olt_provider.cli.fleet.driver import Fleet
from tools.workspace import ROOT

EXAMPLE: Final = ROOT / "examples" / "fleet"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLE, tmp_path / "fleet")
    return tmp_path / "fleet"


def _fleet(folder: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(app, ["fleet", *arguments, "--folder", str(folder)])
    assert "Traceback" not in result.output
    return result


def _adopting(adopt: Any) -> str:
    applications = {"x": {"name": "X", "adopt": adopt}}
    return yaml.safe_dump({"owner": "o", "applications": applications, "groups": {}})


def _declaring(**applications: Any) -> str:
    return yaml.safe_dump({"owner": "o", "applications": applications, "groups": {}})


BAD: Final = {
    "generation of x must be a number from 1": _declaring(x={"generation": 0}),
    "x rotates by its generation only: remove its rotate_secret_after_days": _declaring(
        x={"generation": 1, "rotate_secret_after_days": 90}
    ),
    "x-b is the second of the pair x": _declaring(**{"x": {"generation": 1}, "x-b": {}}),
    "is in more than one group": yaml.safe_dump(
        {"owner": "o", "applications": {}, "groups": {"a": ["t"], "b": ["t"]}}
    ),
    "must have owner, applications and groups": "groups: [",
    "must have owner, applications": "owner: o",
    "adopt of x must have an application_id": _adopting("reporting"),
    "set its client secret by `pulumi config set --secret --path clientSecrets.x`": _adopting(
        {"application_id": "a", "client_secret": "s3cr3t"}
    ),
}


@pytest.mark.parametrize("words", BAD)
def test_unusable_declaration_is_wrong_usage_in_one_line(folder: Path, words: str) -> None:
    (folder / "fleet.yaml").write_text(BAD[words])
    result = _fleet(folder, "status")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith("olt fleet: ")
    assert words in result.stderr
    assert "s3cr3t" not in result.output


def test_missing_declaration_is_wrong_usage(folder: Path) -> None:
    result = _fleet(folder, "up", "--file", str(folder / "none.yaml"))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "none.yaml cannot be read: No such file" in result.stderr


@pytest.mark.parametrize("project", ["applications", "installations"])
def test_folder_without_its_projects_is_wrong_usage(folder: Path, project: str) -> None:
    shutil.rmtree(folder / project)
    result = _fleet(folder, "up")
    assert result.exit_code == 2
    assert f"has no {project}/Pulumi.yaml: copy examples/fleet" in result.stderr
    assert not (folder / ".fleet").exists()


def test_without_an_engine_it_is_a_problem_in_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    result = _fleet(folder, "status")
    assert (result.exit_code, result.stderr) == (
        1,
        "olt fleet: cannot run pulumi: is it on PATH?\n",
    )


@pytest.mark.parametrize("arguments", [["fly"], ["up", "--jobs", "0"]])
def test_wrong_usage_is_exit_code_2(folder: Path, arguments: list[str]) -> None:
    assert _fleet(folder, *arguments).exit_code == 2


def test_no_command_is_exit_code_2(folder: Path) -> None:
    assert _fleet(folder).exit_code == 2


def test_interruption_is_exit_code_130(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Fleet) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Fleet, "up", interrupted)
    result = _fleet(folder, "up")
    assert result.exit_code == 130
    assert result.stdout == "interrupted; run the same command again to resume\n"


def test_failed_stack_is_named_and_exit_code_is_1(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: Fleet) -> None:
        self.failed.append("installations/north")

    monkeypatch.setattr(Fleet, "up", failing)
    result = _fleet(folder, "up")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "failed: installations/north",
        "fix the errors above and run the same command again to resume",
    ]


def test_declaration_is_cut_down_to_what_exists(folder: Path) -> None:
    declared = Declaration("o", {"a": {}, "b": {}}, {"north": ["t", "u"], "south": ["v"]})
    staying = declared.only(["a"], {"t": "north", "v": "north"})
    assert (dict(staying.applications), dict(staying.groups)) == (
        {"a": {}},
        {"north": ["t"], "south": []},
    )
    assert (declared.installations(), staying.installations()) == (6, 1)
    file = folder / "kept.yaml"
    staying.write(file)
    assert Declaration.read(file) == staying


def test_pair_has_two_applications_of_which_the_second_may_not_exist_yet() -> None:
    declared = Declaration("o", {"a": {"generation": 3}}, {"north": ["t"]})
    assert declared.names() == ["a", "a-b"]
    assert declared.installations() == 2
    assert declared.only(["a", "a-b"], {}).applications == {"a": {"generation": 3}}
    assert declared.only(["a"], {}).applications == {"a": {}}
    ids = {"a": "1", "a-b": "2"}
    assert declared.digest("north", ids) != declared.digest("north", {**ids, "a-b": "3"})


def test_pair_is_neither_ended_nor_made_of_an_application_that_is_not_adopted() -> None:
    alone = Declaration("o", {"a": {}}, {})
    pair = Declaration("o", {"a": {"generation": 1}}, {})
    adopting = Declaration("o", {"a": {"generation": 1, "adopt": {"application_id": "1"}}}, {})
    with pytest.raises(FleetError, match="give it adopt with application_id: 1"):
        pair.require_pairs_kept({"a": "1"}, [])
    with pytest.raises(FleetError, match="its generation cannot be removed"):
        alone.require_pairs_kept({"a": "1", "a-b": "2"}, ["a"])
    adopting.require_pairs_kept({"a": "1"}, [])
    pair.require_pairs_kept({}, [])
    pair.require_pairs_kept({"a": "1", "a-b": "2"}, ["a"])


def test_digest_changes_with_tenants_and_application_ids() -> None:
    declared = Declaration("o", {"a": {}}, {"north": ["t", "u"]})
    digest = declared.digest("north", {"a": "1"})
    assert digest == Declaration("x", {"a": {}}, {"north": ["u", "t"]}).digest("north", {"a": "1"})
    assert digest != declared.digest("north", {"a": "2"})
    assert digest != Declaration("o", {"a": {}}, {"north": ["t"]}).digest("north", {"a": "1"})


def test_most_specific_error_of_a_failed_stack_is_reported() -> None:
    def failed(output: str) -> automation.CommandError:
        return automation.CommandError(automation.CommandResult(stdout=output, stderr="", code=255))

    engine = "  error: update failed"
    assert stacks.first_error(failed(f"{engine}\n  OltError: PUT   returned 403\n")).endswith(
        "OltError: PUT returned 403"
    )
    assert stacks.first_error(failed(engine)) == "error: update failed"
    assert stacks.first_error(failed("hm")) == "the engine printed no error"


def test_reason_of_an_engine_that_cannot_be_used_is_one_line() -> None:
    failed = CalledProcessError(1, ["pulumi", "version"])
    assert stacks.reason(failed) == "cannot use the Pulumi CLI on PATH: `pulumi version` failed"
    denied = PermissionError(13, "Permission denied", "pulumi")
    assert stacks.reason(denied) == "cannot run pulumi: Permission denied"


def test_unreadable_declaration_keeps_the_reason(folder: Path) -> None:
    with pytest.raises(FleetError, match="Is a directory"):
        Declaration.read(folder)
