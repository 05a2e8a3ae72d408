"""The workflows are valid, run only pinned actions, and have minimal permissions."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import check_jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from click.testing import CliRunner

from olt_provider import __version__
from tools import release
from tools.workspace import ROOT

WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
RELEASE: Final = ROOT / ".github" / "workflows" / "release.yml"
PINNED: Final = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


@pytest.fixture
def jobs() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(RELEASE.read_text())["jobs"]
    return loaded


GITHUB: Final = ROOT / ".github"
FORMS: Final = {"bug_report.yml", "feature_request.yml"}


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        *((file, "github-workflows") for file in WORKFLOWS),
        *((GITHUB / "ISSUE_TEMPLATE" / name, "github-issue-forms") for name in sorted(FORMS)),
        (GITHUB / "ISSUE_TEMPLATE" / "config.yml", "github-issue-config"),
        (GITHUB / "dependabot.yml", "dependabot"),
    ],
    ids=lambda value: value.stem if isinstance(value, Path) else value,
)
def test_a_file_of_the_repositorys_host_follows_its_schema(file: Path, kind: str) -> None:
    schema = ["--builtin-schema", f"vendor.{kind}"]
    done = CliRunner().invoke(check_jsonschema.main, [*schema, str(file)])
    assert done.exit_code == 0, done.output


@pytest.mark.slow
def test_coverage_of_the_tests_without_the_engine_is_reported(tmp_path: Path) -> None:
    """The command of the job, with one test in place of all."""
    jobs = yaml.safe_load((GITHUB / "workflows" / "test.yml").read_text())["jobs"]
    (command,) = (step["run"] for step in jobs["coverage"]["steps"] if "run" in step)
    target, arguments = re.fullmatch(r'make (\w+) PYTEST_ARGS="(.*)"', command).groups()  # type: ignore[union-attr]
    assert target == "check"
    summary, kept = tmp_path / "summary.md", tmp_path / "coverage.xml"
    options = [
        *arguments.replace("$GITHUB_STEP_SUMMARY", str(summary)).split(),
        f"--cov-report=xml:{kept}",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options, "tests/lifecycle/test_values.py"],
        cwd=ROOT,
        env={**os.environ, "COVERAGE_FILE": str(tmp_path / "coverage")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "lifecycle/values.py" in summary.read_text().replace("\\", "")
    assert 'filename="lifecycle/values.py"' in kept.read_text()


def test_paths_of_the_code_owners_exist_and_no_owner_is_made_up() -> None:
    lines = (GITHUB / "CODEOWNERS").read_text().splitlines()
    paths = [line for line in lines if line and not line.startswith("#")]
    assert paths
    assert [path for path in paths if not (ROOT / path.strip("/")).exists()] == []


def test_dependency_updates_cover_actions_and_python_packages() -> None:
    updates = yaml.safe_load((GITHUB / "dependabot.yml").read_text())["updates"]
    watched = {each["package-ecosystem"]: each["directory"] for each in updates}
    assert watched == {"github-actions": "/", "pip": "/requirements"}
    assert (ROOT / "requirements" / "dev.in").is_file()


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_every_action_is_pinned_by_digest_and_names_its_version(file: Path) -> None:
    used = re.findall(r"uses: (.*)", file.read_text())
    assert used
    assert [each for each in used if not PINNED.fullmatch(each)] == []


def test_an_action_has_the_same_digest_everywhere() -> None:
    used = {use for file in WORKFLOWS for use in re.findall(r"uses: (.*)", file.read_text())}
    names = [each.partition("@")[0] for each in used]
    assert len(names) == len(set(names))


def commands(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_only_jobs_that_run_none_of_our_code_hold_the_identity(jobs: dict[str, Any]) -> None:
    holders = [job for job in jobs.values() if "id-token" in job["permissions"]]
    assert len(holders) == 2
    assert [commands(job) for job in holders] == [[], []]
    assert {job.get("environment") for job in holders} == {"release"}
    assert "write" not in str([jobs["build"]["permissions"], jobs["test"]["permissions"]])


def test_what_is_published_was_tested_and_attested_before(jobs: dict[str, Any]) -> None:
    assert commands(jobs["test"]) == [".ci/run", "make audit"]
    assert set(jobs["attest"]["needs"]) == {"build", "test"}
    assert jobs["publish"]["needs"] == "attest"


def test_nothing_but_the_locked_environment_runs_before_what_is_published_is_built(
    jobs: dict[str, Any],
) -> None:
    build = jobs["build"]
    assert [each.split("@")[0] for each in used(build)] == [
        *("actions/checkout", "actions/setup-python", "actions/upload-artifact")
    ]
    before = commands(build)[: commands(build).index("make wheel")]
    assert [each.split()[0] for each in before] == ["git", "python3"]
    done = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "wheel"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    run = [line.lstrip("@ ") for line in done.stdout.splitlines()]
    assert [line.partition(" -m ")[2].split()[0] for line in run] == ["tools.environment", "build"]
    assert "--no-isolation" in run[1]


def used(job: dict[str, Any]) -> list[str]:
    return [step["uses"] for step in job["steps"] if "uses" in step]


def test_no_runner_and_no_python_of_a_release_is_a_moving_one(jobs: dict[str, Any]) -> None:
    for job in jobs.values():
        assert re.fullmatch(r"ubuntu-\d\d\.\d\d", job["runs-on"])
        for step in job["steps"]:
            if "setup-python" in step.get("uses", ""):
                assert re.fullmatch(r"3\.\d+\.\d+", step["with"]["python-version"])


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A checkout of all branches: a tag on main, one behind its head, and one beside it."""
    origin = tmp_path / "origin"
    for command in (
        *(["init", "--quiet", "--initial-branch", "main", str(origin)],),
        *(["-C", str(origin), *each] for each in (made("1"), ["tag", "v1"], made("2"))),
        *(["-C", str(origin), *each] for each in (["tag", "v2"], ["switch", "-qc", "side"])),
        *(
            ["-C", str(origin), *each]
            for each in (made("3"), ["tag", "v3"], ["switch", "-q", "main"])
        ),
        ["clone", "--quiet", str(origin), str(tmp_path / "clone")],
    ):
        subprocess.run(["git", *command], check=True, capture_output=True)
    return tmp_path / "clone"


