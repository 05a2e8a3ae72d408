"""examples/gitops: the commands of its pipelines run, in order, with a bare remote."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from olt_provider.emulator import Emulator
from tests.emulated import calls_of, emulator, new_tenant, owner, shared_emulator
from tests.engine.harness import PASSPHRASE, Engine
from tests.engine.moved_clock import clock_ahead
from tests.engine.shortcuts import cli_with_keys
from tests.forge import ACTIONS, FORGE_TOKEN, Forge, serving
from tests.test_workflows import PINNED, WORKFLOWS
from tools.workspace import ROOT

__all__ = ["emulator", "owner", "shared_emulator"]

EXAMPLE: Final = ROOT / "examples" / "gitops"
GITHUB: Final = EXAMPLE / ".github" / "workflows" / "olt.yml"
GITLAB: Final = EXAMPLE / ".gitlab-ci.yml"
OPERATOR: Final = EXAMPLE / "operator" / "stack.yaml"
TIMEOUT: Final = 120

STACK_FIELDS: Final = {
    *("stack", "backend", "branch", "commit", "config", "configRef", "destroyOnFinalize"),
    *("envRefs", "gitAuth", "projectRepo", "repoDir", "refresh", "resyncFrequencySeconds"),
    *("serviceAccountName", "useLocalStackOnly", "workspaceTemplate", "updateTemplate"),
}
"""Those of ``Stack.spec``, ``pulumi.com/v1``, that are of use here.

Source: docs/stacks.md of github.com/pulumi/pulumi-kubernetes-operator, at 03a57ffded1c.
"""
ENV_REF: Final = {"Literal": ("literal", {"value"}), "Secret": ("secret", {"name", "key"})}


@dataclass
class Pipeline:
    """A runner's checkout, and all that it has printed."""

    folder: Path
    env: dict[str, str] = field(repr=False)
    printed: list[str] = field(default_factory=list, repr=False)

    def run(self, *command: str, fails: bool = False, **env: str) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.env, **env},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        output = done.stdout + done.stderr
        self.printed.append(output)
        assert (done.returncode != 0) is fails, output
        return output

    def checkout(
        self, name: str, branch: str = "main", env: dict[str, str] | None = None
    ) -> Pipeline:
        """Another runner, with a checkout of its own."""
        remote = self.folder.parent / "remote.git"
        other = Pipeline(self.folder.parent / name, env or self.env, self.printed)
        self.run("git", "clone", "--quiet", "--branch", branch, str(remote), str(other.folder))
        (other.folder / ".venv").symlink_to(Path(sys.executable).parents[1])
        return other

    def preview(self, name: str, branch: str = "main") -> Pipeline:
        """The runner of the preview job: what the workflow gives to it, and no credentials."""
        job = yaml.safe_load(GITHUB.read_text())["jobs"]["preview"]
        (given,) = (step["env"] for step in job["steps"] if "preview.sh" in step.get("run", ""))
        plain = {key: value for key, value in given.items() if "${{" not in value}
        kept = {key: value for key, value in self.env.items() if key != "OLT_TENANT_TOKENS"}
        return self.checkout(name, branch, kept | plain)

    def configure(self, **values: object) -> None:
        """As a person edits the stack's file."""
        file = self.folder / "Pulumi.prod.yaml"
        settings = yaml.safe_load(file.read_text())
        config = settings.setdefault("config", {})
        config.update({f"olt-gitops:{key}": value for key, value in values.items()})
        file.write_text(yaml.safe_dump(settings))

    def commit(self, message: str, branch: str) -> None:
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", message)
        self.run("git", "push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")


