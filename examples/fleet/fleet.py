"""Drives a fleet: a stack of applications, and one of installations for each group of tenants.

    python fleet.py up            # applications, then all groups in parallel; run it again to go on
    python fleet.py preview
    python fleet.py refresh
    python fleet.py status
    python fleet.py destroy

`fleet.yaml` says what there is. Settings, credentials and the backend come from the environment, as
for `pulumi` itself. Exit codes: 0 all done, 1 a stack failed, 2 wrong usage,
130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any, Final

import yaml
from pulumi import automation

HERE: Final = Path(__file__).resolve().parent
APPLICATIONS: Final = "all"
"""The one stack of the applications."""
REFERENCE: Final = f"organization/fleet-applications/{APPLICATIONS}"
JOBS: Final = 4
"""Stacks at once. Each is an engine, a program and a host, of about 250 MB together."""
LOCKED: Final = (
    "another engine works on this stack: wait until it has ended, then run the same again; only if "
    "none runs any more, `pulumi cancel` removes its lock"
)
Step = Callable[[automation.Stack], Mapping[str, int]]


class FleetError(Exception):
    """The fleet's file is unusable. The message is one line."""


@dataclass(frozen=True)
class Declared:
    """What `fleet.yaml` says."""

    owner: str
    applications: Mapping[str, Any]
    groups: Mapping[str, Sequence[str]]

    @classmethod
    def read(cls, file: Path) -> Declared:
        """Raises ``FleetError`` saying what is wrong with it."""
        try:
            told = yaml.safe_load(file.read_text("utf-8"))
            found = cls(told["owner"], dict(told["applications"]), dict(told["groups"]))
            members = [tenant for group in found.groups.values() for tenant in group]
        except OSError as error:
            raise FleetError(f"{file} cannot be read: {error.strerror}") from None
        except (yaml.YAMLError, KeyError, TypeError, ValueError):
            raise FleetError(
                f"{file} must have owner, applications and groups of tenants"
            ) from None
        for name, application in found.applications.items():
            _check_adoption(file, name, application)
        twice = sorted({each for each in members if members.count(each) > 1})
        if twice:
            raise FleetError(f"{file}: tenant {twice[0]} is in more than one group")
        return found

    def only(self, applications: Iterable[str], members: Mapping[str, str]) -> Declared:
        """What of it is there already; ``members`` is tenant -> group."""
        known = set(applications)
        return Declared(
            self.owner,
            {name: each for name, each in self.applications.items() if name in known},
            {
                group: [each for each in tenants if members.get(each) == group]
                for group, tenants in self.groups.items()
            },
        )

    def write(self, file: Path) -> None:
        """As the programs read it."""
        told = {"owner": self.owner, "applications": self.applications, "groups": self.groups}
        file.write_text(yaml.safe_dump(json.loads(json.dumps(told))), "utf-8")


def _check_adoption(file: Path, name: str, application: Any) -> None:
    adopt = application.get("adopt") if isinstance(application, Mapping) else None
    if adopt is None:
        return
    if not isinstance(adopt, Mapping) or not isinstance(adopt.get("application_id"), str):
        raise FleetError(f"{file}: adopt of {name} must have an application_id")
    if adopt.keys() - {"application_id"}:
        raise FleetError(
            f"{file}: adopt of {name} has an application_id only; set its client secret by "
            f"`pulumi config set --secret --path clientSecrets.{name}` in applications/"
        )


