"""docs/reliability.md and docs/proofs.md: each promise has a test, each rule is the client's."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Final

import pytest

from olt_provider.api import options, retry, transport
from olt_provider.api.client import OltClient
from tests.documents import DOCS, PAGES
from tools.workspace import ROOT

PAGE: Final = DOCS / "reliability.md"
TEXT: Final = PAGE.read_text(encoding="utf-8")
PROOFS: Final = (DOCS / "proofs.md").read_text(encoding="utf-8")
NAMED: Final = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PROOFS)


def defined_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def section(title: str, text: str = TEXT) -> str:
    _, _, rest = text.partition(f"\n## {title}\n")
    return rest.partition("\n## ")[0]


def in_one_line(text: str) -> str:
    return " ".join(text.split()).replace("`", "")


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_named_test_exists(file: str, test: str) -> None:
    assert test in defined_in(ROOT / file)


def test_each_promise_of_the_reliability_page_has_tests() -> None:
    promised = re.findall(r"^- \*\*(.*?)\*\*", section("What is promised"), re.MULTILINE)
    proven = re.findall(r"^## (.*)$", PROOFS, re.MULTILINE)
    assert proven == [*promised, "Credentials"]
    for title in promised:
        rows = re.findall(r"^\| (.*) \| (.*) \|$", section(title, PROOFS), re.MULTILINE)
        assert rows[0] == ("promise", "test")
        assert rows[1:]
        assert [each for each in rows[1:] if not re.fullmatch(r"`tests/.*::\w+`", each[1])] == []


def test_only_the_page_of_proofs_names_tests() -> None:
    naming = {page.name for page in PAGES if "::test_" in page.read_text(encoding="utf-8")}
    assert naming == {"proofs.md"}


@pytest.mark.parametrize(
    "file", ["tests/engine/test_faults.py", "tests/engine/test_interruption.py"]
)
def test_every_test_of_faults_and_interruption_proves_a_promise(file: str) -> None:
    assert defined_in(ROOT / file) == {test for named, test in NAMED if named == file}


def test_the_rules_of_repetition_are_those_of_the_client() -> None:
    documented = in_one_line(section("Retries"))
    rules = inspect.getdoc(OltClient) or ""
    for rule in re.split(r"^- ", rules, flags=re.MULTILINE)[1:]:
        if "max_retries" not in rule and "Redirects" not in rule:
            assert in_one_line(rule) in documented


def test_the_figures_are_those_of_the_client() -> None:
    documented = in_one_line(section("Retries"))
    for figure in (
        f"more than {retry.MAX_WAIT:.0f} s ends the call",
        f"times (default {options.DEFAULT_MAX_RETRIES}; 0: never)",
        f"for at most {retry.MAX_TOTAL:.0f} s",
        f"to respond (default {options.DEFAULT_REQUEST_TIMEOUT:.0f})",
        f"more than {transport.REPORTED_WAIT:.0f} s is reported",
    ):
        assert figure in documented