@pytest.fixture
def person(engine: Engine, emulator: Emulator, owner: str, tenant: str, tmp_path: Path) -> Pipeline:
    """A checkout of the copied example, with its stack made and nothing applied yet."""
    (tmp_path / "state").mkdir()
    env = engine.environment(tmp_path / "state")
    cli = cli_with_keys(engine.folder / "pulumi", tmp_path / "cli")
    env |= {
        "PATH": os.pathsep.join((str(cli), env["PATH"])),
        "OLT_API_URL": emulator.api_url,
        "OLT_IDENTITY_URL": emulator.identity_url,
        "OLT_TENANT_ID": owner,
        "OLT_TENANT_TOKENS": json.dumps({each: emulator.token(each) for each in (owner, tenant)}),
        "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"),
    }
    (tmp_path / "gitconfig").write_text(
        "[user]\n  name = A Person\n  email = person@example.com\n[init]\n  defaultBranch = main\n"
    )
    bystander = Pipeline(tmp_path / "bystander", env)
    bystander.folder.mkdir()
    bystander.run("git", "init", "--quiet", "--bare", str(tmp_path / "remote.git"))
    person = Pipeline(tmp_path / "person", env, bystander.printed)
    shutil.copytree(EXAMPLE, person.folder)
    (person.folder / ".venv").symlink_to(Path(sys.executable).parents[1])
    person.run("git", "init", "--quiet")
    person.run("git", "remote", "add", "origin", str(tmp_path / "remote.git"))
    person.run("pulumi", "stack", "init", "prod")
    person.configure(tenants={owner: "the owner itself"})
    person.commit("Begin", "main")
    return person


@pytest.fixture
def tenant(emulator: Emulator) -> str:
    return new_tenant(emulator)


@pytest.fixture
def forge() -> Iterator[Forge]:
    with serving(Forge(ACTIONS, may_ask_who=False)) as forge:
        yield forge


def comment(pipeline: Pipeline, forge: Forge) -> None:
    runner = Pipeline(pipeline.folder, pipeline.env | forge.environment("github"), pipeline.printed)
    runner.run("python3", "scripts/comment.py", "github")


def labels_after(pipeline: Pipeline, forge: Forge) -> list[str]:
    comment(pipeline, forge)
    return forge.labels


@pytest.mark.engine
@pytest.mark.timeout(400)
def test_a_change_goes_from_its_branch_to_the_platform_and_drift_is_reconciled(
    person: Pipeline, emulator: Emulator, owner: str, tenant: str, forge: Forge
) -> None:
    person.checkout("first").run("scripts/up.sh")
    (application,) = emulator.platform.applications(owner)
    before = outputs(person)["client_secret"]

    # branch, change, preview, comment; a second push changes the same comment
    person.run("git", "switch", "--quiet", "--create", "change")
    person.configure(tenants={owner: "the owner itself", tenant: "customer B"})
    person.commit("Let customer B use it", "change")
    emulator.clear_calls()
    review = person.preview("review", "change")
    review.run("scripts/preview.sh", FAIL_ON="delete,replace")
    comment(review, forge)
    comment(review, forge)
    assert calls_of(emulator) == []
    (written,) = forge.comments
    assert [call.partition(" ")[0] for call in forge.calls if "GET" not in call] == [
        *("POST", "PATCH")
    ]
    assert (tenant in written["body"], forge.labels) == (True, [])
    assert written["body"].rstrip().endswith("<!-- olt-review olt-gitops/prod -->")

    # what needs another way than a merge, and a preview that fails: the pipeline shows why
    assert "the preview failed" in review.run(
        "scripts/preview.sh", fails=True, OLT_TENANT_TOKENS='{"no": "token"}'
    )
    assert labels_after(review, forge) == ["olt:fails"]
    assert "OLT_TENANT_TOKENS" in written["body"]
    person.run("git", "switch", "--quiet", "--create", "removal", "change")
    person.configure(tenants={tenant: "customer B"})
    person.commit("Take it from the owner", "removal")
    removal = person.preview("removal", "removal")
    assert owner in removal.run("scripts/preview.sh", fails=True, FAIL_ON="delete,revoke")
    assert labels_after(removal, forge) == ["olt:revokes"]

    # merge, up
    person.run("git", "switch", "--quiet", "main")
    person.run("git", "merge", "--quiet", "change")
    person.run("git", "push", "--quiet", "origin", "main")
    merged = person.checkout("merged")
    merged.run("scripts/up.sh")
    installed = emulator.platform.installations(application["id"])
    assert {each["tenantId"] for each in installed} == {owner, tenant}

    # drift, reconcile
    merged.run("scripts/drift.sh")
    emulator.platform.patch(application["id"], name="Renamed Outside")
    assert "Renamed Outside" in merged.run("scripts/drift.sh", fails=True)
    merged.run("scripts/reconcile.sh")
    assert emulator.platform.applications(owner)[0]["name"] == "Reporting"
    merged.run("scripts/drift.sh")

    # the scheduled run: it rotates what is due, and needs no commit
    person.env.update(clock_ahead(person.folder.parent / "clock", timedelta(days=31)))
    merged.run("scripts/up.sh")
    after = outputs(merged)["client_secret"]
    client = application["oauth2Client"]["id"]
    assert not emulator.platform.secret_is_valid(client, before)
    assert emulator.platform.secret_is_valid(client, after)
    later = person.checkout("later")
    emulator.clear_calls()
    later.run("scripts/up.sh")
    assert calls_of(emulator) == []

    printed = "".join(person.printed) + json.dumps(forge.comments)
    for secret in (before, after, emulator.token(owner), PASSPHRASE, FORGE_TOKEN):
        assert secret not in printed


