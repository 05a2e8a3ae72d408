"""README and docs in tests: pages, their code blocks, headings and links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tools.workspace import ROOT

DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])


@dataclass(frozen=True)
class Block:
    """A fenced code block. ``file`` is the name that stands alone, in backticks, before it."""

    page: Path
    line: int
    language: str
    text: str
    file: str | None

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@cache
def _tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


@cache
def blocks(language: str = "", page: Path | None = None) -> list[Block]:
    """All code blocks, or those of a language or a page."""
    found = []
    for each in PAGES if page is None else [page]:
        before = ""
        for token in _tokens(each):
            if token.type == "inline":
                before = token.content
            if token.type == "fence":
                name = re.match(r"`([\w./-]+\.\w+)`:", before)
                line = (token.map or [0])[0] + 1
                found.append(
                    Block(each, line, token.info, token.content, name[1] if name else None)
                )
    return [block for block in found if language in ("", block.language)]


def anchors(page: Path) -> set[str]:
    """The fragments of a page, as code hosts derive them from headings."""
    tokens = _tokens(page)
    headings = [
        tokens[i + 1].content for i, each in enumerate(tokens) if each.type[:8] == "heading_"
    ]
    kept = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in kept}


def links(page: Path) -> list[str]:
    """The targets of all links of a page."""
    inline = [child for token in _tokens(page) for child in token.children or []]
    return [str(child.attrs["href"]) for child in inline if child.type == "link_open"]


def headings(page: Path, level: str) -> list[str]:
    """The headings of a level, such as ``h3``, as they are written."""
    tokens = _tokens(page)
    opened = [i for i, token in enumerate(tokens) if token.type == "heading_open"]
    return [tokens[i + 1].content for i in opened if tokens[i].tag == level]


# Why a shell block is not run, by its page and how it begins. All others are run.
ENVIRONMENT = "a copy of the example, which a test of the example runs"
IN_PASSING = "a reminder: tests/engine does the same and asks the platform what it holds"
TOO_MUCH = "it sets up this project, or runs these tests themselves"
CLI = "tests/cli does the same on previews and stacks of the real engine, and on the emulator"
NOT_RUN = {
    ("README.md", "make demo"): "tests/tools/test_demo.py runs it; `make test` runs this",
    ("docs/quickstart.md", "export TENANT_ID=..."): "a blank to fill in",
    ("docs/quickstart.md", "olt emulator"): "the test starts one of its own",
    ("docs/troubleshooting.md", "pulumi config set --secret olt:apiToken"): IN_PASSING,
    ("docs/troubleshooting.md", "pulumi config set --secret --path"): IN_PASSING,
    (
        "docs/olt_background_application_pair.md",
        "pulumi config set generation",
    ): "tests/test_examples.py does the same with the example",
    ("docs/adoption.md", "olt adopt"): "tests/engine/test_adopt_tenant.py does so on the engine",
    ("docs/adoption.md", "pulumi state delete"): "it is Pulumi's own, for any resource",
    ("docs/previews.md", "export PULUMI_EXPERIMENTAL"): "tests/engine/test_update_plans.py does so",
    ("docs/reliability.md", "pulumi cancel"): "tests/engine/test_interruption.py does the same",
    ("docs/reliability.md", "pulumi stack export"): "tests/cli/test_doctor_orphans.py does so",
    ("docs/reliability.md", "find .pulumi"): "tests/engine/test_empty_attributes.py does so",
    ("docs/cli.md", "pulumi preview --json"): CLI,
    ("docs/cli.md", "olt graph"): CLI,
    ("docs/cli.md", "olt doctor"): CLI,
    ("docs/cli.md", "olt verify"): CLI,
    ("docs/cli.md", "OLT_VERIFY_CLIENT_SECRET"): "a blank to fill in",
    ("docs/gitops.md", "pulumi stack init prod"): "tests/test_example_gitops.py does the same",
    ("docs/benchmarks.md", "make bench"): "tests/benchmarks runs it at its smallest",
    ("docs/large_estates.md", "olt fleet"): "tests/test_example_fleet.py does so",
    ("docs/cli.md", "olt fleet"): "tests/test_example_fleet.py does so",
    ("docs/large_estates.md", "make bench-fleet"): "tests/benchmarks/test_fleet.py does so",
    ("docs/policy.md", "cp -r"): ENVIRONMENT,
    ("docs/handing_on_the_secret.md", "olt verify"): CLI,
    ("docs/policy.md", "pulumi preview"): "tests/policy/test_pack.py does the same",
    ("docs/native.md", "pulumi plugin install"): "there is no server of releases in the tests",
    ("docs/native.md", "mkdir plugin"): "an SDK needs the tools of its language",
    ("docs/native.md", "pulumi package get-schema"): "an SDK needs the host of its language",
    ("docs/native.md", "pulumi import"): "tests/native/test_import.py does the same",
    ("docs/contributing.md", "git clone"): TOO_MUCH,
    ("docs/contributing.md", "make check"): TOO_MUCH,
}


def installs(block: Block) -> bool:
    """Whether a shell block installs this package: test_packaging.py runs these."""
    return block.language == "sh" and "pip install" in block.text


def reason_not_to_run(block: Block) -> tuple[str, str] | None:
    """The key of ``NOT_RUN`` that a block falls under."""
    page = str(block.page.relative_to(ROOT))
    return next((key for key in NOT_RUN if key[0] == page and block.text.startswith(key[1])), None)
