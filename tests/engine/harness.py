"""Runs the real Pulumi CLI in temporary projects, each with a file backend and a stack."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml

from tests.engine.shortcuts import (
    COLLECTING,
    SECRET,
    SIGNATURE,
    KeyServer,
    decrypt,
    encrypt,
    recorded_pip,
    with_secrets,
)

PASSPHRASE = "a passphrase for throw-away stacks"
TIMEOUT = 100.0
STACK = "dev"
OUTPUT_SHOWN = 8000
# Variables of the environment that must not affect the tests.
FOREIGN = ("OLT_", "PULUMI_", "OTEL_", "PYTHON")


AnyStack = TypeVar("AnyStack", bound="Stack")


class EngineError(AssertionError):
    """The CLI succeeded or failed against what the test expects, or took too long."""


@dataclass(frozen=True, repr=False)
class Result:
    """The output of one CLI call. Its repr shows no output, which may contain secrets."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """All output that a user would see."""
        return self.stdout + self.stderr

    def __repr__(self) -> str:
        return f"Result(returncode={self.returncode}, {len(self.output)} characters of output)"


@dataclass(frozen=True)
class Engine:
    """An engine and a Python environment, shared by all stacks of a test session."""

    folder: Path
    home: Path
    python: Path = field(default_factory=lambda: Path(sys.executable).parent)

    @cached_property
    def keys(self) -> KeyServer:
        """The server that holds the key of each stack."""
        return KeyServer()

    @cached_property
    def _shortcuts(self) -> dict[str, str]:
        pip = recorded_pip(self.python, Path(tempfile.mkdtemp(prefix="pip-", dir=self.home)))
        return self.keys.environment | COLLECTING | {"PYTHONPATH": str(pip)}

    def environment(self, backend: Path) -> dict[str, str]:
        """Return the environment of a CLI call that keeps its state in the folder backend."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
        return kept | {
            "PATH": os.pathsep.join((str(self.python), str(self.folder), os.environ["PATH"])),
            "HOME": str(self.home),
            "PULUMI_HOME": str(self.home / "pulumi"),
            "PULUMI_BACKEND_URL": f"file://{backend}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "1",
            **self._shortcuts,
        }

    def call(
        self,
        folder: Path,
        backend: Path,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
        timeout: float = TIMEOUT,
    ) -> Result:
        """Run the CLI in a folder, and end it with all its processes if it takes too long."""
        process = subprocess.Popen(
            [str(self.folder / "pulumi"), *arguments, "--non-interactive", "--color", "never"],
            cwd=folder,
            env=self.environment(backend) | dict(env or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        try:
            stdout, stderr = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            raise EngineError(f"pulumi {arguments[0]} took over {timeout:.0f} s") from None
        finally:
            if process.poll() is None:
                _kill_with_all_it_started(process.pid)
                process.communicate()
        return Result(process.returncode, stdout, stderr)

    @cached_property
    def _new_stack(self) -> tuple[str, str]:
        """The settings file and the state of a new stack: made once, `stack init` costs 0.6 s."""
        folder = Path(tempfile.mkdtemp(prefix="template-", dir=self.home))
        backend = folder / "backend"
        backend.mkdir()
        (folder / "Pulumi.yaml").write_text("name: template\nruntime: python\n")
        provider = ["--secrets-provider", KeyServer.PROVIDER]
        result = self.call(folder, backend, ["stack", "init", STACK, *provider])
        if result.returncode != 0:
            raise EngineError(f"no stack could be made: {result.output}")
        state = backend / ".pulumi" / "stacks" / "template" / f"{STACK}.json"
        return (folder / f"Pulumi.{STACK}.yaml").read_text(), state.read_text()

    def stack(self, folder: Path, program: str, *, project: str = "test") -> Stack:
        """Return a new, empty stack in a folder, with a program."""
        return self.stack_of(Stack, folder, program, project=project)

    def stack_of(
        self, kind: type[AnyStack], folder: Path, program: str, *, project: str = "test"
    ) -> AnyStack:
        """Return a new, empty stack of a kind."""
        settings, state = self._new_stack
        stack = kind(self, folder, project)
        stack.state_file.parent.mkdir(parents=True)
        stack.state_file.write_text(state.replace("/template/", f"/{project}/"))
        (stack.backend / ".pulumi" / "meta.yaml").write_text("version: 1\n")
        stack.settings_file.write_text(settings)
        stack.program(program)
        return stack


@dataclass(frozen=True)
class Stack:
    """A stack in a folder of its own.

    Every call that changes something skips the preview pass unless asked for (`preview=True`), so
    the provider runs once; `env` is added to the environment; `expect_failure` turns the check of
    the exit code around. Values given as secrets, and `OLT_` variables that hold credentials, are
    masked in the errors that a failing test shows.
    """

    engine: Engine
    folder: Path
    project: str = "test"
    env: dict[str, str] = field(default_factory=dict, repr=False)
    _secrets: set[str] = field(default_factory=set, repr=False)

    connections: ClassVar[int] = 4
    """The largest number of connections of a provider process."""
    process: ClassVar[str] = "-m pulumi.dynamic"
    """A part of the command line of the provider process."""

    @property
    def backend(self) -> Path:
        return self.folder / ".backend"

    @property
    def state_file(self) -> Path:
        return self.backend / ".pulumi" / "stacks" / self.project / f"{STACK}.json"

    @property
    def settings_file(self) -> Path:
        return self.folder / f"Pulumi.{STACK}.yaml"

    def program(self, source: str) -> None:
        """Write the program, in place of the one before."""
        (self.folder / "__main__.py").write_text(source, encoding="utf-8")
        (self.folder / "Pulumi.yaml").write_text(f"name: {self.project}\nruntime: python\n")

    def config(self, key: str, value: str, *, secret: bool = False, path: bool = False) -> None:
        """Set a configuration value; without a path it is written to the file: no CLI call."""
        self._secrets.update([value] if secret else [])
        settings = yaml.safe_load(self.settings_file.read_text()) or {}
        encrypted_key = settings.get("encryptedkey", "")
        if path or (secret and not self.engine.keys.holds(encrypted_key)):
            flags = ["--secret"] if secret else ["--plaintext"]
            self.run("config", "set", *flags, *(["--path"] if path else []), key, stdin=value)
            return
        name = key if ":" in key else f"{self.project}:{key}"
        if secret:
            written: object = {"secure": encrypt(self.engine.keys.key(encrypted_key), value)}
        else:
            written = value
        settings.setdefault("config", {})[name] = written
        self.settings_file.write_text(yaml.safe_dump(settings))

    def unset(self, key: str) -> None:
        """Remove a configuration value, plain or secret."""
        settings = yaml.safe_load(self.settings_file.read_text()) or {}
        del settings["config"][key if ":" in key else f"{self.project}:{key}"]
        self.settings_file.write_text(yaml.safe_dump(settings))

    def up(self, *arguments: str, preview: bool = False, **options: Any) -> Result:
        """Deploy the program."""
        return self._change("up", *arguments, preview=preview, **options)

    def refresh(self, *arguments: str, preview: bool = False, **options: Any) -> Result:
        """Read every resource again."""
        return self._change("refresh", *arguments, preview=preview, **options)

    def destroy(self, *arguments: str, preview: bool = False, **options: Any) -> Result:
        """Delete every resource."""
        return self._change("destroy", *arguments, preview=preview, **options)

    def preview(self, *arguments: str, **options: Any) -> Result:
        """Run a preview."""
        return self.run("preview", *arguments, **options)

    def preview_json(self, *arguments: str, **options: Any) -> dict[str, Any]:
        """Return a preview as the CLI prints it in JSON: `steps`, `changeSummary` and more."""
        found = json.loads(self.run("preview", "--json", *arguments, **options).stdout)
        assert isinstance(found, dict)
        return found

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs, secrets in plain text."""
        stacks = [each for each in self._decrypted() if each["type"] == "pulumi:pulumi:Stack"]
        outputs = stacks[0].get("outputs", {}) if stacks else {}
        return {
            name: with_secrets(each, lambda secret: json.loads(secret["plaintext"]))
            for name, each in outputs.items()
        }

    @staticmethod
    def name_of(name: str) -> str:
        """Return the name of a property in previews."""
        return name

    def text(self, text: str) -> str:
        """Return a part of a message in the form of the provider."""
        return text

    def urn(self, kind: str, name: str) -> str:
        """Return the URN of a resource of a class of the Python package."""
        return f"urn:pulumi:{STACK}::{self.project}::pulumi-python:dynamic/olt:{kind}::{name}"

    def read(self, resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return resources of a state in the form of the tests."""
        return resources

    def state(self) -> dict[str, Any]:
        """Return the stored state, with encrypted secrets."""
        latest = json.loads(self.state_file.read_text())["checkpoint"]["latest"]
        assert isinstance(latest, dict)
        return latest

    def resources(self) -> list[dict[str, Any]]:
        """Return all resources in the state, the stack and the providers included."""
        return self.read(list(self.state().get("resources", [])))

    def exported(self) -> list[dict[str, Any]]:
        """Return all resources in the state, secrets in plain text."""
        return self.read(self._decrypted())

    def _decrypted(self) -> list[dict[str, Any]]:
        """Return the resources of `pulumi stack export --show-secrets`, by itself if it can."""
        compressed = self.state_file.with_suffix(".json.gz").exists()
        latest = {} if compressed else self.state()
        provider = latest.get("secrets_providers", {}).get("state", {})
        encrypted_key = provider.get("encryptedkey", "")
        if self.engine.keys.holds(encrypted_key):
            key, marks = self.engine.keys.key(encrypted_key), {SIGNATURE: SECRET}
            found = with_secrets(
                latest.get("resources", []), lambda each: {**marks, "plaintext": decrypt(key, each)}
            )
        else:
            exported = json.loads(self.run("stack", "export", "--show-secrets").stdout)
            found = exported["deployment"].get("resources", [])
        assert isinstance(found, list)
        return found

    def resource(self, name: str) -> dict[str, Any]:
        """Return the one resource in the state with this name."""
        resources = self.resources()
        found = [each for each in resources if each["urn"].rsplit("::", 1)[1] == name]
        urns = [each["urn"] for each in resources]
        assert len(found) == 1, f"{len(found)} resources called {name!r} in {urns}"
        return found[0]

    def _change(self, command: str, *arguments: str, preview: bool, **options: Any) -> Result:
        skip = [] if preview else ["--skip-preview"]
        return self.run(command, "--yes", *skip, *arguments, **options)

    def run(
        self,
        command: str,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
        expect_failure: bool = False,
        timeout: float = TIMEOUT,
    ) -> Result:
        """Run any CLI command on this stack, and check its exit code."""
        added = {**self.env, **(env or {})}
        result = self.engine.call(
            self.folder,
            self.backend,
            [command, *arguments, "--stack", STACK],
            env=added,
            stdin=stdin,
            timeout=timeout,
        )
        if (result.returncode != 0) is not expect_failure:
            shown = self._masked(result.output, added)[-OUTPUT_SHOWN:]
            raise EngineError(f"pulumi {command}: exit code {result.returncode}\n{shown}")
        return result

    def _masked(self, text: str, env: Mapping[str, str]) -> str:
        secret = ("_TOKEN", "_TOKENS", "_SECRET")
        held = {value for key, value in env.items() if key.endswith(secret)} | self._secrets
        for value in sorted(filter(None, held), key=len, reverse=True):
            text = text.replace(value, "[secret]")
        return text


def _kill_with_all_it_started(pid: int) -> None:
    """End a CLI and its plugins, which it puts in process groups of their own."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], check=True, capture_output=True)
    pairs = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    doomed = [pid]
    for each in doomed:
        doomed += [child for child, parent in pairs if parent == each]
    for each in doomed:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
