"""The bill of materials of a release: valid, complete, and with run-time dependencies only."""

from __future__ import annotations

import hashlib
import json
import re
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement

from tools.environment import LOCK
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


def parts(bom: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in bom["components"]}


def test_every_direct_need_is_in_it_as_such_those_of_extras_too(bom: dict[str, Any]) -> None:
    declared = {Requirement(line).name for line in requires(PACKAGE) or ()} - {PACKAGE}
    purl = bom["metadata"]["component"]["bom-ref"]
    (mine,) = (each for each in bom["dependencies"] if each["ref"] == purl)
    assert {
        ref.removeprefix("pkg:pypi/").partition("@")[0] for ref in mine["dependsOn"]
    } == declared


def test_needs_of_needs_are_in_it_with_their_versions(bom: dict[str, Any]) -> None:
    for name in ("urllib3", "grpcio", "starlette", "cryptography", "cffi", "rich"):
        assert parts(bom)[name]["version"] == version(name)


def test_what_only_an_extra_needs_is_optional(bom: dict[str, Any]) -> None:
    scopes = {name: each["scope"] for name, each in parts(bom).items()}
    assert {scopes[name] for name in ("requests", "urllib3", "pydantic", "grpcio")} == {"required"}
    assert {scopes[name] for name in ("fastapi", "starlette", "typer", "cffi")} == {"optional"}


def test_what_only_developers_need_is_not_in_it(bom: dict[str, Any]) -> None:
    assert parts(bom).keys() & {"pytest", "mypy", "ruff", "cyclonedx-python-lib"} == set()


def test_every_part_has_the_hashes_of_the_lock(bom: dict[str, Any]) -> None:
    lock = LOCK.read_text()
    for name, each in parts(bom).items():
        hashes = {found["content"] for found in each["hashes"] if found["alg"] == "SHA-256"}
        assert hashes, name
        block = lock.partition(f"\n{name}=={each['version']} ")[2].partition("    # via")[0]
        assert hashes == set(re.findall(r"sha256:([0-9a-f]{64})", block)), name


def test_the_distributions_of_the_release_are_in_it_with_their_hashes(tmp_path: Path) -> None:
    wheel, source = tmp_path / "a.whl", tmp_path / "a.tar.gz"
    wheel.write_bytes(b"wheel")
    source.write_bytes(b"source")
    file = tmp_path / "sbom.json"
    assert main([str(file), str(wheel), str(source)]) == 0
    root = json.loads(file.read_text())["metadata"]["component"]
    found = {each["content"] for each in root["hashes"]}
    assert found == {hashlib.sha256(content).hexdigest() for content in (b"wheel", b"source")}
