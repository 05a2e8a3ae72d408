"""``olt fleet`` with examples/fleet: stacks in parallel, failures, and runs that resume."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from olt_provider.emulator import Emulator, Fault
from tests.emulated import calls_of, changes_in, emulator, new_tenant, owner, shared_emulator
from tests.engine.harness import Engine
from tests.engine.olt import reaching_as
from tests.engine.shortcuts import cli_with_keys
from tools.workspace import ROOT

__all__ = ["emulator", "owner", "shared_emulator"]

pytestmark = [pytest.mark.engine, pytest.mark.timeout(500)]

OLT_FLEET: Final = (sys.executable, "-c", "from olt_provider.cli import main; main()", "fleet")
EXAMPLE: Final = ROOT / "examples" / "fleet"
APPLICATIONS: Final = {"alarms": {"name": "Alarms"}, "reports": {"name": "Reports"}}
PASSPHRASE: Final = "PULUMI_CONFIG_PASSPHRASE"
INSTALL: Final = "PUT /applications/{applicationId}/installation"
UNINSTALL: Final = "DELETE /applications/{applicationId}/installation"
ROTATE: Final = "POST /application-developer/applications/{applicationId}/secret"
ALLOW: Final = "PUT /application-developer/applications/{applicationId}/allowed-tenants/{tenantId}"
REVOKE: Final = (
    "DELETE /application-developer/applications/{applicationId}/allowed-tenants/{tenantId}"
)


class Fleet:
    """The example in a folder of its own, with a backend and tenants of its own."""

    def __init__(self, engine: Engine, folder: Path, emulator: Emulator, owner: str) -> None:
        self._emulator = emulator
        self.code = 0
        self.folder = folder / "fleet"
        shutil.copytree(EXAMPLE, self.folder)
        (folder / "backend").mkdir()
        self.owner = owner
        self.tenants = [new_tenant(emulator) for _ in range(4)]
        self._env = engine.environment(folder / "backend")
        self._env |= reaching_as(emulator, owner, *self.tenants)
        self.cli = cli_with_keys(engine.folder / "pulumi", folder / "cli")
        self._env["PATH"] = os.pathsep.join((str(self.cli), self._env["PATH"]))

    def declare(self, groups: dict[str, list[str]], applications: Any = None) -> None:
        content = {
            "owner": self.owner,
            "applications": applications or APPLICATIONS,
            "groups": groups,
        }
        (self.folder / "fleet.yaml").write_text(yaml.safe_dump(content))

    def run(
        self,
        *arguments: str,
        code: int | None = 0,
        without: str = "",
        env: Mapping[str, str] | None = None,
        idle: bool = True,
    ) -> list[str]:
        """What it prints, line by line, without the seconds; a code of None is any."""
        if idle:
            self._emulator.wait_until_idle()
        self._emulator.clear_calls()
        given = {key: value for key, value in self._all().items() if key != without}
        done = subprocess.run(
            [*OLT_FLEET, *arguments],
            cwd=self.folder,
            env=given | dict(env or {}),
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        self.code = done.returncode
        assert code in (None, done.returncode), done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return [
            re.sub(r" in [\d.]+ s$", "", line) for line in (done.stdout + done.stderr).splitlines()
        ]

    def _all(self) -> dict[str, str]:
        return {**os.environ, **self._env}

    def interrupted(self, *arguments: str, fault: Fault | None = None) -> str:
        """What it prints when a terminal interrupts it while it waits for a call."""
        installing = Fault(
            path="/applications/*/installation", method="PUT", kind="latency", seconds=60
        )
        held = self._emulator.add_fault(fault or installing)
        with subprocess.Popen(
            [*OLT_FLEET, *arguments],
            cwd=self.folder,
            env=self._all(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                held.wait_until_fired(1, timeout=60)
                os.killpg(process.pid, signal.SIGINT)
                held.release()
                printed, _ = process.communicate(timeout=60)
            finally:
                process.kill()
        assert process.returncode == 130, printed
        return printed

    def pulumi(self, folder: str, *arguments: str, stdin: str = "") -> str:
        """What a command of the CLI prints in one of the projects, as a person runs it."""
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder / folder,
            env=self._all(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def clients(self) -> dict[str, tuple[str, str]]:
        """The current client ID and secret of each application and pair."""
        printed = self.pulumi(
            "applications", "stack", "output", "--json", "--show-secrets", "--stack", "all"
        )
        found = json.loads(printed)
        return {
            name: (id_, found["client_secrets"][name]) for name, id_ in found["client_ids"].items()
        }

    def killed(self, *arguments: str) -> tuple[Fault, socket.socket]:
        """The call that an engine waits for, whose driver is killed, and the end of the engine.

        An engine inherits the standard input of its driver: the other side ends with it.
        """
        held = self._emulator.add_fault(
            Fault(path="/applications/*/installation", method="PUT", kind="latency", seconds=200)
        )
        inherited, other = socket.socketpair()
        other.settimeout(60)
        with subprocess.Popen(
            [*OLT_FLEET, *arguments],
            cwd=self.folder,
            env=self._all(),
            stdin=inherited.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            inherited.close()
            try:
                held.wait_until_fired(1, timeout=60)
            finally:
                process.kill()
        return held, other

    def installed(self) -> set[tuple[str, str]]:
        """Application and tenant."""
        platform = self._emulator.platform
        return {
            (each["name"], installation["tenantId"])
            for each in platform.applications(self.owner)
            for installation in platform.installations(each["id"])
        }

    def everywhere(self, *tenants: str) -> set[tuple[str, str]]:
        return {(name, tenant) for name in ("Alarms", "Reports") for tenant in tenants}


@pytest.fixture
def fleet(engine: Engine, tmp_path: Path, emulator: Emulator, owner: str) -> Fleet:
    return Fleet(engine, tmp_path, emulator, owner)


def test_a_fleet_from_its_first_day_to_its_last(fleet: Fleet, emulator: Emulator) -> None:
    a, b, c, d = fleet.tenants
    fleet.declare({"north": [a], "south": [b, c]})

    # one tenant refuses: the others are done, and it is named
    refused = emulator.add_fault(
        Fault(path="/applications/*/installation", method="PUT", kind="status", status=403, times=1)
    )
    printed = fleet.run("up", "--jobs", "1", code=1)
    assert refused.fired
    failed = [line for line in printed if "FAILED" in line]
    assert len(failed) == 1
    assert "returned 403" in failed[0]
    assert printed[-2:] == [
        "failed: installations/north",
        "fix the errors above and run the same command again to resume",
    ]
    assert fleet.installed() >= fleet.everywhere(b, c)

    # the next run goes on there and leaves the others alone; a tenant that comes is of its group
    fleet.declare({"north": [a, d], "south": [b, c]})
    printed = fleet.run("up")
    assert "installations: 1 groups are done already" in printed
    assert [line for line in printed if "installations south" in line] == []
    assert "[1/1] installations north: 3 create" in printed
    assert Counter(changes_in(emulator)) == {ALLOW: 2, INSTALL: 3}
    assert fleet.installed() == fleet.everywhere(a, b, c, d)

    # what leaves is uninstalled before it is revoked, or its application deleted
    fleet.declare({"north": [a, d]}, {"alarms": {"name": "Alarms"}})
    fleet.run("up")
    changes = [
        each
        for each in changes_in(emulator)
        if each in (UNINSTALL, REVOKE) or "{applicationId}" in each
    ]
    assert [each == UNINSTALL for each in changes] == sorted(
        (each == UNINSTALL for each in changes), reverse=True
    )
    assert Counter(changes)[UNINSTALL] == 6
    assert fleet.installed() == {("Alarms", a), ("Alarms", d)}
    assert fleet.run("status") == ["north: done"]

    # nothing to do costs nothing
    printed = fleet.run("preview")
    assert "[1/1] installations north: unchanged" in printed
    assert calls_of(emulator) == []

    fleet.run("destroy")
    assert emulator.platform.applications(fleet.owner) == []
    assert json.loads((fleet.folder / ".fleet" / "done.json").read_text()) == {}


@pytest.mark.long
def test_record_of_finished_groups_is_never_stale(fleet: Fleet, emulator: Emulator) -> None:
    a, b, c, d = fleet.tenants
    fleet.declare({"north": [a], "south": [b]})
    fleet.run("up")

    # a tenant that moves is uninstalled before its new group installs it, whichever runs first
    fleet.declare({"east": [a], "north": [b], "south": []})
    assert fleet.run("status") == ["east: to do", "north: to do", "south: to do"]
    fleet.run("up", "--jobs", "1")
    assert [each for each in changes_in(emulator) if each in (INSTALL, UNINSTALL)] == [
        *[UNINSTALL] * 4,
        *[INSTALL] * 4,
    ]
    assert fleet.installed() == fleet.everywhere(a, b)

    fleet.declare({"north": [a], "south": [b]})
    assert fleet.run("status") == ["east: to remove", "north: to do", "south: to do"]
    fleet.run("up")
    assert fleet.installed() == fleet.everywhere(a, b)

    # a group that was removed and comes back is made again; what fails is named
    fleet.declare({"east": [b], "north": [a, d]})
    path = f"/applications/{_id_of(emulator, fleet, 'Reports')}/installation"
    emulator.add_fault(Fault(path=path, method="PUT", kind="status", status=403, after=1, times=1))
    printed = fleet.run("up", "--jobs", "1", code=1)
    assert "failed: installations/north" in printed
    assert fleet.installed() == fleet.everywhere(a, b) | {("Alarms", d)}

    # a change that failed and is taken back leaves nothing of it
    fleet.declare({"east": [b], "north": [a]})
    fleet.run("up")
    assert fleet.installed() == fleet.everywhere(a, b)

    # Ctrl-C begins nothing more, and the next run goes on
    fleet.declare({"east": [b, c], "north": [a, d]})
    printed = fleet.interrupted("up", "--jobs", "1").splitlines()
    assert printed[-1] == "interrupted; run the same command again to resume"
    assert not [line for line in printed if "Traceback" in line]
    assert not fleet.installed() & fleet.everywhere(d)
    fleet.run("up")
    assert fleet.installed() == fleet.everywhere(a, b, c, d)


def _id_of(emulator: Emulator, fleet: Fleet, name: str) -> str:
    (found,) = (e for e in emulator.platform.applications(fleet.owner) if e["name"] == name)
    return str(found["id"])


@pytest.mark.long
def test_a_group_whose_stack_is_destroyed_already_is_removed(fleet: Fleet) -> None:
    a, b, *_ = fleet.tenants
    fleet.declare({"north": [a], "south": [b]})
    fleet.run("up")
    fleet.pulumi("installations", "destroy", "--yes", "--skip-preview", "--stack", "south")
    fleet.declare({"north": [a]})
    fleet.run("up")
    assert fleet.run("status") == ["north: done"]
    assert fleet.installed() == fleet.everywhere(a)

    # the same where nothing is left at all: the applications' stack has no outputs then
    fleet.declare({"north": [a], "south": [b]})
    fleet.run("up")
    fleet.run("destroy")
    fleet.declare({"north": [a]})
    fleet.run("up")
    assert fleet.run("status") == ["north: done"]
    assert fleet.installed() == fleet.everywhere(a)


@pytest.mark.long
def test_applications_of_the_file_are_adopted(fleet: Fleet, emulator: Emulator) -> None:
    a, *_ = fleet.tenants
    known, unknown = (
        emulator.platform.register(fleet.owner, name=name) for name in ("Alarms", "Reports")
    )
    declared = {
        "alarms": {"name": "Alarms", "adopt": {"application_id": known["id"]}},
        "reports": {"name": "Reports", "adopt": {"application_id": unknown["id"]}},
    }
    fleet.declare({"north": [a]}, declared)
    fleet.run("status")  # makes the applications' stack
    secret = known["oauth2Client"]["secret"]
    config = ("config", "set", "--secret", "--path", "clientSecrets.alarms", "--stack", "all")
    fleet.pulumi("applications", *config, stdin=secret)
    fleet.run("up")
    applications = emulator.platform.applications(fleet.owner)
    assert {each["id"] for each in applications} == {known["id"], unknown["id"]}
    assert fleet.installed() == fleet.everywhere(a)
    assert emulator.platform.secret_is_valid(known["oauth2Client"]["id"], secret)
    client = unknown["oauth2Client"]
    assert not emulator.platform.secret_is_valid(client["id"], client["secret"])


def _pairs(generation: int) -> dict[str, dict[str, Any]]:
    return {name: {**each, "generation": generation} for name, each in APPLICATIONS.items()}


def test_raised_generation_rotates_pairs_once_and_only_when_all_groups_have_both(
    fleet: Fleet, emulator: Emulator
) -> None:
    a, b, *_ = fleet.tenants
    groups = {"north": [a], "south": [b]}
    refused = Fault(
        path="/applications/*/installation", method="PUT", kind="status", status=403, times=1
    )
    fleet.declare(groups, _pairs(1))
    emulator.add_fault(refused)
    fleet.run("up", "--jobs", "1", code=1)
    first = fleet.clients()

    # nothing is rotated while an idle application may be missing in a tenant
    fleet.declare(groups, _pairs(2))
    emulator.add_fault(refused.model_copy(update={"times": None}))
    fleet.run("up", "--jobs", "1", code=1)
    assert ROTATE not in changes_in(emulator)
    assert fleet.clients() == first
    emulator.clear_faults()

    # the first pair is rotated and the second is not
    emulator.add_fault(
        Fault(
            path="/application-developer/applications/*/secret",
            method="POST",
            kind="status",
            status=403,
            after=1,
            times=1,
        )
    )
    printed = fleet.run("up", code=1)
    assert "failed: applications/all" in printed
    assert Counter(changes_in(emulator)) == {INSTALL: 1, ROTATE: 2}
    letters = {f"{name}-{letter}" for name in ("Alarms", "Reports") for letter in "ab"}
    assert fleet.installed() == {(name, tenant) for name in letters for tenant in (a, b)}

    # the same again rotates the second only, and no client of the generation before is ended
    fleet.run("up")
    assert Counter(changes_in(emulator)) == {ROTATE: 1}
    second = fleet.clients()
    for name in APPLICATIONS:
        assert first[name][0] != second[name][0]
        for client_id, secret in (first[name], second[name]):
            assert emulator.platform.secret_is_valid(client_id, secret)
    fleet.run("up")
    assert calls_of(emulator) == []


@pytest.mark.long
def test_interrupted_rotation_resumes_and_ends_no_client_of_the_generation_before(
    fleet: Fleet, emulator: Emulator
) -> None:
    a, *_ = fleet.tenants
    fleet.declare({"north": [a]}, _pairs(1))
    fleet.run("up")
    first = fleet.clients()
    fleet.declare({"north": [a]}, _pairs(2))
    path = "/application-developer/applications/*/secret"
    held = Fault(path=path, method="POST", kind="latency", seconds=60, after=1)
    printed = fleet.interrupted("up", fault=held).splitlines()
    assert printed[-1] == "interrupted; run the same command again to resume"
    fleet.run("up")
    second = fleet.clients()
    for name in APPLICATIONS:
        assert first[name][0] != second[name][0]
        for client_id, secret in (first[name], second[name]):
            assert emulator.platform.secret_is_valid(client_id, secret)


@pytest.mark.long
def test_application_becomes_the_first_of_a_pair_without_a_new_client(
    fleet: Fleet, emulator: Emulator
) -> None:
    a, *_ = fleet.tenants
    fleet.declare({"north": [a]}, {"alarms": {"name": "Alarms"}})
    fleet.run("up")
    before = fleet.clients()
    id_ = _id_of(emulator, fleet, "Alarms")
    pair = {"name": "Alarms", "generation": 1}
    fleet.declare({"north": [a]}, {"alarms": pair})
    (refused,) = fleet.run("up", code=2)
    assert f"give it adopt with application_id: {id_}" in refused

    config = ("config", "set", "--secret", "--path", "clientSecrets.alarms", "--stack", "all")
    fleet.pulumi("applications", *config, stdin=before["alarms"][1])
    fleet.declare({"north": [a]}, {"alarms": {**pair, "adopt": {"application_id": id_}}})
    fleet.run("up")
    assert [each for each in changes_in(emulator) if each in (UNINSTALL, ROTATE)] == []
    assert fleet.installed() == {("Alarms-a", a), ("Alarms-b", a)}
    assert fleet.clients() == before
    fleet.declare({"north": [a]}, {"alarms": {"name": "Alarms"}})
    (refused,) = fleet.run("up", code=2)
    assert "alarms is a pair: its generation cannot be removed" in refused


@pytest.mark.long
def test_a_driver_that_was_killed_leaves_engines_at_work_and_the_next_run_goes_on(
    fleet: Fleet, emulator: Emulator
) -> None:
    a, *_ = fleet.tenants
    fleet.declare({"north": [a]})
    held, engine = fleet.killed("up")
    with engine:
        (locked,) = (each for each in fleet.run("up", code=1, idle=False) if "FAILED" in each)
        assert "another engine works on this stack: wait until it has ended" in locked
        held.release()
        assert engine.recv(1) == b""
    emulator.wait_until_idle()
    fleet.pulumi("installations", "cancel", "--yes", "--stack", "north")
    fleet.run("up")
    assert fleet.installed() == fleet.everywhere(a)


ENGINES: Final = {
    "Could not parse the Pulumi CLI version": "exit 0",
    "`pulumi version` failed": "exit 1",
    "your current CLI version is 3.0.0": "echo v3.0.0",
}


@pytest.mark.parametrize("words", ENGINES)
def test_an_engine_of_no_or_an_old_version_is_one_line(fleet: Fleet, words: str) -> None:
    tools = fleet.folder / "tools"
    tools.mkdir()
    (tools / "pulumi").write_text(f"#!/bin/sh\n{ENGINES[words]}\n")
    (tools / "pulumi").chmod(0o755)
    path = os.pathsep.join((str(tools), os.environ["PATH"]))
    (line,) = fleet.run("status", code=1, env={"PATH": path})
    assert line.startswith("olt fleet: cannot use the Pulumi CLI on PATH: ")
    assert words in line


@pytest.mark.parametrize(
    ("missing", "words"),
    [("PATH", "cannot run pulumi: is it on PATH?"), (PASSPHRASE, "passphrase must be set with")],
)
def test_what_the_engine_lacks_is_one_line(fleet: Fleet, missing: str, words: str) -> None:
    shutil.rmtree(fleet.cli)  # with a passphrase, as by default
    (line,) = fleet.run("status", code=1, without=missing)
    assert line.startswith("olt fleet: ")
    assert words in line


def test_the_file_that_the_example_brings_is_usable(fleet: Fleet) -> None:
    content = yaml.safe_load((EXAMPLE / "fleet.yaml").read_text())
    assert set(content) == {"owner", "applications", "groups"}
