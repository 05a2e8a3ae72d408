"""``olt adopt``."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from olt_provider.cli.output import (
    EXIT_CODES,
    OK,
    PROBLEM,
    fail,
    may_write,
    progress,
    report,
    write,
)

if TYPE_CHECKING:
    from olt_provider.api.client import OltClient
    from olt_provider.cli.adopt.discovery import Discovery
    from olt_provider.cli.adopt.states import Managed
    from olt_provider.settings import Settings

HELP: Final = f"""Write a Pulumi program that adopts the applications of a tenant.

Lists the applications that the tenant owns, leaves out those that the given state files manage, and
declares the others with their allowed tenants and installations. The command only reads. The first
`pulumi up` of the program adopts the applications and rotates those client secrets that you do not
set in the stack's configuration.

Examples:

  olt adopt --out __main__.py

  olt adopt --state prod.json --state staging.json --out __main__.py

  olt adopt --tenant ID --json

  olt adopt --state prod.json --format import --out import.json

With --format import it writes a file for `pulumi import --file`, for stacks of the native plugin.
Imported applications keep their client secrets, which are then not in the state.

A state file is the output of `pulumi stack export`, or the stack's file in a file backend. Give the
states of all stacks that own applications there: without --state, every application counts as
unmanaged, and a warning is printed. Without --tenant, the tenants that the credentials name are
used.

An application that the provider would not accept, such as one whose name is blank, is refused: it
is reported and not declared, and the exit code is 1.

{EXIT_CODES}
"""


class Format(str, enum.Enum):
    """The format of the output."""

    PROGRAM = "program"
    IMPORT = "import"


NO_STATE: Final = (
    "olt adopt: warning: without --state, applications that a stack manages already are declared "
    "again; give the state of each stack: pulumi stack export --file STATE.json"
)


def run(  # noqa: PLR0917 (typer passes them by name)
    state: Annotated[
        list[Path] | None,
        typer.Option(help="State file of a stack that owns applications; repeatable."),
    ] = None,
    tenant: Annotated[
        list[str] | None,
        typer.Option(help="ID of a tenant whose applications to adopt; repeatable."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File to write the program to. Default: print it.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the applications as JSON instead of a program.")
    ] = False,
    format_: Annotated[
        Format,
        typer.Option("--format", help="A program, or a file for `pulumi import --file`."),
    ] = Format.PROGRAM,
    stack: Annotated[str | None, typer.Option(help="Stack whose configuration is used.")] = None,
    cwd: Annotated[Path | None, typer.Option(help="Folder of the Pulumi project.")] = None,
) -> None:
    """Print or write the program."""
    from olt_provider.api.errors import OltError
    from olt_provider.cli.adopt.program import import_file, program
    from olt_provider.cli.settings import load_settings, owners

    may_write("adopt", out, force=force)
    managed = _managed(state or [])
    if not state:
        report(NO_STATE)
    try:
        with progress("listing applications") as notify:
            settings = load_settings(stack, cwd)
            client = settings.client(user_agent="cli", notify=notify)
            tenants = owners(tenant or [], settings, client)
            found = _discover(settings, client, tenants, managed, notify)
    except OltError as error:
        fail("adopt", str(error))
    if as_json:
        text = _json(found)
    else:
        text = (import_file if format_ is Format.IMPORT else program)(found.found)
    write("adopt", out, text)
    if not as_json:
        _explain(found, out, format_)
    raise typer.Exit(PROBLEM if found.refused else OK)


def _managed(files: Sequence[Path]) -> list[Managed]:
    from olt_provider.cli.adopt.states import StateError, managed_in

    try:
        return [each for file in files for each in managed_in(file)]
    except StateError as error:
        fail("adopt", str(error))


def _discover(
    settings: Settings,
    client: OltClient,
    tenants: Sequence[str],
    managed: Sequence[Managed],
    notify: Callable[[str], None],
) -> Discovery:
    from olt_provider.cli.adopt.discovery import discover

    own = dict(settings.credentials).get("clientId")
    return discover(
        client,
        tenants,
        managed,
        own_client_id=own.get_secret_value() if own else None,
        notify=notify,
    )


def _explain(found: Discovery, out: Path | None, format_: Format) -> None:
    """Report what was left out and what to do next."""
    from olt_provider.cli.adopt.program import resources, secret_key

    for application, managed in found.managed:
        report(
            f"left out: {application.name} ({application.id}), managed as {managed.resource}"
            f" in {managed.file}"
        )
    for application, why in found.skipped:
        report(f"left out: {application.name} ({application.id}): {why}")
    for application, why in found.refused:
        report(
            f"refused: {application.name} ({application.id}): the provider would not accept it: "
            f"{why}; change it on the platform, and run this again"
        )
    for each in found.found:
        for tenant, why in each.left.items():
            report(f"not declared: {each.application.name} in tenant {tenant}: {why}")
    if not found.found:
        report("nothing to adopt")
        return
    if format_ is Format.IMPORT:
        report(
            f"{len(found.found)} to import. Next, with the native plugin in Pulumi.yaml: pulumi "
            f"import --file {out or 'FILE'}"
        )
        return
    report(
        f"{len(found.found)} to adopt{f', written to {out}' if out else ''}. Next, set each client"
        " secret that you have (the others are rotated, which invalidates the current ones):"
    )
    report(f"  pulumi config set --secret {secret_key(resources(found.found)[0])}")
    report("then run `pulumi preview` and `pulumi up`")


def _json(found: Discovery) -> str:
    from olt_provider.cli.adopt.program import resources, secret_key
    from olt_provider.cli.terminal import to_json

    content = {
        "version": 1,
        "applications": [
            {
                "id": each.application.id,
                "name": each.application.name,
                "tenant_id": each.application.tenant_id,
                "client_id": each.application.oauth2_client.id,
                "resource": resource,
                "secret_key": secret_key(resource),
                "installed": list(each.installed),
                "not_declared": dict(each.left),
            }
            for each, resource in zip(found.found, resources(found.found), strict=True)
        ],
        "managed": [
            {"id": application.id, "resource": managed.resource, "file": str(managed.file)}
            for application, managed in found.managed
        ],
        "skipped": [{"id": application.id, "why": why} for application, why in found.skipped],
        "refused": [{"id": application.id, "why": why} for application, why in found.refused],
    }
    return to_json(content, indent=2) + "\n"
