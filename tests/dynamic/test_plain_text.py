"""Detection of values in plain text in a stack's settings file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pulumi
import pytest

from olt_provider.dynamic import plain_text

SETTINGS: Final = "config:\n  olt:tenantTokens:\n    a: {secure: v1:x}\n    b: plain\n"


@pytest.fixture
def warned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Warnings of a program of project `one`, whose whole olt:tenantTokens counts as secret."""
    messages: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pulumi.log, "warn", messages.append)
    monkeypatch.setattr(pulumi, "get_project", lambda: "one")
    monkeypatch.setattr(pulumi, "get_stack", lambda: "dev")
    monkeypatch.setattr(pulumi.runtime, "is_config_secret", lambda _: True)
    monkeypatch.setattr(pulumi, "Config", lambda _: {"tenantTokens": "{}"})
    plain_text._warn.cache_clear()
    return messages


def test_the_settings_of_the_project_show_what_is_plain(tmp_path: Path, warned: list[str]) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: one\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(SETTINGS)
    plain_text.warn_of_plain_text()
    (message,) = warned
    assert message.startswith("olt:tenantTokens.b of stack one/dev is in its configuration")
    assert "plain:" not in message


@pytest.mark.parametrize(
    ("project", "settings"),
    [
        ("name: another\n", SETTINGS),
        ("name: one\n", None),
        ("name: one\n", "config: [\n"),
        ("name: one\n", "config: x\n"),
        ("name: one\n", "{}"),
        ("- one\n", SETTINGS),
        (None, SETTINGS),
    ],
)
def test_other_files_warn_of_nothing(
    tmp_path: Path, warned: list[str], project: str | None, settings: str | None
) -> None:
    for name, content in (("Pulumi.yaml", project), ("Pulumi.dev.yaml", settings)):
        if content is not None:
            (tmp_path / name).write_text(content)
    plain_text.warn_of_plain_text()
    assert warned == []


def test_settings_in_json_are_read_too(tmp_path: Path, warned: list[str]) -> None:
    (tmp_path / "Pulumi.json").write_text('{"name": "one"}')
    (tmp_path / "Pulumi.dev.json").write_text('{"config": {"olt:tenantTokens": {"b": "plain"}}}')
    plain_text.warn_of_plain_text()
    assert len(warned) == 1
