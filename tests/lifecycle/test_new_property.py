"""The new property of the contributors' page works everywhere with the page's diff alone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tools.workspace import ROOT

PAGE: Final = ROOT / "docs" / "contributing.md"
OWNER: Final = "11111111-1111-4111-8111-111111111111"
USE: Final = f"""
import json
from olt_provider.application import ApplicationProvider
from olt_provider.cli.adopt.discovery import declared
from olt_provider.api.applications import Application
from olt_provider.dynamic import host
from olt_provider.emulator import Emulator
from olt_provider.native.schema import schema

with Emulator.start({{"tenants": [{{"id": {OWNER!r}, "name": "Owner"}}]}}) as emulator:
    environ = {{
        "OLT_API_URL": emulator.api_url,
        "OLT_IDENTITY_URL": emulator.identity_url,
        "OLT_API_TOKEN": emulator.token({OWNER!r}),
    }}
    provider = ApplicationProvider()
    provider.context = host.shared_context(lambda key: None, environ, warn=print)
    found = {{}}

    def held():
        return emulator.platform.application(made.id).get("supportEmail")

    def use(inputs, outputs, **news):
        checked = provider.check({{**inputs, "__provider": ""}}, {{"name": "x", **news}}).inputs
        changes = provider.diff(made.id, {{**outputs, "__provider": ""}}, checked).changes
        return checked, changes, provider.update(made.id, outputs, checked).outs

    refused = provider.check({{}}, {{"name": "x", "support_email": 7}}).failures
    found["refused"] = [each.reason for each in refused]
    inputs = provider.check({{}}, {{"name": "x", "support_email": "a@example.com"}}).inputs
    made = provider.create(inputs)
    found["created"] = [inputs["support_email"], made.outs["support_email"], held()]
    application = Application.model_validate(emulator.platform.application(made.id))
    found["adopted"] = declared(application)["support_email"]
    emulator.platform.patch(made.id, supportEmail="b@example.com")
    read = provider.read(made.id, made.outs)
    found["drift"] = [read.inputs["support_email"], read.outs["support_email"]]
    inputs, changes, outs = use(read.inputs, read.outs, support_email="a@example.com")
    found["reconciled"] = [changes is not False, outs["support_email"], held()]
    inputs, changes, outs = use(inputs, outs)
    found["withdrawn"] = [inputs["support_email"], outs["support_email"], held()]
    inputs, changes, outs = use({{"name": "x"}}, outs)
    found["unchanged"] = [changes, "support_email" in inputs]
    native = schema()["resources"]["olt:index:Application"]
    found["schema"] = [
        native[each]["supportEmail"]["description"] for each in ("inputProperties", "properties")
    ]
    print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a copy of the package with the diff of the page does with the new property."""
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(
        ROOT / "olt_provider", copy / "olt_provider", ignore=shutil.ignore_patterns("__pycache__")
    )
    (diff,) = re.findall(r"```diff\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    _run(["git", "apply", "-"], copy, diff)
    return dict(json.loads(_run([sys.executable, "-c", USE], copy).splitlines()[-1]))


def _run(command: list[str], folder: Path, given: str = "") -> str:
    done = subprocess.run(
        command, input=given, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("refused", ["support_email: must be text, but is a int"]),
        ("created", ["a@example.com"] * 3),
        ("adopted", "a@example.com"),
        ("drift", ["b@example.com"] * 2),
        ("reconciled", [True, "a@example.com", "a@example.com"]),
        ("withdrawn", ["", "", ""]),
        ("unchanged", [False, False]),
        ("schema", ["Where its users get help. Default: none."] * 2),
    ],
)
def test_property_of_the_page_works_after_its_diff(
    found: dict[str, Any], what: str, expected: object
) -> None:
    assert found[what] == expected
