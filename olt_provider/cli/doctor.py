"""``olt doctor``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from olt_provider.cli.output import EXIT_CODES, OK, PROBLEM, fail, progress, table

if TYPE_CHECKING:
    from olt_provider.cli.doctor_checks import Check

HELP: Final = f"""Check configuration, credentials, permissions, hosts, versions. Changes nothing.

Reads the environment and, with --stack or --cwd, a stack's configuration. Prints no secret. Each
warning and failure comes with the command that fixes it or shows more.

Examples:

  olt doctor

  olt doctor --stack prod --cwd infrastructure

  olt doctor --state prod.json --state staging.json

  olt doctor --json

With --stack, --cwd or --state, the age of each client secret is reported, and when it is due for
rotation (rotate_secret_after_days).

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
    """Run the checks and print them."""
    from olt_provider.cli.doctor_checks import examine
    from olt_provider.cli.terminal import to_json

    if cwd is not None and not cwd.is_dir():
        fail("doctor", f"{cwd} is no folder")
    states = state or []
    known = _known(states) if states else None
    with progress("checking") as notify:
        checks = examine(stack, cwd, states, known, notify)
        checks += _secrets(states, stack, cwd)
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


def _secrets(files: list[Path], stack: str | None, cwd: Path | None) -> list[Check]:
    """Return the ages of the client secrets in the given states, else in that of the stack."""
    from olt_provider.api.errors import ConfigurationError
    from olt_provider.cli.adopt.states import StateError, resources_in
    from olt_provider.cli.doctor_checks import Check
    from olt_provider.cli.secret_ages import NAME, ages
    from olt_provider.cli.settings import pulumi
    from olt_provider.lifecycle.application.secret_age import utc_now

    try:
        if files:
            return [check for file in files for check in ages(resources_in(file), utc_now())]
        if stack is None and cwd is None:
            return []
        exported = pulumi(["stack", "export"], stack, cwd)
        return ages((exported["deployment"] or {}).get("resources") or [], utc_now())
    except (ConfigurationError, StateError) as error:
        return [Check(NAME, "not checked", str(error))]
    except (KeyError, TypeError, AttributeError, IndexError):
        return [Check(NAME, "not checked", "the state has a shape that this version cannot read")]
