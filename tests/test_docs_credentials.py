"""docs/credentials.md and docs/runtime_client.md: snippets are checked, their commands run."""

from __future__ import annotations

import inspect
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

import olt_provider.background
from olt_provider.api.hosts import DEFAULT_ENVIRONMENT, Hosts
from olt_provider.background import BackgroundClient
from olt_provider.emulator import PORTAL_CLIENT, TENANT_A, TENANT_B, Emulator
from olt_provider.setting_names import configured, variable
from olt_provider.settings import CREDENTIALS, Settings
from tests.documents import DOCS, Block, blocks
from tests.emulator.test_permissions import CALLS
from tests.test_docs_run import follow, user
from tools.workspace import ROOT

__all__ = ["user"]

PAGE = DOCS / "credentials.md"
CLIENT_PAGE = DOCS / "runtime_client.md"
NOTHING = SecretStr("")
CLIENT = {variable("clientId"), variable("clientSecret")}

# Fields of a Stack's spec, as docs/stacks.md of the operator lists them for pulumi.com/v1.
STACK_SPEC = {
    *("accessTokenSecret", "backend", "branch", "commit", "config", "configRef", "envRefs"),
    *("destroyOnFinalize", "driftDetection", "environment", "expectNoRefreshChanges", "gitAuth"),
    *("prerequisites", "preview", "programRef", "projectRepo", "refresh", "repoDir", "stack"),
    *("resyncFrequencySeconds", "secretsProvider", "secretsRef", "serviceAccountName", "targets"),
    *("updateTemplate", "useLocalStackOnly", "workspaceReclaimPolicy", "workspaceTemplate"),
}


def snippet(words: str, language: str = "yaml", page: Path = PAGE) -> Block:
    """The one block of a language that holds these words."""
    (found,) = (block for block in blocks(language, page) if words in block.text)
    return found


def loaded(words: str) -> Any:
    return yaml.safe_load(snippet(words).text)


# Tables


def test_each_request_has_the_permission_that_the_emulator_enforces() -> None:
    rows = re.findall(r"^\| `(\w+) (/\S+)` \| `(\S+)` \|", PAGE.read_text(), re.MULTILINE)
    documented = {(permission, method, path) for method, path, permission in rows}
    enforced = {
        (
            permission,
            method,
            path.replace("/ID", "/{applicationId}").replace(TENANT_B, "{tenantId}"),
        )
        for permission, method, path, _ in CALLS
        if path != "/devices"  # the application's own call, with its own token
    }
    assert documented == enforced


def test_every_credential_is_documented_by_both_names() -> None:
    text = PAGE.read_text()
    for key in CREDENTIALS:
        assert f"`{configured(key)}`" in text
        assert f"`{variable(key)}`" in text


def test_client_arguments_in_the_docs_match_the_signature() -> None:
    parameters = inspect.signature(BackgroundClient).parameters
    table = CLIENT_PAGE.read_text().partition("## Arguments")[2].partition("## ")[0]
    rows = re.findall(r"^\| (`.*?) \| .* \|(.*)\|$", table, re.MULTILINE)
    documented = {
        name: default for names, default in rows for name in re.findall(r"`(\w+)`", names)
    }
    assert documented.keys() == parameters.keys()
    assert documented["environment"].strip(" `") == DEFAULT_ENVIRONMENT
    for name in ("request_timeout", "max_retries"):
        assert documented[name].strip() == f"{parameters[name].default:g}"


def test_the_clients_errors_are_those_that_it_exports() -> None:
    documented = re.findall(r"^\| `(\w+Error)` \|", CLIENT_PAGE.read_text(), re.MULTILINE)
    exported = [name for name in olt_provider.background.__all__ if name.endswith("Error")]
    assert sorted([*documented, "OltError"]) == sorted(exported)


# Other tools' files


