"""The documentation as a site, and its tables that come from docstrings."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.documents import DOCS
from tools import reference
from tools.workspace import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make docs` does, where a warning is a failure."""
    folder = tmp_path_factory.mktemp("site")
    recipe = re.search(
        r"^docs:.*\n\t@\$\(VENV_BIN\)/python (.*) docs build/site$", _makefile(), re.M
    )
    assert recipe
    done = subprocess.run(
        [sys.executable, *recipe[1].split(), "-d", folder / "trees", "docs", folder / "html"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "html"


def _makefile() -> str:
    return (ROOT / "Makefile").read_text("utf-8")


class Loaded(HTMLParser):
    """What a browser loads by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        wanted = {"script": "src", "img": "src", "link": "href", "iframe": "src", "object": "data"}
        if tag in wanted and told.get(wanted[tag]):
            self.addresses.append(str(told[wanted[tag]]))


def test_every_page_is_on_the_site_and_in_its_navigation(site: Path) -> None:
    pages = {page.stem for page in DOCS.glob("*.md")}
    assert {page.stem for page in site.glob("*.html")} >= pages
    index = (site / "index.html").read_text("utf-8")
    assert {page for page in pages - {"index"} if f'href="{page}.html"' not in index} == set()


def test_the_site_loads_nothing_from_outside(site: Path) -> None:
    for page in site.glob("*.html"):
        loaded = Loaded()
        loaded.feed(page.read_text("utf-8"))
        assert [each for each in loaded.addresses if "//" in each] == [], page.name
        assert loaded.addresses
    styles = "".join(each.read_text("utf-8") for each in site.rglob("*.css"))
    assert re.findall(r"url\(['\"]?(?:https?:)?//|@import", styles) == []


def test_the_first_page_is_the_readme_and_has_its_pictures(site: Path) -> None:
    index = (site / "index.html").read_text("utf-8")
    assert "<title>pulumi-olt" in index
    assert len(re.findall(r'<img [^>]*src="_images/(?:preview|review)\.svg"', index)) == 2
    assert {"preview.svg", "review.svg"} <= {each.name for each in (site / "_images").iterdir()}


@pytest.mark.parametrize("page", reference.PAGES, ids=lambda page: page.name)
def test_the_tables_are_as_the_docstrings_say(page: reference.Page) -> None:
    """If not, ``make reference``."""
    text = (DOCS / page.name).read_text("utf-8")
    assert text.count(reference.END) >= 1
    assert text == reference.rendered(page)


def test_a_changed_docstring_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = (reference.PACKAGE / "application.py").read_text("utf-8")
    (tmp_path / "application.py").write_text(source.replace("Not empty.", "Never empty."))
    monkeypatch.setattr(reference, "PACKAGE", tmp_path)
    page = reference.PAGES[0]
    assert reference.rendered(page) != (DOCS / page.name).read_text("utf-8")
