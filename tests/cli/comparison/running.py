"""Steps of the comparison on the real engine."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from olt_provider.cli.preview.steps import read_preview
from olt_provider.cli.review.live import Clients, review_live
from olt_provider.emulator import Emulator
from olt_provider.settings import Settings
from tests.cli.comparison.comparing import Step, labels
from tests.cli.comparison.programs import NAMES, TENANTS, A, Programs
from tests.cli.comparison.truth import new_secrets, snapshot
from tests.engine.harness import Engine, Stack
from tests.engine.olt import reaching_as

PREVIEW: Final = ("--json", "--show-replacement-steps", "--show-sames")


def run_step(stack: Stack, emulator: Emulator, title: str, *arguments: str) -> Step:
    """Preview the program of a stack, run it, and record the platform before and after."""
    before = snapshot(emulator)
    shown = stack.engine.call(
        stack.folder,
        stack.backend,
        ["preview", *PREVIEW, *arguments, "--stack", "dev"],
        env=stack.env,
    )
    preview = read_preview(shown.stdout)
    settings = Settings.load(lambda _: None, stack.env)
    found = review_live(preview, Clients(preview, settings), lambda _: None)
    emulator.clear_calls()
    done = stack.engine.call(
        stack.folder,
        stack.backend,
        ["up", "--yes", "--skip-preview", *arguments, "--stack", "dev"],
        env=stack.env,
    )
    return Step(
        title=title,
        preview=shown.stdout,
        before=before,
        after=snapshot(emulator),
        secrets=new_secrets(emulator),
        failed=done.returncode != 0,
        preview_failed=shown.returncode != 0,
        registered=labels(stack.resources()),
        live=found,
        output=done.output if done.returncode else "",
    )


def random_steps(
    engine: Engine, folder: Path, seed: int, runs: int, changes: int
) -> Iterator[Step]:
    """Steps of one stack, each with several changes of resources."""
    with Emulator.start() as emulator:
        for tenant in TENANTS:
            emulator.platform.add_tenant(tenant, NAMES[tenant])
        programs = Programs(random.Random(seed), emulator)
        programs.start()
        stack = engine.stack(folder, "")
        stack.env.update(reaching_as(emulator, *TENANTS) | {"OLT_TENANT_ID": A})
        held: Mapping[str, str] = {}
        for run in range(runs + 1):
            done = programs.change(changes) if run else ["start"]
            stack.program(_with_hosts(programs.source(), stack, emulator))
            title = f"{seed}.{run} {done}"
            step = run_step(stack, emulator, title, *programs.extra)
            # with --run-program, only what the program still declares is refreshed
            programs.changed_outside -= {
                each.old.id for each in step.read.steps if each.op == "refresh" and each.old
            }
            step = replace(
                step,
                held=held,
                changes=len(done) if run else 0,
                unseen=frozenset(programs.changed_outside),
            )
            held = step.registered
            programs.ids = {
                each["urn"].split("::", 3)[3]: each["id"]
                for each in stack.resources()
                if each["type"].endswith("OltApplication")
                and "$" not in each["urn"].split("::", 3)[2]
                and not each.get("external")
                and not each.get("delete")
            }
            yield step


def _with_hosts(source: str, stack: Stack, emulator: Emulator) -> str:
    tokens = json.loads(stack.env["OLT_TENANT_TOKENS"])
    return (
        f"API_URL, IDENTITY_URL = {emulator.api_url!r}, {emulator.identity_url!r}\n"
        f"TOKENS = {tokens!r}\n{source}"
    )
