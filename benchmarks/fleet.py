"""Measure a fleet of stacks (examples/fleet) and one large stack with the same installations.

Run as `make bench-fleet`, with options in BENCH_ARGS. The default, 4 applications in 500 tenants,
takes about half an hour on 2 idle cores, most of it for the large stack.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

import yaml
from rich.console import Console
from rich.table import Table

from benchmarks.measuring import cores, environment, scratch
from benchmarks.running import StepError, timed
from olt_provider.emulator import Emulator
from tools.engine import find_engine
from tools.workspace import ROOT, SetupError

EXAMPLE: Final = ROOT / "examples" / "fleet"
PAGE: Final = ROOT / "docs" / "large_estates.md"
BEGIN, END = (
    "<!-- made by `make bench-fleet`: begin -->",
    "<!-- made by `make bench-fleet`: end -->",
)
ONE: Final = """
import os
from pathlib import Path
import yaml
from olt_provider import OltApplication, OltInstallation
fleet = yaml.safe_load(Path(os.environ["FLEET_FILE"]).read_text("utf-8"))
tenants = sorted(each for members in fleet["groups"].values() for each in members)
for name, declared in fleet["applications"].items():
    app = OltApplication(
        name, tenant_id=fleet["owner"], allowed_tenants=dict.fromkeys(tenants, ""), **declared
    )
    for tenant in tenants:
        OltInstallation(f"{name}-{tenant}", application_id=app.id, tenant_id=tenant)
