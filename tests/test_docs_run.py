"""The commands and programs of README and docs work, on the real engine."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import SecretStr

from olt_provider.api.applications import ListedApplication
from olt_provider.api.errors import ConfigurationError, OltError
from olt_provider.emulator import TENANT_A, Emulator
from olt_provider.lifecycle.application.duplicate_names import require_unused
from olt_provider.lifecycle.known_applications import KnownApplications
from olt_provider.lifecycle.provider_context import ProviderContext
from tests.documents import DOCS, README, Block, blocks, installs, reason_not_to_run
from tests.engine.harness import Engine, Stack
from tests.engine.shortcuts import cli_with_keys
from tools.workspace import ROOT


@pytest.fixture
def user(engine: Engine, tmp_path: Path) -> dict[str, str]:
    """The environment of a reader who follows a page: a new home, all commands on PATH."""
    home, project = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    project.mkdir()
    (project / ".venv").symlink_to(sys.prefix)
    environment = Engine(engine.folder, home).environment(tmp_path)
    cli = cli_with_keys(engine.folder / "pulumi", tmp_path / "cli")
    environment["PATH"] = os.pathsep.join((str(cli), environment["PATH"]))
    return environment | {"PULUMI_SKIP_CONFIRMATIONS": "true", "PWD": str(project)}


def without_shortcuts(user: dict[str, str]) -> None:
    """Leave the user what the reader of a page has: the CLI itself, and packages that it lists."""
    user["PATH"] = user["PATH"].partition(os.pathsep)[2]
    del user["PYTHONPATH"]


def write_files(page: Path, folder: Path) -> None:
    for block in blocks(page=page):
        if block.file:
            (folder / block.file).write_text(block.text)


pytestmark = pytest.mark.timeout(300)  # each makes several calls of the CLI

LOG_IN = "pulumi login --local"


def follow(script: list[str], user: Mapping[str, str], token: SecretStr) -> str:
    """Run shell blocks as one script; each prompt gets the token as input.

    The log-in is left out: `--local` means the home of the account, not that of HOME.
    """
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(script).replace(LOG_IN, "true")],
        cwd=user["PWD"],
        env=dict(user),
        input=token.get_secret_value(),
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    output = (done.stdout + done.stderr).replace(token.get_secret_value(), "[token]")
    assert done.returncode == 0, output[-4000:]
    return done.stdout


def shows(output: str, block: Block) -> None:
    """Each line of an excerpt stands in the output, in this order; `...` is anything."""
    position = 0
    for line in filter(None, map(str.strip, block.text.splitlines())):
        pattern = ".*".join(re.escape(part) for part in line.split("..."))
        found = re.compile(pattern).search(output, position)
        assert found, f"{block.name}: {line!r} is not in the output"
        position = found.end()


def runnable(page: Path) -> list[str]:
    return [
        block.text
        for block in blocks("sh", page)
        if not reason_not_to_run(block) and not installs(block)
    ]


@pytest.mark.engine
def test_the_readmes_quickstart_works_word_for_word(user: dict[str, str]) -> None:
    without_shortcuts(user)
    write_files(README, Path(user["PWD"]))
    with Emulator.start() as emulator:
        user |= {
            "OLT_API_URL": emulator.api_url,
            "OLT_IDENTITY_URL": emulator.identity_url,
            "TENANT_ID": TENANT_A,
        }
        output = follow(
            ["pulumi login --local", *runnable(README)], user, SecretStr(emulator.token(TENANT_A))
        )
        for excerpt in blocks("text", README):
            shows(output, excerpt)
        (application,) = emulator.platform.applications()
        secret = output.splitlines()[-1]
        assert emulator.platform.secret_is_valid(application["oauth2Client"]["id"], secret)


@pytest.mark.engine
def test_the_quickstart_page_works_word_for_word(user: dict[str, str]) -> None:
    page = DOCS / "quickstart.md"
    folder = Path(user["PWD"])
    write_files(page, folder)
    with Emulator.start() as emulator:
        token = SecretStr(emulator.token(TENANT_A))
        tenants = [{"id": TENANT_A, "apiToken": token.get_secret_value()}]
        ready = {"apiUrl": emulator.api_url, "identityUrl": emulator.identity_url}
        (folder / "ready.json").write_text(json.dumps({**ready, "tenants": tenants}))
        (pipe,) = (each for each in blocks("sh", DOCS / "runtime_client.md") if "|" in each.text)
        (folder / "pulumi-olt").symlink_to(ROOT)
        *steps, clean_up = runnable(page)
        output = follow([*steps, pipe.text, clean_up], user, token)
        for excerpt in blocks("text", page):
            shows(output, excerpt)
        assert output.count("RGB LED") == 2  # of devices.py, and of the run-time client's example
        assert f"Devices of tenant {TENANT_A}" in output
        assert emulator.platform.applications() == []
    assert token.get_secret_value() not in output


@pytest.mark.engine
@pytest.mark.long
def test_tests_of_a_program_pass_as_their_page_shows(user: dict[str, str]) -> None:
    page, folder = DOCS / "testing.md", Path(user["PWD"])
    (folder / ".github" / "workflows").mkdir(parents=True)
    write_files(page, folder)
    output = follow(runnable(page), user, SecretStr("nothing asks"))
    assert "2 passed" in output
    assert not (folder / "Pulumi.test.yaml").exists()


STORED = DOCS / "configuration.md"


@pytest.mark.engine
@pytest.mark.long
def test_the_commands_of_the_configuration_page_work(user: dict[str, str]) -> None:
    folder = Path(user["PWD"])
    write_files(README, folder)
    script = runnable(STORED)
    assert len(script) == 3
    with Emulator.start() as emulator:
        for name in ("token-file", "new-token-file"):
            (folder / name).write_text(emulator.token(TENANT_A) + "\n")
        user |= {
            "OLT_API_URL": emulator.api_url,
            "OLT_IDENTITY_URL": emulator.identity_url,
            "TENANT_ID": TENANT_A,
        }
        begin = ["pulumi stack init dev", "pulumi config set olt:tenantId $TENANT_ID"]
        begin += ["pulumi config set --secret olt:apiToken < token-file"]
        begin += ["pulumi up --skip-preview"]
        follow(begin, user, SecretStr("nothing asks"))
        assert len(emulator.platform.applications()) == 1
        follow(script, user, SecretStr("nothing asks"))
        assert emulator.platform.applications() == []


CUSTOMERS = (
    "b0000000-0000-4000-8000-00000000000b",
    "c0000000-0000-4000-8000-00000000000c",
)
CLIENT = {"clientId": "c11e0000-0000-4000-8000-000000000001", "clientSecret": "made up"}
MANAGED_ELSEWHERE = {
    "id": "9aa3b618-8cd2-4dc0-b7a1-da6df60af254",
    "registration": {"name": "Managed elsewhere", "allowedTenants": [{"tenantId": TENANT_A}]},
    "installedIn": [TENANT_A],
    **CLIENT,
}
OWNER = {"id": TENANT_A, "name": "A", "devices": [{"name": "RGB LED"}]}
SEED = {
    "tenants": [
        OWNER | {"applications": [MANAGED_ELSEWHERE]},
        *({"id": customer, "name": "Customer"} for customer in CUSTOMERS),
    ]
}


@pytest.fixture
def platform() -> Iterator[Emulator]:
    """An owner with one application, and two customers."""
    with Emulator.start(SEED) as emulator:
        yield emulator


@pytest.fixture
def stack(engine: Engine, platform: Emulator, tmp_path: Path) -> Stack:
    """A stack with a token of each tenant in its configuration."""
    stack = engine.stack(tmp_path, "")
    stack.env["OLT_API_URL"] = stack.env["OLT_IDENTITY_URL"] = platform.api_url
    stack.config("olt:tenantId", TENANT_A)
    tokens = {tenant: platform.token(tenant) for tenant in (TENANT_A, *CUSTOMERS)}
    stack.config("olt:tenantTokens", json.dumps(tokens), secret=True)
    return stack


def program(page: str) -> str:
    found = blocks("python", DOCS / page)
    # Another stack that exists already is more than a test of one page needs, and a rename is a
    # second program.
    left_out = ("StackReference", "aliases=")
    return "\n".join(each.text for each in found if not any(it in each.text for it in left_out))


def others(platform: Emulator) -> list[dict[str, Any]]:
    found = platform.platform.applications()
    return [each for each in found if each["id"] != MANAGED_ELSEWHERE["id"]]


def run_commands(stack: Stack, *commands: str) -> str:
    """Run shell blocks of a page in the folder of a stack, which is the selected one."""
    environment = stack.engine.environment(stack.backend) | stack.env
    user = environment | {"PULUMI_SKIP_CONFIRMATIONS": "true", "PWD": str(stack.folder)}
    return follow(["pulumi stack select dev >&2", *commands], user, SecretStr("nothing asks"))


@pytest.mark.engine
@pytest.mark.parametrize(
    ("page", "registered"),
    [
        ("olt_application.md", 4),
        ("olt_installation.md", 1),
        ("platform_procedure.md", 4),
        ("lookups.md", 0),
        ("many_tenants.md", 2),
    ],
)
def test_programs_of_a_page_do_what_it_documents(
    page: str, registered: int, stack: Stack, platform: Emulator
) -> None:
    if page == "many_tenants.md":
        stack.config("bauerToken", platform.token(CUSTOMERS[0]), secret=True)
    stack.program(program(page))
    stack.up()
    assert len(others(platform)) == registered
    output = run_commands(stack, *runnable(DOCS / page))
    if page == "platform_procedure.md":
        secret = output.splitlines()[0]
        assert platform.platform.secret_is_valid(stack.outputs()["client_id"], secret)
    stack.destroy()
    (left,) = platform.platform.applications()
    assert left["id"] == MANAGED_ELSEWHERE["id"]


@pytest.mark.engine
def test_rotation_works_as_its_page_documents(stack: Stack, platform: Emulator) -> None:
    stack.program(program("rotation.md"))
    stack.up()
    before = stack.state_file.read_text()
    (scheduled,) = runnable(DOCS / "rotation.md")
    set_trigger, apply = scheduled.splitlines()
    run_commands(stack, set_trigger)
    excerpt = next(each for each in blocks("text", DOCS / "rotation.md") if "never" in each.text)
    shows(stack.preview("--diff").output, excerpt)
    platform.clear_calls()
    run_commands(stack, apply)
    assert [call.template for call in platform.calls] == [
        "/application-developer/applications/{applicationId}/secret"
    ]
    assert stack.state_file.read_text() != before


@pytest.mark.engine
def test_adoption_works_as_its_page_documents(stack: Stack, platform: Emulator) -> None:
    stack.config("reportingSecret", CLIENT["clientSecret"], secret=True)
    stack.program(program("adoption.md"))
    run_commands(stack, *runnable(DOCS / "adoption.md"))
    assert stack.resource("reporting")["id"] == MANAGED_ELSEWHERE["id"]
    assert platform.platform.secret_is_valid(*CLIENT.values())
    assert others(platform) == []
    without = re.sub(r"    adopt=AdoptArgs\(.*?\n    \),\n", "", program("adoption.md"), flags=re.S)
    assert "adopt=" not in without
    stack.program(without)
    stack.unset("reportingSecret")
    assert stack.preview_json()["changeSummary"].keys() == {"same"}
    (alias,) = (
        each.text for each in blocks("python", DOCS / "adoption.md") if "aliases=" in each.text
    )
    options = re.search(r"opts=pulumi.ResourceOptions\(.*\)(?=\n\))", alias)
    assert options
    old = '"reporting",\n'
    assert without.count(old) == 1
    stack.program(without.replace(old, f'"daily-reporting", {options[0]},\n'))
    assert stack.preview_json()["changeSummary"].keys() == {"same"}
    stack.destroy()
    assert platform.platform.applications() == []


@pytest.mark.engine
@pytest.mark.long
def test_previews_show_what_their_page_documents(stack: Stack) -> None:
    found = blocks(page=DOCS / "previews.md")
    start = next(block.text for block in found if block.language == "python")
    stack.program(start)
    stack.up()
    shown = [
        (program.text, excerpt)
        for program, excerpt in itertools.pairwise(found)
        if (program.language, excerpt.language) == ("python", "text")
    ]
    assert len(shown) == 5
    for changed, excerpt in shown:
        stack.program(changed)
        shows(stack.preview("--diff").output, excerpt)
    stack.program(start)
    assert "3 unchanged" in run_commands(stack, *runnable(DOCS / "previews.md"))


@pytest.mark.engine
def test_what_a_preview_cannot_know_shows_as_changing(stack: Stack) -> None:
    consumer = (
        "class Keeper(pulumi.dynamic.ResourceProvider):\n"
        "    def create(self, props):\n"
        "        return pulumi.dynamic.CreateResult('kept', props)\n"
        "class Kept(pulumi.dynamic.Resource):\n"
        "    pass\n"
        "for name, value in (('client', app.client_id), ('application', app.id)):\n"
        "    Kept(Keeper(), name, {'value': value})\n"
    )
    start = next(block.text for block in blocks("python", DOCS / "previews.md"))
    stack.program(start + consumer)
    stack.up()
    stack.program(start.replace('"reporting",', '"reporting", name="Renamed",') + consumer)
    preview = stack.preview("--diff").output
    (excerpt,) = [
        block for block in blocks("text", DOCS / "previews.md") if "~ value" in block.text
    ]
    shows(preview, excerpt)
    assert preview.count("~ value") == 1
    assert "::client]" in preview
    assert "1 updated" in stack.up().output


def test_background_application_lists_devices_as_its_page_documents(
    platform: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    (listing,) = (
        block.text
        for block in blocks("python", DOCS / "platform_procedure.md")
        if "def list_devices" in block.text
    )
    names: dict[str, Any] = {}
    exec(listing, names)  # noqa: S102 - it is our own page
    monkeypatch.setenv("OLT_API_URL", platform.api_url)
    monkeypatch.setenv("OLT_IDENTITY_URL", platform.identity_url)
    assert names["list_devices"](TENANT_A, *CLIENT.values()) == ["RGB LED"]


def test_the_review_of_the_command_lines_page_reads_so() -> None:
    (excerpt,) = blocks("text", DOCS / "cli.md")
    shows((ROOT / "tests/cli/golden/kinds/replaced.md").read_text("utf-8"), excerpt)


def test_the_error_of_the_reliability_page_reads_so() -> None:
    (excerpt,) = blocks("text", DOCS / "reliability.md")
    known = KnownApplications()
    listed = ListedApplication(id="9aa3b618-8cd2-4dc0-b7a1-da6df60af254", name="reporting")
    known.list_once(lambda: [listed])
    context = ProviderContext(ConfigurationError("not used"), warn=print, sleep=lambda _: None)
    with pytest.raises(OltError) as refused:
        require_unused(context, known, "reporting")
    shows(f"OltError: {refused.value}", excerpt)


COMPARED: Final = {"README.md", *("cli", "previews", "quickstart", "reliability", "rotation")}


def test_every_output_is_compared_with_one() -> None:
    """By the tests above; a page that shows more of them needs a test too."""
    assert {block.page.stem for block in blocks("text") if block.page != README} | {
        "README.md"
    } == COMPARED