class Fleet:
    """The stacks of a fleet. What is done is noted in `.fleet/`, so that a next run goes on."""

    def __init__(self, folder: Path, file: Path, *, jobs: int = JOBS, afresh: bool = False) -> None:
        self._folder = folder
        self._file = file
        self._jobs = jobs
        self._afresh = afresh
        self._kept = folder / ".fleet"
        self._kept.mkdir(exist_ok=True)
        self.failed: list[str] = []

    def up(self) -> None:
        """Let go of what leaves, then the applications, then install what has come."""
        declared = Declared.read(self._file)
        before = self._there()
        if self._leaves(declared, before):
            # a tenant that moves too: two stacks at once would install and uninstall the same
            staying = declared.only(before["applications"], before["tenants"])
            self._groups(staying, before["applications"], self._stacks())
            if self.failed:
                return
        self._each("applications", [APPLICATIONS], self._file, _up)
        if not self.failed:
            self._groups(declared, self._there()["applications"], declared.groups)

    def preview(self) -> None:
        """What `up` would do, as far as it is known before the applications are there."""
        declared, there = Declared.read(self._file), self._there()
        self._each("applications", [APPLICATIONS], self._file, _preview)
        staying = declared.only(there["applications"], there["tenants"])
        coming = _pairs(declared) - _pairs(staying)
        if coming:
            say(f"and then {coming} installations, once their applications allow them")
        file = self._staying(staying)
        self._each("installations", sorted({*declared.groups, *self._stacks()}), file, _preview)

    def refresh(self) -> None:
        """Read all of them anew. What was uninstalled by hand comes back with the next `up`."""
        self._note({})
        self._each("applications", [APPLICATIONS], self._file, _refresh)
        self._each("installations", self._stacks(), self._file, _refresh)

    def destroy(self) -> None:
        """The installations first, because an application that is installed is not deleted."""
        self._note({})
        self._each("installations", self._stacks(), self._file, _destroy)
        if not self.failed:
            self._each("applications", [APPLICATIONS], self._file, _destroy)

    def status(self) -> None:
        """Which groups are as declared, as far as this folder knows. Makes no call."""
        declared, done = Declared.read(self._file), self._done()
        ids = self._there()["applications"]
        for group in sorted({*declared.groups, *self._stacks()}):
            if group not in declared.groups:
                say(f"{group}: to remove")
            else:
                is_done = done.get(group) == _digest(declared, group, ids)
                say(f"{group}: {'done' if is_done else 'to do'}")

    def _groups(self, declared: Declared, ids: Mapping[str, str], names: Iterable[str]) -> None:
        """Those of these that are not yet as declared; what is declared no more is removed."""
        file = self._staying(declared)
        done = {} if self._afresh else self._done()
        wanted = {name: _digest(declared, name, ids) for name in names if name in declared.groups}
        left = [name for name in wanted if done.get(name) != wanted[name]]
        gone = [name for name in self._stacks() if name not in declared.groups]
        if len(left) < len(wanted):
            say(f"installations: {len(wanted) - len(left)} groups are done already")
        # what is begun is done no more, whatever becomes of it
        self._note({name: each for name, each in self._done().items() if name not in left + gone})
        self._each("installations", gone, file, _remove)
        self._each("installations", left, file, _up, wanted)

    def _each(
        self,
        project: str,
        names: Sequence[str],
        file: Path,
        step: Step,
        digests: Mapping[str, str] | None = None,
    ) -> None:
        """Stacks in parallel. One that fails is named, and the others go on."""
        with ThreadPoolExecutor(self._jobs) as pool:
            running = {pool.submit(self._one, project, name, file, step): name for name in names}
            try:
                for number, done in enumerate(as_completed(running), start=1):
                    said = f"[{number}/{len(names)}] {project} {running[done]}"
                    self._ended(project, running[done], done, said, digests or {})
            except KeyboardInterrupt:
                pool.shutdown(cancel_futures=True)  # those that run were told too, by the terminal
                raise

    def _ended(
        self,
        project: str,
        name: str,
        done: Future[tuple[float, Mapping[str, int]]],
        said: str,
        digests: Mapping[str, str],
    ) -> None:
        try:
            seconds, changes = done.result()
        except automation.CommandError as error:
            self.failed.append(f"{project}/{name}")
            say(f"{said}: FAILED: {_first_error(error)}")
            return
        say(f"{said}: {_told(changes)} in {seconds:.1f} s")
        if name in digests:
            self._note({**self._done(), name: digests[name]})

    def _one(
        self, project: str, name: str, file: Path, step: Step
    ) -> tuple[float, Mapping[str, int]]:
        started = time.monotonic()
        return_value = step(self._stack(project, name, file))
        return time.monotonic() - started, return_value

    def _stack(self, project: str, name: str, file: Path) -> automation.Stack:
        told = {"FLEET_FILE": str(file.resolve()), "FLEET_APPLICATIONS": REFERENCE}
        return automation.create_or_select_stack(
            stack_name=name,
            work_dir=str(self._folder / project),
            opts=automation.LocalWorkspaceOptions(env_vars=told),
        )

    def _stacks(self) -> list[str]:
        """The groups that have a stack."""
        workspace = automation.LocalWorkspace(work_dir=str(self._folder / "installations"))
        return sorted(each.name for each in workspace.list_stacks())

    def _there(self) -> dict[str, Any]:
        """What the applications' stack has now: name -> ID, and tenant -> group."""
        outputs = self._stack("applications", APPLICATIONS, self._file).outputs()
        known = {key: each.value for key, each in outputs.items() if not each.secret}
        return {"applications": known.get("applications", {}), "tenants": known.get("tenants", {})}

    def _leaves(self, declared: Declared, there: Mapping[str, Any]) -> bool:
        """Whether applications are there, or tenants in groups, that are declared no more."""
        members = {each: group for group, tenants in declared.groups.items() for each in tenants}
        moved = any(members.get(each) != group for each, group in there["tenants"].items())
        return moved or bool(there["applications"].keys() - declared.applications.keys())

    def _staying(self, declared: Declared) -> Path:
        file = self._kept / "installations.yaml"
        declared.write(file)
        return file

    def _done(self) -> dict[str, str]:
        file = self._kept / "done.json"
        told: dict[str, str] = json.loads(file.read_text("utf-8")) if file.exists() else {}
        return told

    def _note(self, done: Mapping[str, str]) -> None:
        """All of it or nothing, so that a run that is killed forgets at most its last stacks."""
        half = self._kept / "done.json.half"
        half.write_text(json.dumps(dict(sorted(done.items())), indent=2), "utf-8")
        half.replace(self._kept / "done.json")