@pytest.mark.parametrize(
    ("words", "schema"),
    [("runs-on:", "vendor.github-workflows"), ("image: pulumi/", "vendor.gitlab-ci")],
)
def test_a_pipelines_file_follows_its_schema(words: str, schema: str, tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yml"
    file.write_text(snippet(words).text)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_workflow_hands_over_a_whole_source() -> None:
    (env,) = (step["env"] for step in loaded("runs-on:")["jobs"]["up"]["steps"] if "env" in step)
    assert {name for name in env if name.startswith("OLT_")} == CLIENT
    assert env["OLT_CLIENT_SECRET"] == "${{ secrets.OLT_CLIENT_SECRET }}"


def test_the_environment_of_esc_sets_a_whole_source_and_no_configuration() -> None:
    values = loaded("environmentVariables:")["values"]
    assert values.keys() == {"environmentVariables"}
    assert values["environmentVariables"].keys() == CLIENT
    assert values["environmentVariables"]["OLT_CLIENT_SECRET"].keys() == {"fn::secret"}
    assert loaded("olt/production") == {"environment": ["olt/production"]}


def test_the_operators_stack_takes_a_whole_source_from_the_secret() -> None:
    secret, stack = loaded("kind: Secret"), loaded("kind: Stack")
    assert stack["spec"].keys() <= STACK_SPEC
    assert stack["spec"]["envRefs"].keys() == CLIENT
    for reference in stack["spec"]["envRefs"].values():
        assert reference["type"] == "Secret"
        assert reference["secret"]["name"] == secret["metadata"]["name"]
        assert reference["secret"]["key"] in secret["stringData"]


# Commands


def test_no_command_of_the_page_is_forgotten() -> None:
    run = (
        "client-id-file",
        "config set --secret",
        "examples/deployer",
    )
    forgotten = [
        block.name
        for block in blocks("sh", PAGE)
        if not any(words in block.text for words in (*run, "cd ../applications"))
    ]
    assert forgotten == []


def steps(words: str) -> list[str]:
    """The commands of a pipeline's file; what installs packages is left out."""
    (job,) = (snippet_jobs := loaded(words)).get("jobs", snippet_jobs).values()
    found = job.get("script") or [step["run"] for step in job["steps"] if "run" in step]
    return [command for command in found if not command.startswith("pip install")]


PROGRAM = """
import pulumi
from olt_provider import OltApplication
OltApplication("app", tenant_id=pulumi.Config("olt").require("tenantId"))
"""


def reach(emulator: Emulator, user: dict[str, str], **more: str) -> None:
    user |= {"OLT_API_URL": emulator.api_url, "OLT_IDENTITY_URL": emulator.identity_url, **more}


def deployer(emulator: Emulator) -> dict[str, str]:
    registered = emulator.platform.register(TENANT_A, name="D", allowed_tenants=[TENANT_A])
    emulator.platform.install(registered["id"], TENANT_A)
    client: dict[str, str] = registered["oauth2Client"]
    return client


def project(folder: Path, program: str) -> None:
    (folder / "Pulumi.yaml").write_text("name: credentials\nruntime: python\n")
    (folder / "__main__.py").write_text(program)


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_the_commands_that_set_credentials_work(user: dict[str, str]) -> None:
    folder = Path(user["PWD"])
    project(folder, PROGRAM)
    with Emulator.start() as emulator:
        client, token = deployer(emulator), emulator.token(TENANT_A)
        reach(emulator, user, TENANT_ID=TENANT_A)
        for name, text in {
            "client-id-file": client["id"],
            "client-secret-file": client["secret"],
            "portal-client-id-file": PORTAL_CLIENT,
            "refresh-token-file": emulator.refresh_token([TENANT_A]),
            "token-file": token,
        }.items():
            (folder / name).write_text(f"{text}\n")
        begin = ["pulumi stack init dev", "pulumi config set olt:tenantId $TENANT_ID"]
        by_environment = snippet('export OLT_CLIENT_ID="$(cat client-id-file', "sh").text
        pipelines = [*steps("runs-on:"), *steps("image: pulumi/")]
        assert len(pipelines) == 2
        follow([*begin, by_environment, *pipelines], user, NOTHING)
        assert len(emulator.platform.applications()) == 2

        settings = folder / "Pulumi.dev.yaml"
        without = settings.read_text()
        setting = [each.text for each in blocks("sh", PAGE) if "config set --secret" in each.text]
        assert len(setting) == 4
        for block in setting:
            settings.write_text(without)
            shown = follow([block, "pulumi config --json --show-secrets"], user, NOTHING)
            values = {key: each["value"] for key, each in json.loads(shown).items()}
            source = Settings.load(values.get, reaching(user)).client(notify=print)
            assert list(source.as_tenant(TENANT_A).applications.list())


def reaching(user: dict[str, str]) -> dict[str, str]:
    return {name: user[name] for name in ("OLT_API_URL", "OLT_IDENTITY_URL")}


@pytest.mark.engine
@pytest.mark.timeout(400)
@pytest.mark.long
def test_the_deployers_commands_work_and_its_outputs_serve_a_provider(user: dict[str, str]) -> None:
    folder = Path(user["PWD"])
    shutil.copytree(ROOT / "examples" / "deployer", folder / "examples" / "deployer")
    project(folder, snippet("StackReference", "python").text)
    bootstrap, applications = (
        snippet(words, "sh").text for words in ("cd examples/deployer", "cd ../applications")
    )
    with Emulator.start() as emulator:
        reach(emulator, user, OWNER=TENANT_A, TENANT_B=TENANT_B)
        tokens = {tenant: emulator.token(tenant) for tenant in (TENANT_A, TENANT_B)}
        file = folder / "examples" / "deployer" / "bootstrap" / "tenant-tokens.json"
        file.write_text(json.dumps(tokens))
        follow([bootstrap, applications], user, NOTHING)
        names = sorted(each["name"] for each in emulator.platform.applications(TENANT_A))
        assert names == ["Deployer", "Reporting"]
        explicit = "pulumi stack init dev\npulumi config set olt:tenantId $OWNER\npulumi up --yes"
        follow([explicit], user, NOTHING)
        names = sorted(each["name"] for each in emulator.platform.applications(TENANT_A))
        assert names == ["Deployer", "Reporting", "reporting"]


def test_the_program_of_the_clients_page_works(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {}
    exec(snippet("BackgroundClient", "python", CLIENT_PAGE).text, names)  # noqa: S102 - our page
    with Emulator.start() as emulator:
        hosts = {"prod": Hosts(emulator.api_url, emulator.identity_url)}
        monkeypatch.setattr("olt_provider.api.options.ENVIRONMENTS", hosts)
        client = deployer(emulator)
        names["report"](client["id"], client["secret"], TENANT_A)
    printed = capsys.readouterr().out
    assert "RGB LED" in printed
    assert f"{TENANT_A} Tenant A" in printed
