"""The documentation as a site, and its tables that come from docstrings."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest

import olt_provider
import olt_provider.background
from tests.documents import DOCS
from tools import reference
from tools.workspace import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make docs` does, where a warning is a failure."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY"):
            environment.delenv(name, raising=False)
        return built(tmp_path_factory.mktemp("site"))


def built(folder: Path) -> Path:
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
        found = dict(attrs)
        wanted = {"script": "src", "img": "src", "link": "href", "iframe": "src", "object": "data"}
        if tag in wanted and found.get(wanted[tag]):
            self.addresses.append(str(found[wanted[tag]]))


def test_every_page_is_on_the_site_and_in_its_navigation(site: Path) -> None:
    pages = {page.stem for page in DOCS.glob("*.md")}
    assert {page.stem for page in site.glob("*.html")} >= pages
    index = (site / "index.html").read_text("utf-8")
    assert {page for page in pages - {"index"} if f'href="{page}.html"' not in index} == set()


MOVED: Final = {
    "application": "olt_application",
    "installation": "olt_installation",
    "background_application": "olt_background_application",
    "background_applications": "platform_procedure",
    "background_client": "runtime_client",
}


@pytest.mark.parametrize(("old", "new"), MOVED.items())
def test_old_address_of_a_page_leads_to_the_new_one(site: Path, old: str, new: str) -> None:
    page = (site / f"{old}.html").read_text("utf-8")
    assert re.search(rf"http-equiv=.refresh. content=.0; url={new}\.html", page)
    assert (site / f"{new}.html").is_file()


def test_code_blocks_have_copy_buttons(site: Path) -> None:
    page = (site / "quickstart.html").read_text("utf-8")
    assert "copybutton.js" in page
    assert (site / "_static" / "copybutton.js").is_file()


def test_docstrings_of_the_public_names_are_on_the_site(site: Path) -> None:
    page = (site / "api_reference.html").read_text("utf-8")
    shown = {name.rpartition(".")[2] for name in re.findall(r'<dt [^>]*id="([\w.]+)"', page)}
    public = {*olt_provider.__all__, *olt_provider.background.__all__, "Emulator", "Fault", "Seed"}
    not_shown = {"__version__", "AdoptArgsDict", "AllowedTenantArgsDict"}
    assert public - not_shown <= shown


def test_tables_of_inputs_stack_their_columns_on_a_narrow_screen(site: Path) -> None:
    page = (site / "olt_application.html").read_text("utf-8")
    assert "columns-input-type-meaning-default" in page
    assert "_static/tables.css" in page
    rules = (site / "_static" / "tables.css").read_text("utf-8")
    narrow = rules.partition("@media (max-width:")[2]
    assert re.search(r'table\[class\*="columns-"\] td \{\s*display: block', narrow)


@pytest.mark.long
def test_pages_have_edit_links_where_the_repository_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "a-team/a-repository")
    page = (built(tmp_path) / "rotation.html").read_text("utf-8")
    assert "https://github.com/a-team/a-repository/edit/main/docs/rotation.md" in page


def test_site_of_an_unknown_repository_has_no_edit_links(site: Path) -> None:
    assert "/edit/" not in (site / "rotation.html").read_text("utf-8")


def test_the_site_loads_nothing_from_outside(site: Path) -> None:
    for page in (each for each in site.glob("*.html") if each.stem not in MOVED):
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
def test_tables_follow_the_docstrings(page: reference.Page) -> None:
    """If not, ``make reference``."""
    text = (DOCS / page.name).read_text("utf-8")
    assert text.count(reference.END) >= 1
    assert text == reference.rendered(page)


def test_changed_docstring_makes_a_table_stale(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = (reference.PACKAGE / "application.py").read_text("utf-8")
    (tmp_path / "application.py").write_text(source.replace("Not empty.", "Never empty."))
    monkeypatch.setattr(reference, "PACKAGE", tmp_path)
    page = reference.PAGES[0]
    assert reference.rendered(page) != (DOCS / page.name).read_text("utf-8")
