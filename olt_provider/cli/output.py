"""Output of the commands: one-line errors, documented exit codes, progress on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

import typer

from olt_provider.cli import terminal
from olt_provider.printable import one_line

OK: Final = 0
PROBLEM: Final = 1
WRONG_USAGE: Final = 2
EXIT_CODES: Final = "Exit codes: 0 fine, 1 found a problem, 2 wrong usage or unreadable input."


def fail(command: str, message: str, code: int = WRONG_USAGE) -> NoReturn:
    """Exit with ``code`` after one line on standard error."""
    report(f"olt {command}: {message}")
    raise typer.Exit(code)


def report(message: str) -> None:
    """Print one line on standard error; control characters in it are escaped."""
    typer.echo(one_line(message), err=True)


def show(message: str) -> None:
    """Print one line on standard output; control characters in it are escaped."""
    typer.echo(one_line(message))


def may_write(command: str, file: Path | None, *, force: bool) -> None:
    """Exit if a file exists and ``force`` is not set."""
    if file is not None and file.exists() and not force:
        fail(command, f"{file} exists: name another file, or add --force")


def write(command: str, file: Path | None, text: str) -> None:
    """Write the whole file or nothing. Without a file, print the text."""
    import tempfile

    if file is None:
        typer.echo(terminal.lines(text), nl=False)
        return
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as folder:
            half = Path(folder, file.name)
            half.write_text(text, "utf-8")
            half.replace(file)
    except OSError as error:
        fail(command, f"cannot write {file}: {error.strerror}")


@contextmanager
def progress(doing: str) -> Iterator[Callable[[str], None]]:
    """Show progress on standard error while the block runs, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status(doing) as status:
        yield lambda detail: status.update(f"{doing}: {escape(one_line(detail))}")


LEVELS: Final = {
    "ok": "green",
    "warning": "yellow",
    "failure": "red",
    "not checked": "dim",
}


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; levels are coloured on a terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # without a terminal there is no width to fit, and log viewers wrap lines
    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False)
    drawn = Table(*headings, box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for column in drawn.columns:
        column.overflow = "fold"
    for row in rows:
        cells = [terminal.cell(cell) for cell in row]
        drawn.add_row(*(Text(cell, style=LEVELS.get(cell.partition(":")[0], "")) for cell in cells))
    console.print(drawn)


PLAIN_WIDTH: Final = 200