@pytest.mark.engine
@pytest.mark.timeout(400)
@pytest.mark.long
def test_the_preview_job_needs_no_credentials_of_the_platform(
    person: Pipeline, emulator: Emulator, owner: str
) -> None:
    def operations(name: str, branch: str = "main") -> set[str]:
        runner = person.preview(name, branch)
        runner.run("scripts/preview.sh", FAIL_ON="delete,replace")
        return set(json.loads((runner.folder / "preview.json").read_text())["changeSummary"])

    assert operations("new") == {"create"}
    assert calls_of(emulator) == []

    person.checkout("applied").run("scripts/up.sh")
    emulator.clear_calls()
    assert operations("unchanged") == {"same"}

    person.run("git", "switch", "--quiet", "--create", "change")
    person.configure(tenants={owner: "another comment"}, rotateSecretAfterDays=7, name="Renamed")
    person.commit("Change everything", "change")
    assert operations("changed", "change") == {"same", "update"}
    assert calls_of(emulator) == []


def outputs(pipeline: Pipeline) -> dict[str, Any]:
    """Not through the pipeline, whose output must hold no secret."""
    shown = subprocess.run(
        ["pulumi", "stack", "output", "--json", "--show-secrets", "--stack", "prod"],
        cwd=pipeline.folder,
        env=pipeline.env,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=True,
    )
    found: dict[str, Any] = json.loads(shown.stdout)
    return found


