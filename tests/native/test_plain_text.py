"""Detection of credentials in plain text by the plugin, for programs that have no SDK for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from olt_provider.emulator import Emulator
from olt_provider.native import plain_text
from tests.emulated import new_tenant
from tests.engine.harness import Engine
from tests.engine.olt import reaching
from tests.native.plugin import provider_urn
from tests.native.stacks import new_yaml_stack

URN: Final = provider_urn("default")
PROJECT: Final = "name: test\nruntime: yaml\n"
TOKENS: Final = {"tenantTokens": json.dumps({"a": "the-secret-one", "b": "plain-one"})}
SETTINGS: Final = "config:\n  olt:tenantTokens:\n    a: {secure: v1:x}\n    b: plain-one\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of a plugin: a folder below that of the project."""
    (tmp_path / "program").mkdir()
    monkeypatch.chdir(tmp_path / "program")
    return tmp_path


def write(folder: Path, project: str | None, settings: str | None) -> None:
    for name, content in (("Pulumi.yaml", project), ("Pulumi.dev.yaml", settings)):
        if content is not None:
            (folder / name).write_text(content)


@pytest.mark.parametrize(
    ("settings", "declared", "path"),
    [
        (SETTINGS, TOKENS, "olt:tenantTokens.b"),
        (SETTINGS, {"tenantTokens": {"b": "plain-one"}}, "olt:tenantTokens.b"),
        (f"config: {{'olt:tenantTokens': '{TOKENS['tenantTokens']}'}}", TOKENS, "olt:tenantTokens"),
        ("config: {'olt:apiToken': plain-one}", {"apiToken": "plain-one"}, "olt:apiToken"),
    ],
)
def test_value_in_the_settings_file_is_warned_of(
    folder: Path, settings: str, declared: dict[str, Any], path: str
) -> None:
    write(folder, PROJECT, settings)
    (warning,) = plain_text.warnings(URN, declared)
    assert warning.startswith(f"{path} of stack test/dev is in its configuration in plain text")
    assert "plain-one" not in warning


def test_settings_in_another_folder_are_found(folder: Path) -> None:
    write(folder, f"{PROJECT}stackConfigDir: stacks\n", None)
    (folder / "stacks").mkdir()
    write(folder / "stacks", None, SETTINGS)
    assert len(plain_text.warnings(URN, TOKENS)) == 1


@pytest.mark.parametrize(
    ("project", "settings", "declared"),
    [
        (PROJECT, SETTINGS, {}),
        (PROJECT, SETTINGS, {"tenantTokens": '{"a": "the-secret-one", "b": "of-the-environment"}'}),
        ("name: test\nruntime: python\n", SETTINGS, TOKENS),
        ("name: test\nruntime: {name: python}\n", SETTINGS, TOKENS),
        ("name: another\nruntime: yaml\n", SETTINGS, TOKENS),
        (PROJECT, "config: [plain-one\n", TOKENS),
        (PROJECT, "config: plain-one\n", TOKENS),
        (PROJECT, None, TOKENS),
        (None, SETTINGS, TOKENS),
        ("- plain-one\n", SETTINGS, TOKENS),
    ],
)
def test_other_arguments_and_files_are_not_warned_of(
    folder: Path, project: str | None, settings: str | None, declared: dict[str, Any]
) -> None:
    write(folder, project, settings)
    assert plain_text.warnings(URN, declared) == []


def test_unusable_urn_and_file_fail_nothing(folder: Path) -> None:
    write(folder, PROJECT, SETTINGS)
    assert plain_text.warnings("", TOKENS) == []
    (folder / "Pulumi.dev.yaml").write_bytes(b"\xff\xfe plain-one")
    assert plain_text.warnings(URN, TOKENS) == []


def test_yaml_program_warns_of_a_token_in_plain_text_beside_a_secret_one(
    engine: Engine, emulator: Emulator, tmp_path: Path, owner: str
) -> None:
    stack = new_yaml_stack(
        engine,
        tmp_path,
        f"resources: {{app: {{type: olt:Application, properties: {{tenantId: {owner}}}}}}}\n",
    )
    stack.env.update(reaching(emulator, ""))
    del stack.env["OLT_API_TOKEN"]
    plain = new_tenant(emulator)
    for tenant in (owner, plain):
        token = emulator.token(tenant)
        stack.config(f"olt:tenantTokens.{tenant}", token, path=True, secret=tenant == owner)
    output = stack.preview().output
    wanted = f"olt:tenantTokens.{plain} of stack test/dev is in its configuration in plain text"
    assert output.count(wanted) == 2  # when it is reported, and in the summary
    assert f"tenantTokens.{owner}" not in output
    assert emulator.token(plain) not in output