"""


@dataclass(frozen=True)
class Size:
    """The size of the estate."""

    applications: int
    tenants: int
    groups: int
    jobs: int


@dataclass(frozen=True)
class Line:
    """One step: its seconds, or None if it failed, and its number of calls."""

    step: str
    layout: str
    seconds: float | None
    calls: int | None
    failure: str = ""


class Bench:
    """The same estate in both layouts, one after the other, each with its own platform."""

    def __init__(self, size: Size, engine: Path, folder: Path) -> None:
        self._size = size
        self._folder = folder
        self._environment = environment(engine, folder)

    def fleet(self) -> list[Line]:
        """Measure stacks by groups, in parallel."""
        folder = self._folder / "fleet"
        shutil.copytree(EXAMPLE, folder)
        olt = "from olt_provider.cli import main; main()"
        driver = [sys.executable, "-c", olt, "fleet"]
        jobs = ["--jobs", str(self._size.jobs)]
        return self._measure("fleet", folder, {
            "create": [*driver, "up", *jobs],
            "unchanged": [*driver, "up", *jobs, "--all"],
            "refresh": [*driver, "refresh", *jobs],
            "destroy": [*driver, "destroy", *jobs],
        })  # fmt: skip

    def one(self) -> list[Line]:
        """Measure one stack with everything."""
        folder = self._folder / "one"
        folder.mkdir()
        (folder / "Pulumi.yaml").write_text("name: one\nruntime: python\n")
        (folder / "__main__.py").write_text(ONE)
        init = ["pulumi", "stack", "init", "dev", "--non-interactive"]
        quick = ["--yes", "--skip-preview", "--stack", "dev", "--non-interactive"]
        return self._measure("one stack", folder, {
            "create": ["pulumi", "up", *quick],
            "unchanged": ["pulumi", "up", *quick],
            "refresh": ["pulumi", "refresh", "--run-program", *quick],
            "destroy": ["pulumi", "destroy", "--run-program", *quick],
        }, init)  # fmt: skip

    def _measure(
        self,
        layout: str,
        folder: Path,
        steps: Mapping[str, Sequence[str]],
        first: Sequence[str] = (),
    ) -> list[Line]:
        (folder / ".backend").mkdir()
        lines: list[Line] = []
        with Emulator.start() as emulator:
            environment = self._prepared(folder, emulator)
            if first:
                timed(first, folder, environment)
            for step, command in steps.items():
                emulator.wait_until_idle()
                emulator.clear_calls()
                try:
                    seconds, _ = timed(command, folder, environment)
                except StepError as error:
                    report(f"{layout}: {step}: {error}")
                    return [*lines, Line(step, layout, None, None, str(error))]
                emulator.wait_until_idle()
                calls = len(emulator.calls)
                lines.append(Line(step, layout, seconds, calls))
                report(f"{layout}: {step}: {seconds:.1f} s, {calls} calls")
        return lines

    def _prepared(self, folder: Path, emulator: Emulator) -> dict[str, str]:
        """Tenants, a deployer that is installed in all of them, and the file that declares them."""
        owner, *tenants = (str(uuid.uuid4()) for _ in range(self._size.tenants + 1))
        for number, tenant in enumerate((owner, *tenants)):
            emulator.platform.add_tenant(tenant, f"Tenant {number}")
        deployer = emulator.platform.register(
            owner, name="Deployer", allowed_tenants=[owner, *tenants]
        )
        for tenant in (owner, *tenants):
            emulator.platform.install(deployer["id"], tenant)
        groups: dict[str, list[str]] = {}
        for number, tenant in enumerate(tenants):
            groups.setdefault(f"group-{number % self._size.groups:03d}", []).append(tenant)
        names = [f"app-{number}" for number in range(self._size.applications)]
        declaration = {
            "owner": owner,
            "applications": {name: {} for name in names},
            "groups": groups,
        }
        file = folder / "fleet.yaml"
        file.write_text(yaml.safe_dump(declaration), "utf-8")
        return self._environment | {
            "FLEET_FILE": str(file),
            "PULUMI_BACKEND_URL": (folder / ".backend").as_uri(),
            "OLT_API_URL": emulator.api_url,
            "OLT_IDENTITY_URL": emulator.identity_url,
            "OLT_CLIENT_ID": deployer["oauth2Client"]["id"],
            "OLT_CLIENT_SECRET": deployer["oauth2Client"]["secret"],
            "OLT_TENANT_ID": owner,
        }


def report(text: str) -> None:
    """Print one line of progress."""
    print(f"[bench-fleet] {text}", file=sys.stderr, flush=True)


def table(lines: Sequence[Line]) -> list[tuple[str, ...]]:
    """Return rows: the step, then seconds and calls of each layout. A failed step has no figure."""
    found = {(line.step, line.layout): line for line in lines}
    steps = dict.fromkeys(line.step for line in lines)
    layouts = ("fleet", "one stack")
    return [
        (step, *(c for each in layouts for c in _cells(found.get((step, each))))) for step in steps
    ]


def _cells(line: Line | None) -> tuple[str, str]:
    if line is None or line.seconds is None:
        return "failed", "-"
    return f"{line.seconds:.0f} s", str(line.calls)


HEAD: Final = ("step", "fleet", "its calls", "one stack", "its calls")


def page(text: str, size: Size, lines: Sequence[Line], now: datetime) -> str:
    """Return the documentation's page with these figures."""
    rows = [HEAD, ("---",) * len(HEAD), *table(lines)]
    body = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    caption = (
        f"{now:%Y-%m-%d}, {cores()} cores, file backend: {size.applications} applications "
        f"and {size.applications * size.tenants} installations in {size.tenants} tenants; the "
        f"fleet in {size.groups} groups, {size.jobs} at once."
    )
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{caption}\n\n{body}\n\n{END}{rest.partition(END)[2]}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. Returns 1 if a step failed or there is no engine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description=__doc__)
    parser.add_argument("--applications", type=int, default=4)
    parser.add_argument("--tenants", type=int, default=500)
    parser.add_argument("--groups", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2, help="stacks at once; default: 2")
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "fleet.json")
    parser.add_argument("--write-docs", action="store_true", help="renew docs/large_estates.md")
    options = parser.parse_args(arguments)
    size = Size(options.applications, options.tenants, options.groups, options.jobs)
    try:
        engine = find_engine()
    except SetupError as error:
        report(f"failed: {error}")
        return 1
    lines: list[Line] = []
    with scratch() as folder:
        bench = Bench(size, Path(engine), folder)
        layouts: tuple[Callable[[], list[Line]], ...] = (bench.fleet, bench.one)
        for layout in layouts:
            try:
                lines += layout()
            except StepError as error:
                report(f"failed: {error}")
                return 1
            options.json.parent.mkdir(parents=True, exist_ok=True)
            kept = {"size": asdict(size), "lines": [asdict(line) for line in lines]}
            options.json.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")
    shown = Table(*HEAD)
    for row in table(lines):
        shown.add_row(*row)
    Console().print(shown)
    failed = any(line.failure for line in lines)
    if options.write_docs and not failed:
        PAGE.write_text(
            page(PAGE.read_text("utf-8"), size, lines, datetime.now(timezone.utc)), "utf-8"
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
