"""``olt doctor``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from olt_provider.cli.output import EXIT_CODES, OK, PROBLEM, fail, progress, table

HELP: Final = f"""Check configuration, credentials, permissions, hosts, versions. Changes nothing.

Reads the environment and, with --stack or --cwd, a stack's configuration. Prints no secret. Each
warning and failure comes with the command that fixes it or shows more.

Examples:

  olt doctor

  olt doctor --stack prod --cwd infrastructure

  olt doctor --state prod.json --state staging.json

  olt doctor --json

With --state, orphaned applications are listed: those of the tenant that no given state holds. A run
that is killed may leave one, whose secret is lost. Give the states of all stacks that own
applications there.

{EXIT_CODES}
"""


def run(
    stack: Annotated[str | None, typer.Option(help="Stack whose configuration is checked.")] = None,
    cwd: Annotated[Path | None, typer.Option(help="Folder of the Pulumi project.")] = None,
    state: Annotated[
        list[Path] | None,
        typer.Option(help="State file of a stack, to list orphaned applications; repeatable."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> None:
    """Print the checks."""
    from olt_provider.cli.doctor_checks import examine
    from olt_provider.cli.terminal import to_json

    if cwd is not None and not cwd.is_dir():
        fail("doctor", f"{cwd} is no folder")
    states = state or []
    known = _known(states) if states else None
    with progress("checking") as notify:
        checks = examine(stack, cwd, states, known, notify)
    if as_json:
        typer.echo(to_json({"version": 1, "checks": [each._asdict() for each in checks]}))
    else:
        table(("check", "result", "found -> what to do"), [each.row() for each in checks])
    raise typer.Exit(PROBLEM if any(each.level == "failure" for each in checks) else OK)


def _known(files: list[Path]) -> frozenset[str]:
    from olt_provider.cli.adopt.states import StateError, known_in

    try:
        return frozenset(each.application_id for file in files for each in known_in(file))
    except StateError as error:
        fail("doctor", str(error))
