"""Stacks of the native form: programs in Python, and YAML projects."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.engine import olt
from tests.engine.harness import Engine, Stack
from tools import plugin as release
from tools.language_hosts import find_host
from tools.workspace import ROOT

EXAMPLES: Final = ROOT / "examples" / "native"


@dataclass(frozen=True)
class NativeStack(Stack):
    """A stack whose project names the plugin in the folder of the tests' Python."""

    def program(self, source: str) -> None:
        """Write the program, in place of the one before."""
        super().program(source)
        with (self.folder / "Pulumi.yaml").open("a") as project:
            project.write(f"plugins: {{providers: [{{name: olt, path: {self.engine.python}}}]}}\n")


def new_native_stack(engine: Engine, folder: Path, program: str) -> NativeStack:
    """A new, empty stack in a folder, with a program."""
    return engine.stack_of(NativeStack, folder, program)


def application(options: str = "", **declared: Any) -> str:
    """A program with one application; ``options`` is the source of its resource options."""
    return native(olt.application(options, **declared))


def installed(tenant_id: str, **declared: Any) -> str:
    """A program with one application and its installation in a tenant."""
    return native(olt.installed(tenant_id, **declared))


def native(program: str) -> str:
    """A program of the dynamic form as one of the native form: only the import differs."""
    return program.replace("from olt_provider import", "from olt_provider.native import")


@dataclass(frozen=True)
class YamlStack(Stack):
    """A stack whose project file holds its program, in YAML."""

    def program(self, source: str) -> None:
        """Write the project with its program, in place of the one before."""
        plugins = f"plugins: {{providers: [{{name: olt, path: {self.engine.python}}}]}}\n"
        (self.folder / "__main__.py").unlink(missing_ok=True)
        project = f"name: {self.project}\nruntime: yaml\n{plugins}{source}"
        (self.folder / "Pulumi.yaml").write_text(project, encoding="utf-8")


def new_yaml_stack(engine: Engine, folder: Path, program: str) -> YamlStack:
    """A new, empty stack in a folder, with a program in YAML."""
    made = engine.stack(folder, "")
    stack = YamlStack(engine, folder, made.project, hosting(engine, "yaml"))
    stack.program(program)
    return stack


@dataclass(frozen=True)
class ExampleStack(Stack):
    """A stack of an example's project, which looks for the plugin in ``.venv/bin``."""

    def program(self, source: str) -> None:
        """Copy an example of this name."""
        shutil.copytree(EXAMPLES / source, self.folder, dirs_exist_ok=True)
        (self.folder / ".venv").symlink_to(self.engine.python.parent)


def new_example_stack(engine: Engine, folder: Path, name: str, language: str) -> ExampleStack:
    """A new, empty stack of an example in a language."""
    stack = engine.stack_of(ExampleStack, folder, name, project="readers")
    stack.env.update(hosting(engine, language))
    return stack


def unpacked(folder: Path) -> Path:
    """Unpack the tarball of a release into a folder."""
    with tarfile.open(fileobj=io.BytesIO(release.tarball(release.contents()))) as archive:
        archive.extractall(folder, filter="data")
    return folder


def hosting(engine: Engine, language: str) -> dict[str, str]:
    """An environment whose PATH has the language host."""
    folders = (engine.python, engine.folder, find_host(language), os.environ["PATH"])
    return {"PATH": os.pathsep.join(map(str, folders))}
