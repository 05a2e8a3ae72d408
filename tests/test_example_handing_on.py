"""examples/handing_on: type-checked with the real packages, and run with the engine's mocks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, Final

import pytest

from tools.environment import RECIPES, fill_wheelhouse
from tools.workspace import ROOT, whole_folder

# `make check` downloads no packages of others.
pytestmark = pytest.mark.slow
EXAMPLE: Final = ROOT / "examples" / "handing_on"
RECIPIENTS: Final = {
    "kubernetes": (
        "kubernetes:core/v1:Secret",
        {"OLT_CLIENT_ID": "a-client", "OLT_CLIENT_SECRET": "a-secret"},
        "stringData",
    ),
    "vault": (
        "vault:kv/secretV2:SecretV2",
        '{"client_id": "a-client", "client_secret": "a-secret"}',
        "dataJson",
    ),
    "github": ("github:index/actionsSecret:ActionsSecret", "a-secret", "value"),
}
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""The key with which the engine's protocol marks values."""
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"
MYPY: Final = ("-m", "mypy", "--config-file", str(ROOT / "tests" / "types" / "recipients.ini"))
WRONG: Final = {
    "kubernetes": ("Secret", r"string_data=\{.*?\}", "string_data=7"),
    "vault": ("SecretV2", r"data_json=.*?\n    \)", "data_json=7"),
    "github": ("ActionsSecret", r"value=application\.client_secret", "value=7"),
}
"""Each recipient's class, and what makes a wrong argument of a right one."""
RUN: Final = """
import json, runpy, sys
import pulumi
from pulumi.runtime import mocks

found = []

class Mocks(mocks.Mocks):
    def new_resource(self, args):
        found.append([args.typ, args.name, args.inputs])
        if args.typ == "pulumi-python:dynamic/olt:OltApplication":
            return "an-id", {**args.inputs, "client_id": "a-client", "client_secret": "a-secret"}
        return args.name + "-id", args.inputs

    def call(self, args):
        return {}

pulumi.runtime.set_mocks(Mocks(), project="shop", stack="prod")
pulumi.runtime.set_all_config({"olt:tenantId": "a0000000-0000-4000-8000-00000000000a"})
pulumi.runtime.test(lambda: runpy.run_path(sys.argv[1]) and None)()
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def packages() -> Path:
    """The recipients' packages, unpacked from their wheels once, and mypy's cache of them."""
    wheels = fill_wheelhouse(RECIPES)
    folder = ROOT / "build" / "recipients" / wheels.name
    if not folder.is_dir():
        with whole_folder(folder) as unpacked:
            for wheel in sorted(wheels.glob("*.whl")):
                with zipfile.ZipFile(wheel) as archive:
                    archive.extractall(unpacked)
    return folder


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_recipient_gets_the_client_secret(packages: Path, recipient: str) -> None:
    done = _python(packages, "-c", RUN, str(EXAMPLE / f"{recipient}.py"))
    found: list[tuple[str, str, dict[str, Any]]] = json.loads(done.stdout.splitlines()[-1])
    type_, value, key = RECIPIENTS[recipient]
    (inputs,) = (inputs for each, _, inputs in found if each == type_)
    assert _revealed(inputs[key]) == value
    assert "a-secret" not in json.dumps(_public(inputs)), "it is passed on as a secret"


@pytest.mark.timeout(300)
def test_recipes_are_typed(packages: Path) -> None:
    files = sorted(str(file) for file in EXAMPLE.glob("*.py"))
    assert {Path(file).stem for file in files} == set(RECIPIENTS)
    _python(packages, *MYPY, *files)


def test_recipes_that_pass_a_wrong_type_are_refused(packages: Path, tmp_path: Path) -> None:
    for recipient, (_, right, wrong) in WRONG.items():
        source, changed = re.subn(
            right, wrong, (EXAMPLE / f"{recipient}.py").read_text(), flags=re.DOTALL
        )
        assert changed == 1
        (tmp_path / f"wrong_{recipient}.py").write_text(source)
    done = _python(packages, *MYPY, *map(str, tmp_path.glob("*.py")), code=1)
    reported = re.findall(r'wrong_(\w+)\.py:.* No overload variant of "(\w+)"', done.stdout)
    assert dict(reported) == {recipient: name for recipient, (name, _, _) in WRONG.items()}
    assert "Found 3 errors in 3 files" in done.stdout


def _is_secret(value: Any) -> bool:
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET


def _revealed(value: Any) -> Any:
    """The value without the markers of secrets."""
    if _is_secret(value):
        return _revealed(value["value"])
    return {k: _revealed(v) for k, v in value.items()} if isinstance(value, dict) else value


def _public(value: Any) -> Any:
    """The value without what is marked as a secret."""
    if _is_secret(value):
        return None
    return {k: _public(v) for k, v in value.items()} if isinstance(value, dict) else value


def _python(packages: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(packages), str(ROOT)))
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": path, "MYPYPATH": str(packages)},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
        cwd=packages,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done
