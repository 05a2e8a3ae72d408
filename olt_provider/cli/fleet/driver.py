"""Run the stacks of a fleet in order, several at once, and resume after a failure."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, Final

from pulumi import automation

from olt_provider.cli.fleet import stacks
from olt_provider.cli.fleet.declaration import Declaration, FleetError
from olt_provider.cli.output import show

APPLICATIONS: Final = "all"
"""The name of the applications' stack."""
REFERENCE: Final = f"organization/fleet-applications/{APPLICATIONS}"
PROJECTS: Final = ("applications", "installations")


class Fleet:
    """The stacks of a fleet. ``.fleet/`` records finished groups, so that a run resumes."""

    def __init__(self, folder: Path, file: Path, *, jobs: int, rerun: bool = False) -> None:
        for project in PROJECTS:
            if not (folder / project / "Pulumi.yaml").is_file():
                raise FleetError(f"{folder} has no {project}/Pulumi.yaml: copy examples/fleet")
        self._folder = folder
        self._file = file
        self._jobs = jobs
        self._rerun = rerun
        self._record = folder / ".fleet"
        self._record.mkdir(exist_ok=True)
        self.failed: list[str] = []

    def up(self) -> None:
        """Uninstall what is no longer declared, deploy the applications, then install."""
        declared = Declaration.read(self._file)
        before = self._existing()
        declared.require_pairs_kept(before["applications"], before["generations"])
        if self._has_removals(declared, before) or _raises_generation(declared, before):
            # also for a tenant that moves: two stacks at once would install and uninstall it;
            # and for a raised generation: the idle application has to be installed everywhere
            staying = declared.only(before["applications"], before["tenants"])
            self._groups(staying, before["applications"], self._groups_with_stack())
            if self.failed:
                return
        self._run_stacks("applications", [APPLICATIONS], self._file, stacks.up)
        if not self.failed:
            self._groups(declared, self._existing()["applications"], declared.groups)

    def preview(self) -> None:
        """Preview `up`, as far as possible before the applications exist."""
        declared, existing = Declaration.read(self._file), self._existing()
        declared.require_pairs_kept(existing["applications"], existing["generations"])
        self._run_stacks("applications", [APPLICATIONS], self._file, stacks.preview)
        staying = declared.only(existing["applications"], existing["tenants"])
        waiting = declared.installations() - staying.installations()
        if waiting:
            show(f"and then {waiting} installations, once their applications allow them")
        file = self._write(staying)
        names = sorted({*declared.groups, *self._groups_with_stack()})
        self._run_stacks("installations", names, file, stacks.preview)

    def refresh(self) -> None:
        """Refresh all stacks. The next `up` reconciles manual changes."""
        self._save({})
        self._run_stacks("applications", [APPLICATIONS], self._file, stacks.refresh)
        self._run_stacks("installations", self._groups_with_stack(), self._file, stacks.refresh)

    def destroy(self) -> None:
        """Destroy the installations first, because an installed application is not deleted."""
        self._save({})
        self._run_stacks("installations", self._groups_with_stack(), self._file, stacks.destroy)
        if not self.failed:
            self._run_stacks("applications", [APPLICATIONS], self._file, stacks.destroy)

    def status(self) -> None:
        """Print which groups are up to date by the record in this folder. Makes no API calls."""
        declared, done = Declaration.read(self._file), self._done()
        ids = self._existing()["applications"]
        for group in sorted({*declared.groups, *self._groups_with_stack()}):
            if group not in declared.groups:
                show(f"{group}: to remove")
            else:
                is_done = done.get(group) == declared.digest(group, ids)
                show(f"{group}: {'done' if is_done else 'to do'}")

    def _groups(self, declared: Declaration, ids: Mapping[str, str], names: Iterable[str]) -> None:
        """Deploy those of these groups that are not up to date, and remove undeclared ones."""
        file = self._write(declared)
        done = {} if self._rerun else self._done()
        digests = {name: declared.digest(name, ids) for name in names if name in declared.groups}
        left = [name for name in digests if done.get(name) != digests[name]]
        gone = [name for name in self._groups_with_stack() if name not in declared.groups]
        if len(left) < len(digests):
            show(f"installations: {len(digests) - len(left)} groups are done already")
        # a started group is no longer done, even if it fails
        self._save({name: each for name, each in self._done().items() if name not in left + gone})
        self._run_stacks("installations", gone, file, stacks.remove)
        self._run_stacks("installations", left, file, stacks.up, digests)

    def _run_stacks(
        self,
        project: str,
        names: Sequence[str],
        file: Path,
        step: stacks.Step,
        digests: Mapping[str, str] | None = None,
    ) -> None:
        """Run stacks in parallel. A failure is reported, and the others continue."""
        with ThreadPoolExecutor(self._jobs) as pool:
            running = {
                pool.submit(self._run_stack, project, name, file, step): name for name in names
            }
            try:
                for number, done in enumerate(as_completed(running), start=1):
                    line = f"[{number}/{len(names)}] {project} {running[done]}"
                    self._finish(project, running[done], done, line, digests or {})
            except KeyboardInterrupt:
                # the terminal has interrupted the running stacks
                pool.shutdown(cancel_futures=True)
                raise

    def _finish(
        self,
        project: str,
        name: str,
        done: Future[tuple[float, Mapping[str, int]]],
        line: str,
        digests: Mapping[str, str],
    ) -> None:
        try:
            seconds, changes = done.result()
        except automation.CommandError as error:
            self.failed.append(f"{project}/{name}")
            show(f"{line}: FAILED: {stacks.first_error(error)}")
            return
        show(f"{line}: {stacks.summary(changes)} in {seconds:.1f} s")
        if name in digests:
            self._save({**self._done(), name: digests[name]})

    def _run_stack(
        self, project: str, name: str, file: Path, step: stacks.Step
    ) -> tuple[float, Mapping[str, int]]:
        started = time.monotonic()
        changes = step(self._stack(project, name, file))
        return time.monotonic() - started, changes

    def _stack(self, project: str, name: str, file: Path) -> automation.Stack:
        variables = {"FLEET_FILE": str(file.resolve()), "FLEET_APPLICATIONS": REFERENCE}
        return automation.create_or_select_stack(
            stack_name=name,
            work_dir=str(self._folder / project),
            opts=automation.LocalWorkspaceOptions(env_vars=variables),
        )

    def _groups_with_stack(self) -> list[str]:
        """Return the groups that have a stack."""
        workspace = automation.LocalWorkspace(work_dir=str(self._folder / "installations"))
        return sorted(each.name for each in workspace.list_stacks())

    def _existing(self) -> dict[str, Any]:
        """Return the outputs of the applications' stack.

        Maps: name -> ID, tenant -> group, pair -> generation.
        """
        outputs = self._stack("applications", APPLICATIONS, self._file).outputs()
        known = {key: each.value for key, each in outputs.items() if not each.secret}
        return {key: known.get(key, {}) for key in ("applications", "tenants", "generations")}

    def _has_removals(self, declared: Declaration, existing: Mapping[str, Any]) -> bool:
        """Whether there are applications, or tenants in groups, that are no longer declared."""
        members = {each: group for group, tenants in declared.groups.items() for each in tenants}
        moved = any(members.get(each) != group for each, group in existing["tenants"].items())
        return moved or bool(existing["applications"].keys() - set(declared.names()))

    def _write(self, declared: Declaration) -> Path:
        file = self._record / "installations.yaml"
        declared.write(file)
        return file

    def _done(self) -> dict[str, str]:
        file = self._record / "done.json"
        done: dict[str, str] = json.loads(file.read_text("utf-8")) if file.exists() else {}
        return done

    def _save(self, done: Mapping[str, str]) -> None:
        """Write the whole record or nothing: a killed run loses at most its last stacks."""
        half = self._record / "done.json.half"
        half.write_text(json.dumps(dict(sorted(done.items())), indent=2), "utf-8")
        half.replace(self._record / "done.json")


def _raises_generation(declared: Declaration, existing: Mapping[str, Any]) -> bool:
    """Whether an existing pair has another generation than the last run applied."""
    applied = existing["generations"]
    return any(applied.get(name, new) != new for name, new in declared.generations().items())
