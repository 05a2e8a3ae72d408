"""``olt fleet``."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Final

import typer

from olt_provider.cli.output import OK, PROBLEM, fail, show

JOBS: Final = 4
"""Default number of parallel stacks. The processes of each use about 250 MB."""
INTERRUPTED: Final = 130
HELP: Final = """Run a stack of applications, and a stack of installations per group of tenants.

The folder holds fleet.yaml, which declares the owner, the applications and the groups of tenants,
and the Pulumi projects applications/ and installations/. Settings, credentials and the backend come
from the environment, as for `pulumi` itself.

up uninstalls what is no longer declared, deploys the applications, then the groups in parallel. A
stack that fails is reported and the others continue; run the same command again to resume.

Examples:

  olt fleet up --jobs 4

  olt fleet preview --folder fleet

  olt fleet status

  olt fleet refresh

  olt fleet destroy

Exit codes: 0 all done, 1 a stack failed, 2 wrong usage or unreadable input, 130 interrupted.
"""


class Operation(str, Enum):
    """The operation on the stacks."""

    UP = "up"
    PREVIEW = "preview"
    REFRESH = "refresh"
    STATUS = "status"
    DESTROY = "destroy"


def run(
    operation: Annotated[Operation, typer.Argument(help="What to do with the stacks.")],
    folder: Annotated[Path, typer.Option(help="Folder of the fleet.")] = Path(),
    file: Annotated[
        Path | None, typer.Option(help="Declaration of the fleet. Default: FOLDER/fleet.yaml.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Number of stacks that run at once.")] = JOBS,
    rerun: Annotated[
        bool, typer.Option("--all", help="Run every group, also those that are done already.")
    ] = False,
) -> None:
    """Run the operation; the exit code is 1 if a stack failed."""
    from olt_provider.cli.fleet.declaration import FleetError
    from olt_provider.cli.fleet.driver import Fleet
    from olt_provider.cli.fleet.stacks import UNUSABLE, reason

    try:
        fleet = Fleet(folder.resolve(), file or folder / "fleet.yaml", jobs=jobs, rerun=rerun)
        getattr(fleet, operation.value)()
    except FleetError as error:
        fail("fleet", str(error))
    except UNUSABLE as error:
        fail("fleet", reason(error), PROBLEM)
    except KeyboardInterrupt:
        show("interrupted; run the same command again to resume")
        raise typer.Exit(INTERRUPTED) from None
    if fleet.failed:
        show(f"failed: {', '.join(fleet.failed)}")
        show("fix the errors above and run the same command again to resume")
    raise typer.Exit(PROBLEM if fleet.failed else OK)