def _counted(changes: Mapping[Any, int] | None) -> Mapping[str, int]:
    # the SDK says that operations are of an enumeration, but after an update they are text
    return {getattr(op, "value", op): count for op, count in (changes or {}).items()}


def _up(stack: automation.Stack) -> Mapping[str, int]:
    return _counted(stack.up(suppress_outputs=True).summary.resource_changes)


def _preview(stack: automation.Stack) -> Mapping[str, int]:
    return _counted(stack.preview().change_summary)


def _refresh(stack: automation.Stack) -> Mapping[str, int]:
    return _counted(stack.refresh(run_program=True).summary.resource_changes)


def _destroy(stack: automation.Stack) -> Mapping[str, int]:
    return _counted(stack.destroy(run_program=True).summary.resource_changes)


def _remove(stack: automation.Stack) -> Mapping[str, int]:
    # one that a run destroyed and did not remove has nothing left to destroy
    resources = (stack.export_stack().deployment or {}).get("resources")
    changes = _destroy(stack) if resources else {}
    stack.workspace.remove_stack(stack.name)
    return changes


def _digest(declared: Declared, group: str, ids: Mapping[str, str]) -> str:
    """What makes a group what it is: its tenants, and the applications with their IDs."""
    told = [sorted(declared.groups[group]), sorted((n, ids.get(n)) for n in declared.applications)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _pairs(declared: Declared) -> int:
    return len(declared.applications) * sum(map(len, declared.groups.values()))


def _told(changes: Mapping[str, int]) -> str:
    changed = [f"{n} {op}" for op, n in sorted(changes.items()) if n and op not in ("same", "read")]
    return ", ".join(changed) or "unchanged"


def _first_error(error: automation.CommandError) -> str:
    """The line that says most: the provider's own error, else the engine's."""
    if isinstance(error, automation.ConcurrentUpdateError):
        return LOCKED
    lines = [" ".join(line.split()) for line in str(error).splitlines()]
    ours = [line for line in lines if "OltError" in line]
    engines = [found[0] for line in lines if (found := re.search(r"\berror: .*", line))]
    return next(iter([*ours, *engines]), "the engine said no more")


UNUSABLE: Final = (
    automation.CommandError,
    automation.InvalidVersionError,
    CalledProcessError,
    OSError,
)
"""What calling the Pulumi CLI may raise."""


def _reason(error: Exception) -> str:
    if isinstance(error, automation.CommandError):
        return _first_error(error)
    if isinstance(error, automation.InvalidVersionError):
        return f"cannot use the Pulumi CLI on PATH: {error}"
    if isinstance(error, OSError):
        why = "is it on PATH?" if isinstance(error, FileNotFoundError) else error.strerror
        return f"cannot run {error.filename}: {why}"
    return "cannot use the Pulumi CLI on PATH: `pulumi version` failed"


def say(line: str) -> None:
    """One line of progress."""
    print(line, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 1 if a stack failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("command", choices=("up", "preview", "refresh", "status", "destroy"))
    parser.add_argument(
        "--file", type=Path, default=HERE / "fleet.yaml", help="default: fleet.yaml"
    )
    parser.add_argument("--jobs", type=int, default=JOBS, help=f"stacks at once, default {JOBS}")
    parser.add_argument("--afresh", action="store_true", help="do not skip what is done already")
    options = parser.parse_args(arguments)
    fleet = Fleet(HERE, options.file, jobs=max(options.jobs, 1), afresh=options.afresh)
    try:
        getattr(fleet, options.command)()
    except FleetError as error:
        print(f"fleet: {error}", file=sys.stderr)
        return 2
    except UNUSABLE as error:
        print(f"fleet: {_reason(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("stopped. Run the same again: it goes on there")
        return 130
    if fleet.failed:
        say(f"failed: {', '.join(fleet.failed)}")
        say("Mend what it says and run the same again: it goes on there")
    return 1 if fleet.failed else 0


if __name__ == "__main__":
    sys.exit(main())
