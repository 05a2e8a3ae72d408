"""``olt verify``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from olt_provider.cli.output import EXIT_CODES, OK, PROBLEM, fail, progress, show, table

if TYPE_CHECKING:
    from olt_provider.cli.verify_checks import Row, Subject
    from olt_provider.settings import Settings

SECRET_VARIABLE: Final = "OLT_VERIFY_CLIENT_SECRET"  # noqa: S105 (its name)
HELP: Final = f"""Verify that applications are registered, allowed, installed, and can reach data.

Checks all applications of a stack, or one that options name. For each tenant: whether it is allowed
and has it installed, whether the token endpoint accepts the client secret, and whether a token that
it returns reads devices. A tenant that is allowed and has no installation in the stack may leave it
uninstalled.

Examples:

  olt verify

  olt verify --stack prod --cwd infrastructure --json

  olt verify --application-id ID --tenant ID --tenant ID

What the platform denies is a failure. What the given credentials cannot read, such as the view of a
tenant without a token, is not checked, and no failure.

{SECRET_VARIABLE} holds the client secret of an application that options name; without it, secret
and data are not checked.

{EXIT_CODES}
"""


def run(
    stack: Annotated[
        str | None, typer.Option(help="Stack to check. Default: the selected one.")
    ] = None,
    cwd: Annotated[Path | None, typer.Option(help="Folder of the Pulumi project.")] = None,
    application_id: Annotated[
        str | None, typer.Option(help="ID of one application, instead of a stack.")
    ] = None,
    tenant: Annotated[
        list[str] | None, typer.Option(help="With --application-id: ID of a tenant; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run the checks and print their results."""
    from olt_provider.api.errors import OltError
    from olt_provider.cli.terminal import to_json
    from olt_provider.cli.verify_checks import verify

    if tenant and application_id is None:
        fail("verify", "--tenant needs --application-id")
    try:
        settings, subjects = _subjects(stack, cwd, application_id, tenant or [])
        with progress("verifying") as notify:
            rows = [row for each in subjects for row in verify(settings, each, notify)]
    except OltError as error:
        fail("verify", str(error))
    if as_json:
        typer.echo(to_json({"version": 1, "results": [row._asdict() for row in rows]}))
    elif rows:
        _show(rows)
    else:
        show("no applications of this package in the stack")
    failed = any(cell.startswith("failure") for row in rows for cell in row)
    raise typer.Exit(PROBLEM if failed else OK)


def _show(rows: Sequence[Row]) -> None:
    """Print a table for each application, then the longer results, line by line."""
    from itertools import groupby

    for name, of_one in groupby(rows, key=lambda row: row.application):
        tenants = list(of_one)
        age = f"; client secret: {tenants[0].secret_age}" if tenants[0].secret_age else ""
        show(f"{name}: registered: {tenants[0].registered}{age}")
        checks = [each for each in tenants[0]._fields[3:] if each != "secret_age"]
        if tenants[0].tenant:
            words = [
                [row.tenant, *(_word(getattr(row, each)) for each in checks)] for row in tenants
            ]
            table(("tenant", *checks), words)
        details: dict[str, list[str]] = {}
        for row in tenants:
            for check, cell in ((each, getattr(row, each)) for each in checks):
                if ": " in cell:
                    details.setdefault(f"  {check}: {cell}", []).append(row.tenant)
        for line, where in details.items():
            show(line if len(where) == len(tenants) else f"{line} (in {', '.join(where)})")


def _word(cell: str) -> str:
    level = cell.partition(":")[0]
    return "-" if level == "not checked" else level


def _subjects(
    stack: str | None, cwd: Path | None, application_id: str | None, tenants: list[str]
) -> tuple[Settings, list[Subject]]:
    from pydantic import SecretStr

    from olt_provider.api.ids import canonical_id, segment
    from olt_provider.cli.settings import load_settings, pulumi
    from olt_provider.cli.verify_checks import Subject, of_stack

    if application_id is None:
        folder = cwd or Path()
        exported = pulumi(["stack", "export", "--show-secrets"], stack, folder)
        return load_settings(stack, folder), of_stack(exported)
    secret = os.environ.get(SECRET_VARIABLE, "").strip()
    given = [segment(canonical_id(each), what="tenant ID") for each in tenants]
    subject = Subject(
        name=segment(canonical_id(application_id), what="application ID"),
        application_id=canonical_id(application_id),
        owner=None,
        client_id=None,
        secret=SecretStr(secret) if secret else None,
        tenants=dict.fromkeys(given, True),
    )
    return load_settings(stack, cwd), [subject]
