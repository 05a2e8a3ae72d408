"""The typer application of the ``olt`` command."""

from __future__ import annotations

from typing import Annotated

import typer

from olt_provider._version import __version__
from olt_provider.cli import doctor, emulator, emulator_calls, verify
from olt_provider.cli.adopt import command as adopt
from olt_provider.cli.fleet import command as fleet
from olt_provider.cli.graph import command as graph
from olt_provider.cli.review import command as review


def _unwrapped(text: str) -> str:
    """Join the lines of each paragraph, for typer to wrap; an example keeps its indent."""
    paragraphs = text.strip().split("\n\n")
    return "\n\n".join(
        each if each.startswith(" ") else " ".join(each.split()) for each in paragraphs
    )


app = typer.Typer(
    name="olt",
    help="Tools around OAuth2 applications on the OLT platform.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("adopt", help=_unwrapped(adopt.HELP))(adopt.run)
app.command("doctor", help=_unwrapped(doctor.HELP))(doctor.run)
app.command("fleet", help=_unwrapped(fleet.HELP))(fleet.run)
app.command("graph", help=_unwrapped(graph.HELP))(graph.run)
app.command("review", help=_unwrapped(review.HELP))(review.run)
app.command("verify", help=_unwrapped(verify.HELP))(verify.run)

_emulator = typer.Typer(help=_unwrapped(emulator.HELP), invoke_without_command=True)
_emulator.callback()(emulator.run)
_emulator.command("token", help=_unwrapped(emulator_calls.TOKEN_HELP))(emulator_calls.token)
_emulator.command("reset", help=_unwrapped(emulator_calls.RESET_HELP))(emulator_calls.reset)
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
    del version  # done by the callback
