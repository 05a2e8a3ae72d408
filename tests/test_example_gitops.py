"""examples/gitops: what its pipelines call really runs, in order, with a bare remote."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from olt_provider.emulator import Emulator
from tests.emulated import calls_of, emulator, new_tenant, owner, shared_emulator
from tests.engine.harness import PASSPHRASE, Engine
from tests.test_workflows import PINNED, WORKFLOWS
from tools.workspace import ROOT

__all__ = ["emulator", "owner", "shared_emulator"]

EXAMPLE: Final = ROOT / "examples" / "gitops"
GITHUB: Final = EXAMPLE / ".github" / "workflows" / "olt.yml"
GITLAB: Final = EXAMPLE / ".gitlab-ci.yml"
OPERATOR: Final = EXAMPLE / "operator" / "stack.yaml"
TIMEOUT: Final = 120
FORGE_TOKEN: Final = "forge-token-7c1d"

STACK_FIELDS: Final = {
    *("stack", "backend", "branch", "commit", "config", "configRef", "destroyOnFinalize"),
    *("envRefs", "gitAuth", "projectRepo", "repoDir", "refresh", "resyncFrequencySeconds"),
    *("serviceAccountName", "useLocalStackOnly", "workspaceTemplate", "updateTemplate"),
}
"""Those of ``Stack.spec``, ``pulumi.com/v1``, that are of use here.

