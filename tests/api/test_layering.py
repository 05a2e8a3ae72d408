"""The API is usable alone: it contains no settings of a stack, no variables, and no Pulumi."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from olt_provider import api
from olt_provider.api import ConfigurationError, OltClient
from olt_provider.emulator import Emulator
from tests.api.samples import make_token
from tests.emulated import emulator, owner, shared_emulator

__all__ = ["emulator", "owner", "shared_emulator"]

MODULES = sorted(Path(str(api.__file__)).parent.glob("*.py"))
FOREIGN = ("olt:", "OLT_", "pulumi ")


def texts(module: Path) -> list[str]:
    tree = ast.parse(module.read_text("utf-8"))
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


@pytest.mark.parametrize("module", MODULES, ids=lambda each: each.stem)
def test_no_text_names_a_setting_a_variable_or_a_command(module: Path) -> None:
    assert [text for text in texts(module) if any(each in text for each in FOREIGN)] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda each: each.stem)
def test_a_module_imports_nothing_of_the_package_but_the_api(module: Path) -> None:
    imported = {
        node.module
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    ours = {name for name in imported if name.startswith("olt_provider")}
    assert {name for name in ours if not name.startswith("olt_provider.api")} <= {
        "olt_provider._version"
    }
    assert not {name for name in imported if name.startswith("pulumi")}


def test_one_line_makes_a_client(emulator: Emulator, owner: str) -> None:
    token, api_url = emulator.token(owner), emulator.api_url
    with OltClient(api_token=token, api_url=api_url, identity_url=api_url) as client:
        assert list(client.as_tenant().applications.list()) == []
        session = client._api._session
        assert session is not None
    pools = session.get_adapter(api_url).poolmanager.pools  # type: ignore[attr-defined]
    assert len(pools) == 0


@pytest.mark.parametrize("environment", [None, "prod", "int"])
def test_an_environment_selects_the_hosts(environment: str | None) -> None:
    host = "api.int.olt-dev.io" if environment == "int" else "api.lightelligence.io"
    client = OltClient(api_token=make_token(), environment=environment)
    assert client.api_url == f"https://{host}/v1"
    assert repr(client) == f"OltClient(api_url='https://{host}/v1')"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("environment", {"environment": "production"}),
        ("identity_url", {"api_url": "https://api.example/v1"}),
        ("api_url", {"api_url": "ftp://a.example", "identity_url": "https://b.example"}),
        ("request_timeout", {"request_timeout": 0}),
        ("max_retries", {"max_retries": 2.5}),
        ("ca_bundle", {"ca_bundle": "/nowhere.pem"}),
        ("client_secret", {"api_token": None, "client_id": "x"}),
        ("tenant_tokens", {"api_token": None, "tenant_tokens": {"x": "y"}}),
        ("api_token", {"api_token": None}),
    ],
)
def test_a_wrong_parameter_is_named_and_is_the_field_of_the_error(
    field: str, wrong: dict[str, object]
) -> None:
    with pytest.raises(ConfigurationError, match=rf"\b{field}\b") as caught:
        OltClient(**{"api_token": make_token(), **wrong})  # type: ignore[arg-type]
    assert caught.value.field == field


def test_errors_call_parameters_as_the_naming_does() -> None:
    with pytest.raises(ConfigurationError, match=r"^CA_BUNDLE must be a PEM file"):
        OltClient(api_token=make_token(), ca_bundle="/nowhere.pem", naming=str.upper)
