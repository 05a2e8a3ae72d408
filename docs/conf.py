"""How Sphinx builds the documentation's site: ``make docs``. The pages are plain Markdown."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from olt_provider._version import __version__

ROOT: Final = Path(__file__).resolve().parents[1]

project = "pulumi-olt"
release = version = __version__
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
root_doc = "index"
html_theme = "furo"
html_title = f"pulumi-olt {__version__}"
html_show_copyright = False
html_copy_source = False
html_show_sphinx = False
nitpicky = True
# the anchors of headings are those of code hosts, which tests/test_docs.py checks
suppress_warnings = ["myst.header"]


def _as_on_the_site(_app: Any, docname: str, source: list[str]) -> None:
    """Files of the repository that are pages: links to and from them lead to pages of the site."""
    text = re.sub(r"\]\(\.\./README\.md", "](index.md", source[0])
    if docname in INCLUDED:
        page = (ROOT / INCLUDED[docname]).read_text("utf-8")
        page = re.sub(r"\]\(docs/", "](", page).replace("](CHANGELOG.md", "](changelog.md")
        page = page.replace("](SECURITY.md", "](security.md").replace("](LICENSE", "](../LICENSE")
        text = page + "\n" + text
    source[0] = text


INCLUDED: Final = {"index": "README.md", "changelog": "CHANGELOG.md", "security": "SECURITY.md"}
"""Pages of the site that begin with a file of the repository."""


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", _as_on_the_site)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
