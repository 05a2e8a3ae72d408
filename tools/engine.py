"""Find or build the Pulumi engine and print the folder to put on PATH.

Run as `python3 -m tools.engine`. The folder goes to stdout, progress and errors to stderr. The
first working source is used: `pulumi` on PATH, one kept in the cache outside the checkout, a build
from the pinned Go modules, the vendor's installer.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tools import engine_sources
from tools.workspace import SetupError, report

SOURCES: Mapping[str, Callable[[], Path]] = {
    "path": engine_sources.from_path,
    "cache": engine_sources.from_cache,
    "go": engine_sources.from_go,
    "installer": engine_sources.from_installer,
}


def find_engine(names: Sequence[str] = tuple(SOURCES)) -> Path:
    """Return the folder of the first source, in the given order, that has a working engine.

    Raises SetupError that lists every source and why it failed.
    """
    failures: list[str] = []
    for name in names:
        try:
            folder = SOURCES[name]()
        except SetupError as error:
            failures.append(f"- {name}: {error}")
        else:
            return folder
    raise SetupError(
        "no Pulumi engine. Install the Pulumi CLI "
        f"{engine_sources.VERSION} or newer, or Go 1.25.11 or newer, and run this again. Tried:\n"
        + "\n".join(failures)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the engine's folder; 1 when there is none."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.engine", description=__doc__)
    parser.add_argument(
        "--source",
        action="append",
        choices=tuple(SOURCES),
        help="try only this source; may be repeated (default: all, in the order above)",
    )
    chosen = parser.parse_args(arguments).source
    try:
        print(find_engine(chosen or tuple(SOURCES)))
    except SetupError as error:
        report(f"failed: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
