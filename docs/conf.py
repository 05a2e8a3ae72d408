"""How Sphinx builds the documentation's site: ``make docs``. The pages are plain Markdown."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any, Final

from docutils import nodes

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from olt_provider._version import __version__

ROOT: Final = Path(__file__).resolve().parents[1]

project = "pulumi-olt"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton", "sphinx_reredirects"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
root_doc = "index"
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["tables.css"]
html_theme_options: dict[str, str] = {}
if repository := os.environ.get("GITHUB_REPOSITORY"):  # "edit" links; the address is not kept here
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
    html_theme_options = {
        "source_repository": f"{server}/{repository}/",
        "source_branch": "main",
        "source_directory": "docs/",
    }
redirects = {
    "application": "olt_application.html",
    "installation": "olt_installation.html",
    "background_application": "olt_background_application.html",
    "background_applications": "platform_procedure.html",
    "background_client": "runtime_client.html",
}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
copybutton_exclude = ".linenos, .gp, .go"
html_title = f"pulumi-olt {__version__}"
html_show_copyright = False
html_copy_source = False
html_show_sphinx = False
nitpicky = True
# the anchors of headings are those of code hosts, which tests/test_docs.py checks
suppress_warnings = ["myst.header"]
# types of other packages, which the API reference names and does not link
nitpick_ignore_regex = [("py:.*", ".*")]


def _as_on_the_site(_app: Any, docname: str, source: list[str]) -> None:
    """Files of the repository that are pages: links to and from them lead to pages of the site."""
    text = re.sub(r"\]\(\.\./README\.md", "](index.md", source[0])
    if docname in INCLUDED:
        page = (ROOT / INCLUDED[docname]).read_text("utf-8")
        page = re.sub(r"\]\(docs/", "](", page).replace("](CHANGELOG.md", "](changelog.md")
        page = page.replace("](SECURITY.md", "](security.md").replace("](LICENSE", "](../LICENSE")
        page = page.replace("](CONTRIBUTING.md", "](contributing.md")
        text = page + "\n" + text
    source[0] = text


def _name_tables(_app: Any, doctree: nodes.document, _docname: str) -> None:
    """Give each table of inputs or options a class, which ``tables.css`` uses on narrow screens."""
    for table in doctree.findall(nodes.table):
        heads = [entry.astext() for entry in next(iter(table.findall(nodes.row)))]
        if "meaning" in heads:
            table["classes"].append("-".join(["columns", *heads]))


INCLUDED: Final = {"index": "README.md", "changelog": "CHANGELOG.md", "security": "SECURITY.md"}
"""Pages of the site that begin with a file of the repository."""


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", _as_on_the_site)
    app.connect("doctree-resolved", _name_tables)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
