"""The metadata for the package index: absolute links, addresses and classifiers."""

from __future__ import annotations

import email
import json
import os
import re
import subprocess
import sys
import zipfile
from email.message import Message
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from olt_provider._version import __version__
from tools.workspace import ROOT

SERVER = "https://git.example.com"
KNOWN = {"GITHUB_SERVER_URL": SERVER, "GITHUB_REPOSITORY": "a-team/a-repository"}
TAGGED = KNOWN | {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1.2.3"}


def wheel(folder: Path, environment: dict[str, str]) -> Path:
    """A wheel that is built with these variables of a pipeline."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        env=env | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def metadata(folder: Path, environment: dict[str, str]) -> Message:
    """The metadata of such a wheel."""
    with zipfile.ZipFile(wheel(folder, environment)) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def targets(description: str) -> list[str]:
    """The targets of all links and images of a description."""
    tokens = MarkdownIt("commonmark").enable("table").parse(description)
    found = [child for token in tokens for child in token.children or []]
    attributes = {"link_open": "href", "image": "src"}
    return [
        str(token.attrs[attributes[token.type]]) for token in found if token.type in attributes
    ] + re.findall(r'(?:src|href)="([^"]*)"', description)


def description(built: Message) -> str:
    payload = built.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode("utf-8")


@pytest.mark.parametrize(("environment", "at"), [(KNOWN, "main"), (TAGGED, "v1.2.3")])
def test_wheel_of_a_known_repository_has_absolute_links_only(
    environment: dict[str, str], at: str, tmp_path: Path
) -> None:
    built = metadata(tmp_path, environment)
    found = targets(description(built))
    assert [each for each in found if not each.startswith("https://")] == []
    base = f"{SERVER}/a-team/a-repository"
    ours = [each for each in found if each.startswith(base)]
    for each in ours:
        path = re.fullmatch(rf"{base}/(raw|blob)/{re.escape(at)}/([^#]+)(#.*)?", each)
        assert path, each
        assert (ROOT / path[2]).is_file(), each
        assert (path[1] == "raw") == path[2].endswith(".svg"), each
    assert len(ours) == len(
        [
            each
            for each in targets((ROOT / "README.md").read_text("utf-8"))
            if not each.startswith("https://")
        ]
    )
    links = dict(each.split(", ") for each in built.get_all("Project-URL", []))
    assert links.keys() == {"Homepage", "Documentation", "Changelog", "Issues"}
    assert {each.startswith(base) for each in links.values()} == {True}


def test_wheel_of_an_unknown_repository_invents_no_address(tmp_path: Path) -> None:
    built = metadata(tmp_path, {})
    assert built.get_all("Project-URL") is None
    assert description(built) == (ROOT / "README.md").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "url"),
    [(KNOWN, f"{SERVER}/a-team/a-repository/releases/download/v{__version__}"), ({}, None)],
)
def test_schema_of_an_installed_wheel_names_the_repository_that_released_it(
    environment: dict[str, str], url: str | None, tmp_path: Path
) -> None:
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel(tmp_path, environment)) as archive:
        archive.extractall(installed)
    code = "from olt_provider.native import schema; print(schema.stored(schema.released_from()))"
    printed = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert json.loads(printed).get("pluginDownloadURL") == url


def test_metadata_names_authors_license_and_audience(tmp_path: Path) -> None:
    built = metadata(tmp_path, {})
    assert built["Author"]
    assert built["License-Expression"] == "Apache-2.0"
    assert built["Description-Content-Type"] == "text/markdown"
    classifiers = built.get_all("Classifier", [])
    assert {each.split(" :: ")[0] for each in classifiers} >= {"Intended Audience", "Topic"}
