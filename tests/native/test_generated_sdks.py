"""Programs in Go, TypeScript and Python with the SDKs of the generators: types, deployment."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from olt_provider.emulator import TENANT_A, Emulator
from olt_provider.native import schema
from tests.engine.harness import Engine, Stack
from tests.engine.olt import reaching
from tests.native.stacks import ExampleStack, NativeStack, new_example_stack, new_native_stack
from tools.workspace import ROOT

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

MODULE: Final = ROOT / "tools" / "engine-sdk"
FLAGS: Final = ("-buildvcs=false", "-trimpath")
"""Those of the engine's build, whose cache is used."""
SDK: Final = "example.com/pulumi-olt/sdk/go"
GO_SETTINGS: Final = ("GOCACHE", "GOMODCACHE")
"""What is under the home folder, of which the engine has another."""
PYTHON_PROGRAM: Final = f"""
import pulumi
import pulumi_olt_sdk as olt

app = olt.Application("readers", name="Readers", allowed_tenants={{{TENANT_A!r}: "the owner"}})
installation = olt.Installation("readers", application_id=app.id)
pulumi.export("tenantId", installation.tenant_id)
pulumi.export("clientId", app.client_id)
pulumi.export("clientSecret", app.client_secret)
"""


def run(command: Sequence[str | Path], cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[:3]}: {(done.stdout + done.stderr)[-4000:]}"
    return done.stdout


def generate(language: str, folder: Path) -> Path:
    """Write the SDK of a language where `pulumi package add` puts it in a project."""
    kept = folder / "schema.json"
    kept.write_text(schema.stored())
    sdk = folder / "sdks" / "olt"
    run(["go", "run", "-mod=readonly", *FLAGS, ".", language, kept, sdk], MODULE)
    return sdk


@pytest.fixture(scope="module")
def go(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> ExampleStack:
    """The module of the generator has the versions of all that the SDK needs."""
    stack = new_example_stack(engine, tmp_path_factory.mktemp("go"), "go", "go")
    sdk = generate("go", stack.folder)
    assert (sdk / "go.mod").read_text().startswith(f"module {SDK}\n")
    manifest = stack.folder / "go.mod"
    pinned = (MODULE / "go.mod").read_text()
    (module,) = re.findall(r"^module .*$", manifest.read_text(), re.MULTILINE)
    requirements = re.sub(r"^module .*$", "", pinned, flags=re.MULTILINE)
    manifest.write_text(
        f"{module}\n{requirements}\nrequire {SDK} v0.0.0\nreplace {SDK} => ./sdks/olt\n"
    )
    shutil.copyfile(MODULE / "go.sum", stack.folder / "go.sum")
    run(["go", "vet", "-mod=mod", *FLAGS, "./..."], stack.folder)
    settings = json.loads(run(["go", "env", "-json", *GO_SETTINGS], stack.folder))
    stack.env.update(settings | {"GOFLAGS": " ".join(FLAGS), "GOPROXY": "off"})
    return stack


@pytest.fixture(scope="module")
def typescript(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> ExampleStack:
    folder = tmp_path_factory.mktemp("typescript")
    stack = new_example_stack(engine, folder, "typescript", "nodejs")
    generate("nodejs", folder)
    quiet = ["--no-audit", "--no-fund", "--package-lock=false"]
    run(["npm", "install", *quiet, "@pulumi/olt@file:sdks/olt"], folder)
    return stack


@pytest.fixture(scope="module")
def python(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> NativeStack:
    """The SDK is installed beside the program, in the environment of this package."""
    folder = tmp_path_factory.mktemp("python")
    stack = new_native_stack(engine, folder, PYTHON_PROGRAM)
    sdk = generate("python", folder)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    run([*pip, str(sdk), "parver"], folder)  # what the SDK requires and this package does not
    return stack


def test_python_sdk_replaces_nothing_of_this_package(python: NativeStack) -> None:
    installed = {each.name.partition("-")[0] for each in python.folder.iterdir()}
    assert "pulumi_olt_sdk" in installed
    assert installed & {"olt_provider", "pulumi_olt"} == set()


def test_go_program_compiles_against_its_sdk(go: ExampleStack) -> None:
    run(["go", "build", *FLAGS, "-o", go.folder / "readers", "."], go.folder)


def test_types_of_typescript_program_fit_its_sdk(typescript: ExampleStack) -> None:
    folder = typescript.folder
    run([folder / "node_modules" / ".bin" / "tsc", "--noEmit", "-p", folder], folder)


@pytest.fixture(params=["go", "typescript", "python"])
def program(request: pytest.FixtureRequest) -> Stack:
    stack: Stack = request.getfixturevalue(request.param)
    return stack


def test_program_from_registration_to_deletion(program: Stack) -> None:
    with Emulator.start() as emulator:
        program.env.update(reaching(emulator, emulator.token(TENANT_A)))
        program.preview()
        assert emulator.platform.applications(TENANT_A) == []
        program.up()
        outputs = program.outputs()
        assert outputs["tenantId"] == TENANT_A
        secret = outputs["clientSecret"]
        assert emulator.platform.secret_is_valid(outputs["clientId"], secret)
        assert secret not in program.state_file.read_text()
        shown = json.loads(program.run("stack", "output", "--json").stdout)
        assert shown["clientSecret"] == "[secret]"
        assert program.preview_json()["changeSummary"] == {"same": 3}
        program.destroy()
        assert emulator.platform.applications(TENANT_A) == []
