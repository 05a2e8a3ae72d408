"""README and docs: code blocks parse, type-check and run, links resolve, messages are real."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml

from olt_provider import OltApplication, OltInstallation
from olt_provider.application import COMPUTED
from olt_provider.emulator import Emulator, Fault, Seed
from olt_provider.setting_names import configured, variable
from olt_provider.settings import SETTINGS
from tests.documents import (
    DOCS,
    NOT_RUN,
    PAGES,
    README,
    Block,
    anchors,
    blocks,
    headings,
    links,
    reason_not_to_run,
)
from tests.test_workflows import PINNED
from tools.workspace import ROOT

RUN = {
    README,
    *(DOCS / f"{name}.md" for name in ("quickstart", "configuration", "credentials", "testing")),
    *(DOCS / f"{name}.md" for name in ("emulator", "cli", "runtime_client")),
    *(DOCS / f"{name}.md" for name in ("platform_procedure", "rotation", "adoption", "previews")),
}
"""The pages whose other shell blocks tests/test_docs_*.py and test_packaging.py run."""


def named(found: list[Block]) -> list[object]:
    return [pytest.param(block, id=block.name) for block in found]


@pytest.mark.parametrize("block", named(blocks("sh")))
def test_shell_blocks_parse(block: Block) -> None:
    done = subprocess.run(
        ["bash", "-n"], input=block.text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_shell_block_is_run_or_has_a_reason() -> None:
    reasons = {block: reason_not_to_run(block) for block in blocks("sh")}
    assert [block.name for block in reasons if not reasons[block] and block.page not in RUN] == []
    assert NOT_RUN.keys() - set(reasons.values()) == set()


@pytest.mark.parametrize("block", named(blocks("yaml")))
def test_yaml_blocks_parse(block: Block) -> None:
    assert isinstance(yaml.safe_load(block.text), dict)


@pytest.mark.parametrize("block", named(blocks("yaml")))
def test_pipelines_in_the_docs_pin_what_they_run_and_give_secrets_to_steps_only(
    block: Block,
) -> None:
    assert [use for use in re.findall(r"uses: (.*)", block.text) if not PINNED.fullmatch(use)] == []
    assert block.text.count("actions/checkout@") == block.text.count("persist-credentials: false")
    images = re.findall(r"image: (.*)|runs-on: (.*)", block.text)
    assert [each for each in map("".join, images) if not re.search(r"\d+\.\d+", each)] == []
    for line in re.findall(r"pip install.*", block.text):
        assert "--require-hashes" in line
    for job in yaml.safe_load(block.text).get("jobs", {}).values():
        assert "secrets." not in str({key: job[key] for key in job if key != "steps"})


@pytest.mark.parametrize("block", named(blocks("json")))
def test_json_blocks_parse(block: Block) -> None:
    assert isinstance(json.loads(block.text), dict)


def test_no_block_is_of_a_language_that_nothing_checks() -> None:
    assert {block.language for block in blocks()} == {
        *("sh", "python", "yaml", "json", "text"),
        "diff",  # tests/lifecycle/test_new_property.py applies it
        *("{toctree}", "{eval-rst}"),  # the site's: building it checks them
    }


def test_the_seed_of_the_emulators_page_can_be_served() -> None:
    (seed,) = blocks("yaml", DOCS / "emulator.md")
    with Emulator.start(Seed.model_validate(yaml.safe_load(seed.text))) as emulator:
        (application,) = emulator.platform.applications()
        assert application["name"] == "Already there"


def test_the_fault_of_the_emulators_page_is_one() -> None:
    (fault,) = blocks("json", DOCS / "emulator.md")
    assert Fault.model_validate_json(fault.text).makes_the_change


def test_the_program_of_the_emulators_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = blocks("python", DOCS / "emulator.md")
    exec(program.text, {})  # noqa: S102 - it is our own page
    assert capsys.readouterr().out.startswith("http://127.0.0.1:")


@pytest.mark.timeout(300)
@pytest.mark.slow
def test_each_python_block_is_a_program_of_the_right_types(tmp_path: Path) -> None:
    for block in blocks("python"):
        (tmp_path / f"{block.page.stem.lower()}_{block.line}.py").write_text(block.text)
    cache = [
        "--cache-dir",
        str(ROOT / ".mypy_cache"),
        "--config-file",
        str(ROOT / "pyproject.toml"),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *cache, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_resolve(page: Path) -> None:
    for link in links(page):
        if link.startswith("https://"):
            continue
        target, _, fragment = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        assert file.is_file(), link
        assert not fragment or fragment in anchors(file), link


def test_every_page_is_reached_from_the_readme() -> None:
    linked = {link.partition("#")[0] for link in links(README)}
    pages = {f"docs/{page.name}" for page in DOCS.glob("*.md")}
    alone = {"docs/index.md", "docs/changelog.md", "docs/security.md"}
    assert pages - linked == alone, "only the site has these"


@cache
def messages() -> str:
    """Every text in the package's code; what is put into it at run time is left out."""
    return "\0".join(_texts())


def _texts() -> Iterator[str]:
    for file in (ROOT / "olt_provider").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                constants = [part.value for part in node.values if isinstance(part, ast.Constant)]
                yield "\0".join(str(value) for value in constants)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def explained() -> list[str]:
    """The messages that the page on troubleshooting explains, as its headings show them."""
    return [
        quoted
        for heading in headings(DOCS / "troubleshooting.md", "h3")
        for quoted in re.findall(r"`([^`]*…[^`]*|[^`]*: [^`]*)`", heading)
    ]


def test_messages_that_are_explained_are_those_of_the_code() -> None:
    texts = messages()
    assert len(explained()) > 35
    parts = [part.strip() for heading in explained() for part in heading.split("…")]
    assert [part for part in parts if part not in texts] == []


def in_tables(page: Path) -> set[str]:
    """What stands in backticks in the first cells of a page's tables."""
    rows = re.findall(r"^\| (`.*?) \|", page.read_text(), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


@pytest.mark.parametrize(
    ("page", "resource", "computed"),
    [
        ("olt_application.md", OltApplication, set(COMPUTED)),
        ("olt_installation.md", OltInstallation, {"installed_at", "api_url"}),
    ],
)
def test_every_input_and_output_is_documented(
    page: str, resource: type, computed: set[str]
) -> None:
    inputs = set(inspect.signature(resource).parameters) - {"resource_name", "opts"}
    assert inputs | computed <= in_tables(DOCS / page)


def test_every_setting_is_documented() -> None:
    text = (DOCS / "configuration.md").read_text()
    for key in SETTINGS:
        assert f"`{configured(key)}`" in text
        assert f"`{variable(key)}`" in text


def test_every_run_time_dependency_is_documented() -> None:
    required = [each for each in requires("pulumi-olt") or () if "extra ==" not in each]
    names = {re.split(r"[\[>=<]", each)[0].lower() for each in required}
    assert names
    assert names <= in_tables(DOCS / "architecture.md")


def test_modules_that_the_architecture_names_exist() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    paths = re.findall(r"`(?:olt_provider/)?([a-z_/]+(?:\.py|/))`", text)
    package = ROOT / "olt_provider"
    modules = [module.as_posix() for module in (package, *package.rglob("*"))]
    assert len(paths) > 30
    assert [path for path in paths if not any(m.endswith(path.rstrip("/")) for m in modules)] == []
