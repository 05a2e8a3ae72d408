"""Writes the tables of inputs, outputs and operations in docs/ from the docstrings.

Run as `python -m tools.reference` (`make reference`). The docstrings are the one source: editors
show them, and a test compares the pages with what is written here.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.workspace import ROOT, say

PACKAGE: Final = ROOT / "olt_provider"
DOCS: Final = ROOT / "docs"
BEGIN: Final = "<!-- from the docstrings, by `make reference`: {} -->"
END: Final = "<!-- end -->"
NOT_SHOWN: Final = frozenset({"resource_name", "opts"})
IN_WORDS: Final = {
    "check": "`preview`, and `up` where nothing differs",
    "read": "refresh",
}
"""What users call an operation, where it is not the method's name."""


@dataclass(frozen=True)
class Page:
    """A page with tables of a resource."""

    name: str
    module: str
    resource: str
    provider: str | None = None


PAGES: Final = (
    Page("application.md", "application", "OltApplication", "ApplicationProvider"),
    Page("installation.md", "installation", "OltInstallation", "InstallationProvider"),
    Page("background_application.md", "background_application", "OltBackgroundApplication"),
    Page("provider.md", "provider", "Provider"),
)


def rendered(page: Page) -> str:
    """The page, with its tables made anew."""
    text = (DOCS / page.name).read_text("utf-8")
    tree = ast.parse((PACKAGE / f"{page.module}.py").read_text("utf-8"))
    classes = {each.name: each for each in tree.body if isinstance(each, ast.ClassDef)}
    tables = {
        "inputs": _inputs(classes[page.resource]),
        "outputs": _outputs(classes[page.resource]),
    }
    if page.provider:
        tables["operations"] = _operations(classes[page.provider])
    for name, table in tables.items():
        begin = BEGIN.format(name)
        if begin in text:
            before, _, rest = text.partition(begin)
            after = rest.partition(END)[2]
            text = f"{before}{begin}\n\n{table}\n\n{END}{after}"
    return text


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _inputs(resource: ast.ClassDef) -> str:
    method = _methods(resource)["__init__"]
    arguments = [*method.args.args, *method.args.kwonlyargs]
    types = {each.arg: _type(each.annotation) for each in arguments}
    fields = re.findall(r":param (\w+): (.*?)(?=\n:param|\n\n|\Z)", _docstring(method), re.DOTALL)
    shown = [(name, text) for name, text in fields if name not in NOT_SHOWN]
    rows = ((f"`{name}`", types[name], *_meaning(text)) for name, text in shown)
    return _table(("input", "type", "meaning", "default"), rows)


def _meaning(text: str) -> tuple[str, str]:
    """What it means, and its default."""
    meaning, _, default = _line(text).partition(" Default: ")
    return meaning, default.removesuffix(".") if default else ""


def _type(annotation: ast.expr | None) -> str:
    """As a user thinks of it: without what every input may be, an Output or left out."""
    text = ast.unparse(annotation) if annotation else ""
    text = re.sub(r"pulumi\.Input\[(.*?)\](?=$| \||\]|,)", r"\1", text)
    text = re.sub(r"pulumi\.Input\[(\w+)\]", r"\1", text).replace(" | None", "")
    return f"`{text}`".replace("|", "or")


def _outputs(resource: ast.ClassDef) -> str:
    rows = ((f"`{name}`", text) for name, text in _attributes(resource))
    return _table(("output", "meaning"), rows)


def _attributes(resource: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for declared, said in zip(resource.body, resource.body[1:], strict=False):
        if isinstance(declared, ast.AnnAssign) and isinstance(declared.target, ast.Name):
            text = said.value.value if _is_text(said) else ""  # type: ignore[attr-defined]
            yield declared.target.id, _line(str(text))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _operations(provider: ast.ClassDef) -> str:
    told = {name: _docstring(method) for name, method in _methods(provider).items()}
    rows = (
        (IN_WORDS.get(name, name), _part("Calls", text), _part("Permission", text) or "none")
        for name, text in told.items()
        if name not in ("configure", "diff") and "Calls:" in text
    )
    return _table(("operation", "API calls", "permission in the tenant"), rows)


def _part(name: str, text: str) -> str:
    found = re.search(rf"^{name}: (.*?)(?=^\w+: |\Z)", text, re.DOTALL | re.MULTILINE)
    return _line(found[1]).removesuffix(".") if found else ""


def _methods(of: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    return {each.name: each for each in of.body if isinstance(each, ast.FunctionDef)}


def _docstring(node: ast.FunctionDef) -> str:
    return textwrap.dedent(ast.get_docstring(node) or "")


def _line(text: str) -> str:
    """One line of Markdown from the lines of a docstring."""
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|")


def main(folder: Path = DOCS) -> int:
    """Write all pages."""
    for page in PAGES:
        (folder / page.name).write_text(rendered(page), "utf-8")
    say(f"{len(PAGES)} pages in {folder} are as the docstrings say")
    return 0


if __name__ == "__main__":
    sys.exit(main())
