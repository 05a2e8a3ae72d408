"""``olt graph``."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from olt_provider.cli.output import EXIT_CODES, OK, fail, may_write, progress, report, write

if TYPE_CHECKING:
    from olt_provider.cli.graph.model import Graph

HELP: Final = f"""Draw which application is allowed and installed in which tenant.

Without a file it draws the platform as it is, with the configured credentials. With a file, the
output of `pulumi preview --json --show-sames`, it draws what the preview adds and removes. Many
tenants with the same access are drawn as one. No secret is drawn.

Examples:

  olt graph --out access.svg

  pulumi preview --json --show-sames | olt graph -

  olt graph preview.json --out change.svg --force

{EXIT_CODES}
"""


class Format(str, Enum):
    """The format of the picture."""

    MERMAID = "mermaid"
    SVG = "svg"


def run(  # noqa: PLR0917 (typer passes them by name)
    file: Annotated[
        str | None,
        typer.Argument(help="A preview; -: standard input. Default: read the platform."),
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="Format of the picture. Default: by the suffix of --out."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File to write: *.svg or *.mmd. Default: print it.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    tenant: Annotated[
        list[str] | None, typer.Option(help="Owner of applications to draw; repeatable.")
    ] = None,
    stack: Annotated[str | None, typer.Option(help="Stack whose configuration is used.")] = None,
    cwd: Annotated[Path | None, typer.Option(help="Folder of the Pulumi project.")] = None,
) -> None:
    """Print or write the picture."""
    from olt_provider.cli.graph import mermaid, svg

    drawn = _format(form, out)
    may_write("graph", out, force=force)
    if file is not None and tenant:
        fail("graph", "--tenant is for the platform: a preview has its own tenants")
    graph = _of_platform(tenant or [], stack, cwd) if file is None else _of_preview(file)
    try:
        text = svg.render(graph) if drawn is Format.SVG else mermaid.render(graph)
    except mermaid.TooLargeError as error:
        fail("graph", str(error))
    write("graph", out, text)
    for note in graph.notes:
        report(f"olt graph: {note}")
    raise typer.Exit(OK)


SUFFIXES: Final = {
    ".svg": Format.SVG,
    ".mmd": Format.MERMAID,
    ".mermaid": Format.MERMAID,
    ".md": Format.MERMAID,
    ".txt": Format.MERMAID,
    "": Format.MERMAID,
}


def _format(form: Format | None, out: Path | None) -> Format:
    """Return the format of ``--format``, else of the file's suffix, which must agree with it."""
    suffix = out.suffix.lower() if out is not None else ""
    if suffix not in SUFFIXES:
        fail("graph", f"{out} is neither SVG nor Mermaid: name it *.svg or *.mmd")
    return form or SUFFIXES[suffix]


def _of_preview(file: str) -> Graph:
    from olt_provider.cli.graph.sources import of_preview
    from olt_provider.cli.preview.cli_input import preview_of

    return of_preview(preview_of("graph", file))


def _of_platform(given: list[str], stack: str | None, cwd: Path | None) -> Graph:
    from olt_provider.api.errors import OltError
    from olt_provider.cli.graph.sources import of_platform
    from olt_provider.cli.settings import load_settings, owners

    try:
        with progress("reading the platform") as notify:
            settings = load_settings(stack, cwd)
            client = settings.client(user_agent="cli", notify=notify)
            return of_platform(client, owners(given, settings, client), notify)
    except OltError as error:
        fail("graph", str(error))
