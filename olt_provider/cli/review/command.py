"""``olt review``."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from olt_provider.cli.output import EXIT_CODES, OK, PROBLEM, fail, progress, report

if TYPE_CHECKING:
    from olt_provider.cli.preview.steps import Preview
    from olt_provider.cli.review.findings import Kind, Review

HELP: Final = f"""Review the effects of a preview on the OLT platform, for a pull-request comment.

Reads the output of `pulumi preview --json`. Shows names, IDs and the comments of tenants only.

Examples:

  pulumi preview --json --show-replacement-steps --show-sames | olt review

  olt review preview.json --format json

  olt review preview.json --fail-on replace,delete

  olt review preview.json --live --stack prod

  olt review preview.json --labels

--labels: olt:replaces, olt:rotates, olt:revokes, olt:ends-logins and olt:deletes by the kinds of
--fail-on; olt:fails where the preview failed or `up` will refuse a step.

--fail-on: replace (an application), rotate (a client secret, in place), revoke (a tenant loses
access, or an application is set inactive), login (a public client or a redirect URI ends), delete
(an application). What may happen counts too. A preview that failed, a step that `up` will refuse,
and checks of --live that were not possible are always a problem.

{EXIT_CODES}
"""


class Format(str, Enum):
    """The format of the review."""

    MARKDOWN = "markdown"
    JSON = "json"


def run(  # noqa: PLR0917 (typer passes them by name)
    file: Annotated[
        str, typer.Argument(help="Output of `pulumi preview --json`; -: standard input.")
    ] = "-",
    form: Annotated[
        Format, typer.Option("--format", help="Format of the review.")
    ] = Format.MARKDOWN,
    fail_on: Annotated[
        str,
        typer.Option(
            metavar="KIND,...",
            help="Kinds that end with exit code 1: replace, rotate, revoke, login, delete.",
        ),
    ] = "",
    live: Annotated[
        bool,
        typer.Option("--live", help="Check the platform too, with the configured credentials."),
    ] = False,
    labels: Annotated[
        bool,
        typer.Option("--labels", help="Print labels for the pull request, as a JSON list."),
    ] = False,
    graph: Annotated[
        bool, typer.Option("--graph", help="Add a picture of who can use what, as Mermaid.")
    ] = False,
    stack: Annotated[
        str | None, typer.Option(help="For --live: stack whose configuration is used.")
    ] = None,
    cwd: Annotated[
        Path | None, typer.Option(help="For --live: folder of the Pulumi project.")
    ] = None,
) -> None:
    """Print the review."""
    from olt_provider.cli.preview.cli_input import preview_of
    from olt_provider.cli.review.effects import review
    from olt_provider.cli.review.markdown import render

    kinds = _kinds(fail_on)
    preview = preview_of("review", file)
    found = _live(preview, stack, cwd) if live else review(preview)
    if labels:
        text = json.dumps(found.labels) + "\n"
    elif form is Format.JSON:
        # ASCII, because terminals interpret some characters and the output may be cut anywhere
        text = json.dumps(found.model_dump(mode="json"), indent=2) + "\n"
    else:
        text = render(found, picture=picture(preview) if graph else "")
    typer.echo(text, nl=False)
    for failure in () if labels else found.failures:
        for line in failure.lines:
            report(f"olt review: {failure.resource or 'the program'} failed: {line.strip()}")
    raise typer.Exit(_code(found, kinds, live=live))


def picture(preview: Preview) -> str:
    """Return the picture as Mermaid, or the reason why there is none."""
    from olt_provider.cli.graph.mermaid import TooLargeError, render
    from olt_provider.cli.graph.sources import of_preview
    from olt_provider.cli.review.markdown import code

    drawn = of_preview(preview)
    try:
        shown = ["```mermaid", render(drawn) + "```"]
        shown += [f"- {code(note)}" for note in drawn.notes]
        for group in drawn.groups():
            if len(group.tenants) > 1:
                named = ", ".join(code(drawn.label(each)) for each in group.tenants)
                shown.append(f"- {code(drawn.summary(group))}: {named}")
        return "\n".join(shown)
    except TooLargeError as error:
        return str(error)


def _code(found: Review, kinds: list[Kind], *, live: bool) -> int:
    unchecked = live and bool(found.live.reason)
    problem = found.failed or found.will_fail or found.live.refuses or unchecked
    return PROBLEM if problem or any(found.count(kind) for kind in kinds) else OK


def _kinds(text: str) -> list[Kind]:
    from olt_provider.cli.review.findings import KINDS

    words = [word.strip() for word in text.split(",") if word.strip()]
    odd = [word for word in words if word not in KINDS]
    if odd:
        fail("review", f"--fail-on {odd[0]} is not a kind: give {', '.join(KINDS)}")
    return [kind for kind in KINDS if kind in words]


def _live(preview: Preview, stack: str | None, cwd: Path | None) -> Review:
    from olt_provider.api.errors import OltError
    from olt_provider.cli.review.effects import review
    from olt_provider.cli.review.findings import Live
    from olt_provider.cli.review.live import Clients, review_live
    from olt_provider.cli.settings import load_settings

    try:
        with progress("reading the platform") as notify:
            clients = Clients(preview, load_settings(stack, cwd), notify)
            return review_live(preview, clients, notify)
    except OltError as error:
        live = Live(checked=False, reason=str(error))
        return review(preview).model_copy(update={"live": live})