def made(message: str) -> list[str]:
    who = ["-c", "user.name=p", "-c", "user.email=p@example.com"]
    return [*who, "commit", "--quiet", "--allow-empty", "--message", message]


@pytest.mark.parametrize(("tag", "code"), [("v1", 0), ("v2", 0), ("v3", 1)])
def test_a_tag_that_is_not_on_main_ends_the_release(
    jobs: dict[str, Any], clone: Path, tag: str, code: int
) -> None:
    (step,) = (each for each in jobs["build"]["steps"] if each.get("name") == "The tag is on main")
    assert jobs["build"]["steps"][0]["with"]["fetch-depth"] == 0
    subprocess.run(["git", "-C", clone, "switch", "-q", "--detach", tag], check=True)
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]], cwd=clone, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "is not on main" in done.stderr) == (code, bool(code))


def test_a_tag_that_is_not_the_version_ends_the_release(jobs: dict[str, Any]) -> None:
    (step,) = (each for each in jobs["build"]["steps"] if "TAG" in each.get("env", {}))
    env = {"TAG": "v0.0.0", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["bash", "-c", step["run"]], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"the tag is v0.0.0, but olt_provider/_version.py holds {__version__}" in done.stderr


CHANGELOG = (
    "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-11-24\n\n### Added\n\n- All of it.\n"
)
VERSION = '__version__ = "1.2.3"\n'


def test_a_tag_with_its_version_and_its_changes_may_be_released() -> None:
    assert release.problems("v1.2.3", VERSION, CHANGELOG) == []


@pytest.mark.parametrize(
    "changelog",
    [
        CHANGELOG.replace("1.2.3", "1.2.4"),
        CHANGELOG.replace("- All of it.", ""),
        CHANGELOG.replace(" - 2026-11-24", ""),
    ],
    ids=["another-version", "no-entry", "no-date"],
)
def test_a_version_without_its_changes_ends_the_release(changelog: str) -> None:
    (problem,) = release.problems("v1.2.3", VERSION, changelog)
    assert "CHANGELOG.md has no section" in problem


def test_the_version_is_in_one_place() -> None:
    kept = [ROOT / "pyproject.toml", *(ROOT / "olt_provider").rglob("*.py")]
    naming = [
        file
        for file in kept
        if re.search(rf"version.*\b{re.escape(__version__)}\b", file.read_text())
    ]
    assert naming == [ROOT / "olt_provider" / "_version.py"]
