"""One provider's project in one round: a stack and a tenant of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks import state
from benchmarks.platform import ServedPlatform
from benchmarks.results import NATIVE, Case, Measured
from benchmarks.running import StepError, timed

PROGRAMS: Final = Path(__file__).parent / "providers"
PROJECT: Final = "benchmark"
STACK: Final = "dev"
FIRST, SECOND = "First", "Second"
COMMANDS: Final = {
    "create": ("up", "--yes", "--skip-preview"),
    "preview": ("preview", "--expect-no-changes"),
    "refresh": ("refresh", "--yes", "--skip-preview"),
    "rename": ("up", "--yes", "--skip-preview"),
    "destroy": ("destroy", "--yes", "--skip-preview"),
}
PREPARE_SECONDS: Final = 120
PLUGINS: Final = f"plugins: {{providers: [{{name: olt, path: {Path(sys.executable).parent}}}]}}\n"
"""The entry of a project with the native plugin of this Python."""


@dataclass(frozen=True)
class Ground:
    """The environment that all projects of a case share."""

    case: Case
    platform: ServedPlatform
    environment: Mapping[str, str]


class Project:
    """A stack and the program of a provider; both are created on first use."""

    def __init__(self, folder: Path, provider: str, ground: Ground) -> None:
        self._folder, self._provider = folder, provider
        self._case, self._platform = ground.case, ground.platform
        self._environment = {
            **ground.environment,
            "PULUMI_BACKEND_URL": (folder / ".backend").as_uri(),
            "BENCH_APPLICATIONS": str(ground.case.applications),
        }
        self._token = ""

    def _make(self) -> None:
        tenant_id, self._token = self._platform.tenant()
        program = PROGRAMS / self._provider
        shutil.copytree(program, self._folder, ignore=shutil.ignore_patterns("__pycache__"))
        (self._folder / ".backend").mkdir()
        plugins = PLUGINS if self._provider == NATIVE else ""
        (self._folder / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n{plugins}")
        self._configure(tenant_id)

    def _configure(self, tenant_id: str) -> None:
        """Set the same configuration for all providers: the engine needs time to read it."""
        self._prepare("stack", "init", STACK)
        settings = {
            "apiUrl": self._platform.api_url,
            "identityUrl": self._platform.api_url,
            "tenantId": tenant_id,
        }
        if self._platform.authority:
            settings["caBundle"] = str(self._platform.authority)
        lines = [f"  olt:{key}: {json.dumps(value)}\n" for key, value in settings.items()]
        with (self._folder / f"Pulumi.{STACK}.yaml").open("a", encoding="utf-8") as file:
            file.write("config:\n" + "".join(lines))
        self._prepare("config", "set", "--secret", "olt:apiToken", stdin=self._token)

    def _prepare(self, *arguments: str, stdin: str = "") -> None:
        what = f"pulumi {' '.join(arguments[:2])}"
        try:
            done = subprocess.run(
                self._command(*arguments),
                cwd=self._folder,
                env=self._environment,
                input=stdin,
                capture_output=True,
                text=True,
                timeout=PREPARE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise StepError(f"{what}: not done after {PREPARE_SECONDS} s") from None
        if done.returncode != 0:
            output = " / ".join((done.stderr or done.stdout).strip().splitlines()[-3:])
            raise StepError(self._masked(f"{what}: {output}"))

    def _command(self, *arguments: str) -> list[str]:
        options = ("--non-interactive", "--color", "never")
        stack = () if arguments[:2] == ("stack", "init") else ("--stack", STACK)
        return ["pulumi", *arguments, *stack, *options]

    def measure(self, operation: str) -> Measured:
        """Run an operation, and check its outcome. Raises ``StepError``."""
        if not self._folder.exists():
            self._make()
        name = SECOND if operation == "rename" else FIRST
        self._platform.forget()
        try:
            seconds, host = timed(
                self._command(*COMMANDS[operation], *self._parallel()),
                self._folder,
                {**self._environment, "BENCH_NAME": name},
            )
        except StepError as error:
            raise StepError(self._masked(str(error))) from None
        calls, connections, refused = self._platform.counted()
        if refused:
            raise StepError(f"the platform refused {refused} calls")
        resources = self._resources()
        self._check(operation, name, resources)
        return Measured(
            seconds=round(seconds, 4),
            calls=calls,
            connections=connections,
            host_peak_bytes=host.peak_bytes,
            host_cpu_seconds=host.cpu_seconds,
            state=state.size(resources),
        )

    def _parallel(self) -> tuple[str, ...]:
        return ("--parallel", str(self._case.parallel)) if self._case.parallel else ()

    def _check(self, operation: str, name: str, resources: list[Mapping[str, Any]]) -> None:
        """Check the outcome, because a figure of a failed operation would be misleading."""
        found = state.of_the_benchmark(resources)
        expected = 0 if operation == "destroy" else 2 * self._case.applications
        if len(found) != expected:
            raise StepError(f"{len(found)} resources in the state instead of {expected}")
        named = [each for each in found if str(each["outputs"].get("name")).startswith(f"{name} ")]
        if len(named) != expected // 2:
            raise StepError(
                f"{len(named)} applications are named {name} instead of {expected // 2}"
            )

    def _resources(self) -> list[Mapping[str, Any]]:
        file = self._folder / ".backend" / ".pulumi" / "stacks" / PROJECT / f"{STACK}.json"
        latest = json.loads(file.read_text(encoding="utf-8"))["checkpoint"]["latest"]
        return list((latest or {}).get("resources") or [])

    def _masked(self, text: str) -> str:
        return text.replace(self._token, "[secret]")