Source: docs/stacks.md of github.com/pulumi/pulumi-kubernetes-operator, at 03a57ffded1c.
"""
ENV_REF: Final = {"Literal": ("literal", {"value"}), "Secret": ("secret", {"name", "key"})}


class Forge(BaseHTTPRequestHandler):
    """The comments of one pull request, as code hosts keep them, and who wrote them."""

    comments: list[dict[str, Any]]
    calls: list[str]

    def do_GET(self) -> None:
        self._answer(self.comments if "page=1" in self.path.split("&")[-1] else [])

    def do_POST(self) -> None:
        self.comments.append({"id": len(self.comments) + 1, **self._body()})
        self._answer(self.comments[-1])

    def do_PATCH(self) -> None:
        comment = self.comments[int(self.path.rsplit("/", 1)[1]) - 1]
        comment.update(self._body())
        self._answer(comment)

    def do_PUT(self) -> None:
        self.do_PATCH()

    def _body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return body

    def _answer(self, value: object) -> None:
        self.calls.append(f"{self.command} {self.path.partition('?')[0]}")
        told = self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN") or ""
        content = json.dumps(value).encode()
        self.send_response(200 if FORGE_TOKEN in told else 401)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def forge() -> Iterator[ThreadingHTTPServer]:
    Forge.comments, Forge.calls = [], []
    with ThreadingHTTPServer(("127.0.0.1", 0), Forge) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


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

    def checkout(self, name: str, branch: str = "main") -> Pipeline:
        """Another runner, with a checkout of its own."""
        remote = self.folder.parent / "remote.git"
        other = Pipeline(self.folder.parent / name, self.env, self.printed)
        self.run("git", "clone", "--quiet", "--branch", branch, str(remote), str(other.folder))
        (other.folder / ".venv").symlink_to(Path(sys.executable).parents[1])
        return other

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
    env = engine.environment(tmp_path / "state") | {
        "OLT_API_URL": emulator.api_url,
        "OLT_IDENTITY_URL": emulator.identity_url,
        "OLT_TENANT_ID": owner,
        "OLT_TENANT_TOKENS": json.dumps({each: emulator.token(each) for each in (owner, tenant)}),
        "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"),
    }
    (tmp_path / "gitconfig").write_text(
        "[user]\n  name = A Person\n  email = person@example.com\n[init]\n  defaultBranch = main\n"
    )
    nobody = Pipeline(tmp_path / "nobody", env)
    nobody.folder.mkdir()
    nobody.run("git", "init", "--quiet", "--bare", str(tmp_path / "remote.git"))
    person = Pipeline(tmp_path / "person", env, nobody.printed)
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


def comment(pipeline: Pipeline, forge: ThreadingHTTPServer) -> None:
    url = f"http://127.0.0.1:{forge.server_port}"
    pipeline.run(
        *("python3", "scripts/comment.py", "github"),
        GITHUB_API_URL=url,
        GITHUB_REPOSITORY="platform/olt",
        PULL_REQUEST="7",
        GITHUB_TOKEN=FORGE_TOKEN,
    )


@pytest.mark.engine
@pytest.mark.timeout(400)
def test_a_change_goes_from_its_branch_to_the_platform_and_drift_is_mended(
    person: Pipeline, emulator: Emulator, owner: str, tenant: str, forge: ThreadingHTTPServer
) -> None:
    person.checkout("first").run("scripts/up.sh")
    (application,) = emulator.platform.applications(owner)
    before = outputs(person)["client_secret"]

    # branch, change, preview, comment; a second push changes the same comment
    person.run("git", "switch", "--quiet", "--create", "change")
    person.configure(tenants={owner: "the owner itself", tenant: "customer B"})
    person.commit("Let customer B use it", "change")
    emulator.clear_calls()
    review = person.checkout("review", "change")
    review.run("scripts/preview.sh", FAIL_ON="delete,replace")
    comment(review, forge)
    comment(review, forge)
    assert {call.method for call in calls_of(emulator)} <= {"GET"}
    (written,) = Forge.comments
    assert [call.partition(" ")[0] for call in Forge.calls] == ["GET", "POST", "GET", "PATCH"]
    assert tenant in written["body"]
    assert written["body"].rstrip().endswith("<!-- olt-review olt-gitops/prod -->")

    # what needs another way than a merge, and a preview that fails: the pipeline fails, and says so
    refused = review.run("scripts/preview.sh", fails=True, OLT_TENANT_TOKENS='{"no": "token"}')
    assert refused.startswith("**OLT: the preview failed")
    person.run("git", "switch", "--quiet", "--create", "removal", "change")
    person.configure(tenants={tenant: "customer B"})
    person.commit("Take it from the owner", "removal")
    removal = person.checkout("removal", "removal")
    assert owner in removal.run("scripts/preview.sh", fails=True, FAIL_ON="delete,revoke")

    # merge, up
    person.run("git", "switch", "--quiet", "main")
    person.run("git", "merge", "--quiet", "change")
    person.run("git", "push", "--quiet", "origin", "main")
    merged = person.checkout("merged")
    merged.run("scripts/up.sh")
    installed = emulator.platform.installations(application["id"])
    assert {each["tenantId"] for each in installed} == {owner, tenant}

    # drift, mend
    merged.run("scripts/drift.sh")
    emulator.platform.patch(application["id"], name="Renamed By Hand")
    assert "Renamed By Hand" in merged.run("scripts/drift.sh", fails=True)
    merged.run("scripts/mend.sh")
    assert emulator.platform.applications(owner)[0]["name"] == "Reporting"
    merged.run("scripts/drift.sh")

    # the scheduled rotation: committed, so the next pipeline keeps it
    merged.run("scripts/rotate.sh", ROTATION="2030-01")
    after = outputs(merged)["client_secret"]
    client = application["oauth2Client"]["id"]
    assert not emulator.platform.secret_is_valid(client, before)
    assert emulator.platform.secret_is_valid(client, after)
    later = person.checkout("later")
    emulator.clear_calls()
    later.run("scripts/up.sh")
    assert calls_of(emulator) == []

    printed = "".join(person.printed) + json.dumps(Forge.comments)
    for secret in (before, after, emulator.token(owner), PASSPHRASE, FORGE_TOKEN):
        assert secret not in printed


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


def test_a_gitlab_comment_is_changed_too(tmp_path: Path, forge: ThreadingHTTPServer) -> None:
    (tmp_path / "review.md").write_text("**Fine**\n\n<!-- olt-review prod -->\n")
    Forge.comments.append({"id": 1, "body": "old\n<!-- olt-review prod -->"})
    subprocess.run(
        [sys.executable, str(EXAMPLE / "scripts" / "comment.py"), "gitlab"],
        cwd=tmp_path,
        env={
            "CI_API_V4_URL": f"http://127.0.0.1:{forge.server_port}/api/v4",
            "CI_PROJECT_ID": "3",
            "CI_MERGE_REQUEST_IID": "7",
            "GITLAB_TOKEN": FORGE_TOKEN,
        },
        check=True,
        timeout=TIMEOUT,
    )
    notes = "/api/v4/projects/3/merge_requests/7/notes"
    assert Forge.calls == [f"GET {notes}", f"PUT {notes}/1"]
    assert Forge.comments[0]["body"].startswith("**Fine**")


@pytest.mark.parametrize(
    ("review", "said"),
    [("Fine\n", "GITHUB_TOKEN is not set"), ("\n", "is empty"), (None, "no comment written")],
)
def test_what_a_comment_lacks_is_said_in_one_line(
    tmp_path: Path, review: str | None, said: str
) -> None:
    if review is not None:
        (tmp_path / "review.md").write_text(review)
    script = [sys.executable, str(EXAMPLE / "scripts" / "comment.py"), "github"]
    done = subprocess.run(
        script, cwd=tmp_path, env={}, capture_output=True, text=True, check=False, timeout=TIMEOUT
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


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
        called = {re.findall(r"scripts/([\w.]+)", each)[0] for each in commands if "scr" in each}
        assert called == names
        others = [each for each in commands if "scripts/" not in each]
        assert all(each.startswith("git remote set-url origin ") for each in others)


def test_the_workflow_pins_its_actions_as_the_projects_own() -> None:
    used = set(re.findall(r"uses: (.*)", GITHUB.read_text()))
    own = {use for file in WORKFLOWS for use in re.findall(r"uses: (.*)", file.read_text())}
    assert used <= own
    assert all(PINNED.fullmatch(each) for each in used)


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
