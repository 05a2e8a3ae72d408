from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli

from olt_provider import OltApplication, OltBackgroundApplication, OltInstallation, Provider
from olt_provider._version import __version__
from olt_provider.native import names, schema
from tests.native import plugin
from tools.workspace import ROOT

SCHEMA: dict[str, Any] = json.loads(schema.FILE.read_text("utf-8"))
NOT_INPUTS = {"self", "resource_name", "opts", "providers", "install"}


def test_kept_schema_is_the_one_that_is_derived() -> None:
    assert schema.FILE.read_text("utf-8") == schema.written(), "run `make schema`"


def test_plugin_returns_the_schema_with_its_version() -> None:
    with plugin.running() as running:
        returned = json.loads(running.call("GetSchema").schema)
    returned.pop("pluginDownloadURL", None)  # where a pipeline installed the package
    assert returned == {**SCHEMA, "version": __version__}
    assert "pluginDownloadURL" not in SCHEMA


@pytest.mark.parametrize(
    ("repository", "url"),
    [
        ("https://github.com/a-team/a-repository", "github://api.github.com/a-team/a-repository"),
        (
            "https://git.example.com/a-team/a-repository",
            f"https://git.example.com/a-team/a-repository/releases/download/v{__version__}",
        ),
    ],
)
def test_schema_of_a_release_names_where_its_tarballs_are(repository: str, url: str) -> None:
    found = json.loads(schema.stored(repository))
    assert found == {**SCHEMA, "version": __version__, "pluginDownloadURL": url}


@pytest.mark.parametrize(
    ("described", "python"),
    [
        (SCHEMA["resources"][names.APPLICATION], OltApplication),
        (SCHEMA["resources"][names.INSTALLATION], OltInstallation),
        (SCHEMA["resources"][names.BACKGROUND_APPLICATION], OltBackgroundApplication),
        (SCHEMA["provider"], Provider),
    ],
)
def test_inputs_are_those_of_the_python_form(described: dict[str, Any], python: Any) -> None:
    parameters = inspect.signature(python.__init__).parameters.keys() - NOT_INPUTS
    assert set(described["inputProperties"]) == {names.camel(name) for name in parameters}


@pytest.mark.parametrize(
    ("token", "python"),
    [(names.APPLICATION, OltApplication), (names.INSTALLATION, OltInstallation)],
)
def test_outputs_are_those_of_the_python_form(token: str, python: Any) -> None:
    outputs = {names.camel(name) for name in python.__annotations__}
    assert set(SCHEMA["resources"][token]["properties"]) == outputs


def described_properties(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key in {"inputProperties", "properties", "variables"} and isinstance(each, dict):
                yield from each.items()
            yield from described_properties(each)
    if isinstance(value, list):
        for each in value:
            yield from described_properties(each)


def test_every_secret_is_marked_and_nothing_names_python() -> None:
    secret = {"clientSecret", "apiToken", "tenantTokens", "refreshToken"}
    for name, each in described_properties(SCHEMA):
        assert each.get("secret", False) is (name in secret), name
        for python in ("``", "_", "False", "True", "None", "AllowedTenantArgs", "`Olt"):
            text = each.get("description", "").replace("applications_development", "")
            assert python not in text, (name, text)


def test_generated_python_sdk_takes_no_name_of_this_package() -> None:
    """A distribution of the same name would replace this package in the same environment."""
    settings = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    added = {Path(each).parts[0] for each in wheel["force-include"].values()}
    name = SCHEMA["language"]["python"]["packageName"]
    assert name not in {*wheel["packages"], *added}
    assert name.replace("_", "-") != settings["project"]["name"]


def test_resources_have_the_aliases_of_the_dynamic_form() -> None:
    for token, alias in names.ALIASES.items():
        assert SCHEMA["resources"][token]["aliases"] == [{"type": alias}]


def test_only_what_replaces_is_marked_as_replacing() -> None:
    replacing = {
        token: {
            name
            for name, each in SCHEMA["resources"][token]["inputProperties"].items()
            if each.get("replaceOnChanges")
        }
        for token in (names.APPLICATION, names.INSTALLATION)
    }
    assert replacing == {
        names.APPLICATION: {"tenantId"},
        names.INSTALLATION: {"applicationId", "tenantId"},
    }
