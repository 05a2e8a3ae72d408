"""Write the tables of inputs, outputs, operations and options in docs/ from the docstrings.

Run as `python -m tools.reference` (`make reference`). Docstrings and the help of the commands are
the only source: editors and terminals show them, and a test compares the pages with them.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from olt_provider.setting_names import configured, variable
from olt_provider.settings import SETTINGS
from tools.workspace import ROOT, report

PACKAGE: Final = ROOT / "olt_provider"
DOCS: Final = ROOT / "docs"
BEGIN: Final = "<!-- from the docstrings, by `make reference`: {} -->"
END: Final = "<!-- end -->"
NOT_SHOWN: Final = frozenset({"resource_name", "opts"})
IN_WORDS: Final = {
    "check": "`preview`, and `up` where nothing differs",
    "read": "refresh",
}
"""The users' names of operations that differ from the method's name."""


@dataclass(frozen=True)
class Page:
    """A page, and the functions that make its tables, by the tables' names."""

    name: str
    tables: Callable[[], dict[str, str]]


def rendered(page: Page) -> str:
    """Return the page with new tables. Raises ``ValueError`` if a table has no place in it."""
    text = (DOCS / page.name).read_text("utf-8")
    for name, table in page.tables().items():
        before, begin, rest = text.partition(BEGIN.format(name))
        if not begin:
            raise ValueError(f"{page.name} has no {BEGIN.format(name)}")
        text = f"{before}{begin}\n\n{table}\n\n{END}{rest.partition(END)[2]}"
    return text


def _of_resource(module: str, resource: str, provider: str | None = None) -> dict[str, str]:
    classes = {each.name: each for each in _tree(module).body if isinstance(each, ast.ClassDef)}
    tables = {"inputs": _inputs(classes[resource])}
    if list(_attributes(classes[resource])):
        tables["outputs"] = _outputs(classes[resource])
    if provider:
        tables["operations"] = _operations(classes[provider])
    return tables


def _of_lookups() -> dict[str, str]:
    functions = _methods(_tree("lookups"))
    rows = (
        (f"`{name}({_required(functions[name])})`", _part("Calls", text), _line(response))
        for name, text in ((name, _docstring(each)) for name, each in functions.items())
        if "Calls:" in text and (response := text.partition("\n\n")[0])
    )
    return {"look-ups": _table(("look-up", "API calls", "returns"), rows)}


def _required(function: ast.FunctionDef) -> str:
    named = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    keywords = [f"{each.arg}=..." for each, default in named if default is None]
    return ", ".join([*(each.arg for each in function.args.args), *keywords])


def _of_settings() -> dict[str, str]:
    """Return the settings' table. They have the same meaning in a ``Provider``."""
    (provider,) = (each for each in _tree("provider").body if isinstance(each, ast.ClassDef))
    documented = dict(_fields(_methods(provider)["__init__"]))
    rows = (
        (f"`{configured(key)}`", f"`{variable(key)}`", *_meaning(documented[_snake(key)]))
        for key in SETTINGS
    )
    return {"settings": _table(("stack", "environment", "meaning", "default"), rows)}


def _snake(key: str) -> str:
    return re.sub("([A-Z])", r"_\1", key).lower()


def _of_commands() -> dict[str, str]:
    import typer

    from olt_provider.cli.app import app

    def found(command: Any, path: str) -> Iterator[tuple[str, str]]:
        rows = [_option(each) for each in command.params]
        if rows:
            yield path, _table(("option", "meaning", "default"), iter(rows))
        for name, each in getattr(command, "commands", {}).items():
            yield from found(each, f"{path} {name}")

    root = typer.main.get_command(app)
    commands: dict[str, Any] = getattr(root, "commands", {})
    return {
        f"options of {path}": table
        for name, command in commands.items()
        for path, table in found(command, f"olt {name}")
    }


