"""The programs in Go and TypeScript compile against the SDKs that Pulumi's generators make."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from olt_provider.native import schema
from tools.workspace import ROOT

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

MODULE: Final = ROOT / "tools" / "engine-sdk"
EXAMPLES: Final = ROOT / "examples" / "native"
FLAGS: Final = ("-buildvcs=false", "-trimpath")
"""Those of the engine's build, whose cache is used."""
SDK: Final = "example.com/pulumi-olt/sdk/go"


def run(command: Sequence[str | Path], cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[:3]}: {(done.stdout + done.stderr)[-4000:]}"
    return done.stdout


def generated(language: str, folder: Path) -> Path:
    """The SDK of a language, where `pulumi package add` puts it in a project."""
    kept = folder / "schema.json"
    kept.write_text(schema.stored())
    sdk = folder / "sdks" / "olt"
    run(["go", "run", "-mod=readonly", *FLAGS, ".", language, kept, sdk], MODULE)
    return sdk


def example(language: str, folder: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES / language, folder, dirs_exist_ok=True))


def test_go_program_compiles_against_its_sdk(tmp_path: Path) -> None:
    """The module of the generator has the versions of all that the SDK needs."""
    project = example("go", tmp_path)
    sdk = generated("go", project)
    assert (sdk / "go.mod").read_text().startswith(f"module {SDK}\n")
    pinned = (MODULE / "go.mod").read_text()
    (module,) = re.findall(r"^module .*$", (project / "go.mod").read_text(), re.MULTILINE)
    requirements = re.sub(r"^module .*$", "", pinned, flags=re.MULTILINE)
    (project / "go.mod").write_text(
        f"{module}\n{requirements}\nrequire {SDK} v0.0.0\nreplace {SDK} => ./sdks/olt\n"
    )
    shutil.copyfile(MODULE / "go.sum", project / "go.sum")
    run(["go", "vet", "-mod=mod", *FLAGS, "./..."], project)
    run(["go", "build", "-mod=mod", *FLAGS, "-o", tmp_path / "readers", "."], project)


def test_typescript_program_compiles_against_its_sdk(tmp_path: Path) -> None:
    project = example("typescript", tmp_path)
    sdk = generated("nodejs", project)
    manifest: dict[str, Any] = json.loads((project / "package.json").read_text())
    versions = {**manifest["dependencies"], **manifest["devDependencies"]}
    wanted = [f"{name}@{version}" for name, version in versions.items()]
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--package-lock=false"]
    run(["npm", "install", *quiet, *wanted], project)
    scope = project / "node_modules" / "@pulumi"
    (scope / "olt").symlink_to(sdk)
    run([project / "node_modules" / ".bin" / "tsc", "--noEmit", "-p", project], project)
