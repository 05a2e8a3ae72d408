"""Output of all commands: messages of one line, and files that are complete or absent."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from olt_provider.cli import output
from olt_provider.emulator import TENANT_A, Emulator
from tests.cli.test_adopt import _adopt, _resource, _state


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "access.svg"
    for text in ("<old/>\n", "<new/>\n"):
        output.write("graph", file, text)
        assert file.read_text() == text
    assert list(tmp_path.iterdir()) == [file]


def test_what_cannot_be_replaced_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "access.svg"
    folder.mkdir()
    with pytest.raises(typer.Exit):
        output.write("graph", folder, "<new/>\n")
    assert list(tmp_path.iterdir()) == [folder]
    assert list(folder.iterdir()) == []
    printed = capsys.readouterr().err
    assert printed.startswith(f"olt graph: cannot write {folder}: ")
    assert printed.count("\n") == 1


def test_an_interrupted_write_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "access.svg"
    file.write_text("<old/>\n")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        output.write("graph", file, "<new/>\n")
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_text() == "<old/>\n"


def test_names_do_not_steer_the_terminal(emulator: Emulator, tmp_path: Path) -> None:
    found = emulator.platform.register(TENANT_A, name="a\x1b[31m\nleft out: everything")
    printed = _adopt("--state", _state(tmp_path, _resource(found["id"]))).stderr
    assert "\x1b" not in printed
    assert rf"left out: a\x1b[31m\nleft out: everything ({found['id']}), managed" in printed
    assert printed.splitlines()[1:] == ["nothing to adopt"]