def _option(parameter: Any) -> tuple[str, str, str]:
    argument = not parameter.opts[0].startswith("-")
    shown = parameter.opts[0].upper() if argument else parameter.opts[0]
    meaning, default = _meaning(parameter.help)
    known = getattr(parameter.default, "value", parameter.default)
    if parameter.required:
        default = "required"
    elif not default and known is not None and known is not False and known != "":
        default = f"`{known}`"
    return f"`{shown}`", meaning, default


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _inputs(resource: ast.ClassDef) -> str:
    method = _methods(resource)["__init__"]
    arguments = [*method.args.args, *method.args.kwonlyargs]
    types = {each.arg: _type(each.annotation) for each in arguments}
    shown = [(name, text) for name, text in _fields(method) if name not in NOT_SHOWN]
    rows = ((f"`{name}`", types[name], *_meaning(text)) for name, text in shown)
    return _table(("input", "type", "meaning", "default"), rows)


def _fields(function: ast.FunctionDef) -> list[tuple[str, str]]:
    return re.findall(r":param (\w+): (.*?)(?=\n:|\n\n|\Z)", _docstring(function), re.DOTALL)


def _meaning(text: str) -> tuple[str, str]:
    """Return a description and its default."""
    meaning, _, default = f" {_line(text)}".partition(" Default: ")
    return meaning.strip(), default.removesuffix(".") if default else ""


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
    for declared, docstring in zip(resource.body, resource.body[1:], strict=False):
        if isinstance(declared, ast.AnnAssign) and isinstance(declared.target, ast.Name):
            text = docstring.value.value if _is_text(docstring) else ""  # type: ignore[attr-defined]
            yield declared.target.id, _line(str(text))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _operations(provider: ast.ClassDef) -> str:
    documented = {name: _docstring(method) for name, method in _methods(provider).items()}
    rows = (
        (IN_WORDS.get(name, name), _part("Calls", text), _part("Permission", text) or "none")
        for name, text in documented.items()
        if name not in ("configure", "diff") and "Calls:" in text
    )
    return _table(("operation", "API calls", "permission in the tenant"), rows)


def _part(name: str, text: str) -> str:
    found = re.search(rf"^{name}: (.*?)(?=^\w+: |\n\n|\Z)", text, re.DOTALL | re.MULTILINE)
    return _line(found[1]).removesuffix(".") if found else ""


def _tree(module: str) -> ast.Module:
    return ast.parse((PACKAGE / f"{module}.py").read_text("utf-8"))


def _methods(of: ast.ClassDef | ast.Module) -> dict[str, ast.FunctionDef]:
    return {each.name: each for each in of.body if isinstance(each, ast.FunctionDef)}


def _docstring(node: ast.FunctionDef) -> str:
    return textwrap.dedent(ast.get_docstring(node) or "")


def _line(text: str) -> str:
    """Join the lines of a docstring to one line of Markdown."""
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|")


PAGES: Final = (
    Page(
        "olt_application.md",
        partial(_of_resource, "application", "OltApplication", "ApplicationProvider"),
    ),
    Page(
        "olt_installation.md",
        partial(_of_resource, "installation", "OltInstallation", "InstallationProvider"),
    ),
    Page(
        "olt_background_application.md",
        partial(_of_resource, "background_application", "OltBackgroundApplication"),
    ),
    Page(
        "olt_background_application_pair.md",
        partial(_of_resource, "background_application_pair", "OltBackgroundApplicationPair"),
    ),
    Page("provider.md", partial(_of_resource, "provider", "Provider")),
    Page("lookups.md", _of_lookups),
    Page("configuration.md", _of_settings),
    Page("cli.md", _of_commands),
)


def main(folder: Path = DOCS) -> int:
    """Write all pages."""
    for page in PAGES:
        (folder / page.name).write_text(rendered(page), "utf-8")
    report(f"{len(PAGES)} pages in {folder} match the docstrings")
    return 0


if __name__ == "__main__":
    sys.exit(main())