@pytest.mark.parametrize(
    ("schema", "file"), [("vendor.github-workflows", GITHUB), ("vendor.gitlab-ci", GITLAB)]
)
def test_a_pipeline_follows_its_schema(schema: str, file: Path) -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    if file == GITLAB:
        check += ["--data-transform", "gitlab-ci"]
    done = subprocess.run([*check, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_pipelines_run_the_scripts_and_nothing_else() -> None:
    github = [
        step["run"]
        for job in yaml.safe_load(GITHUB.read_text())["jobs"].values()
        for step in job["steps"]
        if "run" in step
    ]
    loaded = yaml.safe_load(GITLAB.read_text())
    gitlab = [*loaded["default"]["before_script"]]
    for job in loaded.values():
        if isinstance(job, dict):
            gitlab += [*job.get("script", ()), *job.get("after_script", ())]
    names = {path.name for path in (EXAMPLE / "scripts").iterdir() if path.is_file()}
    for commands in (github, gitlab):
        called = {re.findall(r"scripts/([\w.]+)", each)[0] for each in commands}
        assert called == names


def test_the_workflow_pins_its_actions_as_the_projects_own() -> None:
    used = set(re.findall(r"uses: (.*)", GITHUB.read_text()))
    own = {use for file in WORKFLOWS for use in re.findall(r"uses: (.*)", file.read_text())}
    assert used <= own
    assert all(PINNED.fullmatch(each) for each in used)


def github_jobs() -> dict[str, Any]:
    jobs: dict[str, Any] = yaml.safe_load(GITHUB.read_text())["jobs"]
    return jobs


def gitlab_jobs() -> dict[str, Any]:
    loaded = yaml.safe_load(GITLAB.read_text())
    return {name: job for name, job in loaded.items() if isinstance(job, dict) and "script" in job}


def test_the_job_that_runs_a_pull_requests_code_has_no_secret_of_the_deployer() -> None:
    preview = github_jobs()["preview"]
    assert set(re.findall(r"secrets\.(\w+)", json.dumps(preview))) == {"PULUMI_CONFIG_PASSPHRASE"}
    assert preview["permissions"] == {"contents": "read"}
    assert preview["environment"] == "olt-preview"
    gitlab = gitlab_jobs()["preview"]
    assert gitlab["environment"]["name"] == "olt-preview"
    given = {"OLT_CLIENT_ID": "preview", "OLT_CLIENT_SECRET": "preview"}
    assert gitlab["variables"] == given


def test_the_deployers_secret_is_given_to_steps_of_the_branch_main_only() -> None:
    workflow = yaml.safe_load(GITHUB.read_text())
    assert "secrets." not in json.dumps([workflow["env"], workflow.get("defaults")])
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            in_step = json.dumps({key: value for key, value in step.items() if key != "env"})
            assert "secrets." not in in_step
            if "secrets.OLT" in json.dumps(step):
                assert job["environment"] == "olt-prod"
                assert step["run"].startswith("scripts/")
        assert "secrets." not in json.dumps({k: v for k, v in job.items() if k != "steps"})


def test_only_the_job_that_comments_may_write_comments_and_it_runs_nothing_else() -> None:
    writers = {name for name, job in github_jobs().items() if "write" in str(job["permissions"])}
    assert writers == {"comment"}
    comment = github_jobs()["comment"]
    assert comment["permissions"] == {"contents": "read", "pull-requests": "write"}
    (run,) = (step for step in comment["steps"] if "run" in step)
    assert run["run"] == "python3 ../scripts/comment.py github"
    (download,) = (step for step in comment["steps"] if "download-artifact@" in str(step))
    assert download["with"]["path"] == run["working-directory"] == "review"
    (checkout,) = (step for step in comment["steps"] if "actions/checkout@" in str(step))
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"

    jobs = gitlab_jobs()
    named = {name for name, job in jobs.items() if job["environment"]["name"] == "olt-comment"}
    assert named == {"comment"}
    assert jobs["comment"]["before_script"] == []
    assert jobs["comment"]["script"] == ["python3 scripts/comment.py gitlab"]
    text = re.sub(r"^#.*", "", GITLAB.read_text(), flags=re.MULTILINE)
    assert "GITLAB_TOKEN" not in text


def test_no_checkout_keeps_the_token() -> None:
    for job in github_jobs().values():
        for step in job["steps"]:
            if "actions/checkout@" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
    assert yaml.safe_load(GITLAB.read_text())["variables"]["FF_GIT_URLS_WITHOUT_TOKENS"] == "true"


def test_images_and_runners_are_of_a_stated_version() -> None:
    stack = yaml.safe_load(OPERATOR.read_text())["spec"]["workspaceTemplate"]["spec"]["image"]
    for image in (yaml.safe_load(GITLAB.read_text())["image"], stack):
        assert re.fullmatch(r"pulumi/[\w-]+:\d+\.\d+\.\d+(-nonroot)?(@sha256:[0-9a-f]{64})?", image)
    for job in github_jobs().values():
        assert re.fullmatch(r"ubuntu-\d\d\.\d\d", job["runs-on"])


def test_no_job_that_changes_the_stack_is_cancelled_or_doubled() -> None:
    workflow = yaml.safe_load(GITHUB.read_text())
    assert workflow["concurrency"]["cancel-in-progress"] is False
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in yaml.safe_load(GITLAB.read_text()).items():
        if isinstance(job, dict) and job.get("stage") == "apply":
            assert job["resource_group"] == "prod", name


def test_the_stack_manifest_has_only_known_fields_and_no_secret() -> None:
    manifest = yaml.safe_load(OPERATOR.read_text())
    assert (manifest["apiVersion"], manifest["kind"]) == ("pulumi.com/v1", "Stack")
    spec = manifest["spec"]
    assert set(spec) <= STACK_FIELDS
    assert {"stack", "projectRepo", "branch"} <= set(spec)
    for name, reference in spec["envRefs"].items():
        kind, fields = ENV_REF[reference["type"]]
        assert set(reference) == {"type", kind}
        assert set(reference[kind]) == fields
        assert reference["type"] == "Secret" or name == "OLT_TENANT_ID"
