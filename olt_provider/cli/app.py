"""The ``olt`` command, as typer shows it."""

from __future__ import annotations

from typing import Annotated

import typer

from olt_provider._version import __version__
from olt_provider.cli import doctor, emulator, emulator_calls, verify
from olt_provider.cli.adopt import command as adopt
from olt_provider.cli.graph import command as graph
from olt_provider.cli.review import command as review

app = typer.Typer(
    name="olt",
    help="Tools around OAuth2 applications on the OLT platform.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("adopt", help=adopt.HELP)(adopt.run)
app.command("doctor", help=doctor.HELP)(doctor.run)
app.command("graph", help=graph.HELP)(graph.run)
app.command("review", help=review.HELP)(review.run)
app.command("verify", help=verify.HELP)(verify.run)

_emulator = typer.Typer(help=emulator.HELP, invoke_without_command=True)
_emulator.callback()(emulator.run)
_emulator.command("token", help=emulator_calls.TOKEN_HELP)(emulator_calls.token)
_emulator.command("reset", help=emulator_calls.RESET_HELP)(emulator_calls.reset)
app.add_typer(_emulator, name="emulator")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"olt {__version__}")
        raise typer.Exit


@app.callback()
def _olt(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    del version  # the callback has done it
