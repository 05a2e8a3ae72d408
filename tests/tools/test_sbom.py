"""The bill of materials of a release: valid, complete, and of nothing but run-time needs."""

from __future__ import annotations

import json
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement

from tools.sbom import PACKAGE, SCHEMA, main


@pytest.fixture
def text(tmp_path: Path) -> str:
    file = tmp_path / "sbom.json"
    assert main([str(file)]) == 0
    return file.read_text()


@pytest.fixture
def bom(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def test_it_follows_the_schema(text: str) -> None:
    assert JsonStrictValidator(SCHEMA).validate_str(text) is None


def test_it_is_of_this_package(bom: dict[str, Any]) -> None:
    component = bom["metadata"]["component"]
    assert (component["name"], component["version"]) == (PACKAGE, version(PACKAGE))


def test_every_direct_need_is_in_it_as_such(bom: dict[str, Any]) -> None:
    declared = [Requirement(line) for line in requires(PACKAGE) or ()]
    direct = {each.name for each in declared if "extra" not in str(each.marker)}
    purl = bom["metadata"]["component"]["bom-ref"]
    (mine,) = (each for each in bom["dependencies"] if each["ref"] == purl)
    assert {ref.removeprefix("pkg:pypi/").partition("@")[0] for ref in mine["dependsOn"]} == direct


def test_needs_of_needs_are_in_it_with_their_versions(bom: dict[str, Any]) -> None:
    versions = {each["name"]: each["version"] for each in bom["components"]}
    assert versions["urllib3"] == version("urllib3")
    assert versions["grpcio"] == version("grpcio")


def test_what_only_extras_and_developers_need_is_not_in_it(bom: dict[str, Any]) -> None:
    names = {each["name"] for each in bom["components"]}
    assert names & {"pytest", "fastapi", "typer", "cryptography", "cyclonedx-python-lib"} == set()
