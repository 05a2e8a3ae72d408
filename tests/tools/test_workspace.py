from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import workspace
from tools.workspace import SetupError, digest, exclusive, run, whole_folder


def test_a_folder_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    def half() -> None:
        with whole_folder(tmp_path / "target") as work:
            (work / "half").touch()
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        half()
    assert list(tmp_path.iterdir()) == []


def test_a_whole_folder_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "old").touch()
    with whole_folder(target) as work:
        (work / "new").touch()
    assert [file.name for file in target.iterdir()] == ["new"]


def test_a_lock_that_is_held_is_given_up_on_in_time(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path / "lock"),
        pytest.raises(SetupError, match="another set-up"),
        exclusive(tmp_path / "lock", timeout=0.1),
    ):
        pass


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(2):
        with exclusive(tmp_path / "lock", timeout=0.1):
            pass


def test_the_error_of_a_failed_command_holds_its_last_output() -> None:
    code = "import sys; print('it broke because', file=sys.stderr); sys.exit(3)"
    with pytest.raises(SetupError, match="trying: exit code 3: it broke because"):
        run([sys.executable, "-c", code], "trying")


def test_a_missing_command_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"trying: cannot run .*No such file"):
        run([tmp_path / "missing"], "trying")


def test_a_command_that_hangs_is_reported_and_ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workspace, "PROGRESS_EVERY", 0.05)
    with pytest.raises(SetupError, match="given up"):
        run([sys.executable, "-c", "import signal; signal.pause()"], "trying", timeout=0.2)
    assert "trying: still at it" in capsys.readouterr().err


def test_stdout_is_left_to_what_other_programs_read(capsys: pytest.CaptureFixture[str]) -> None:
    workspace.report("on the way")
    assert capsys.readouterr() == ("", "[setup] on the way\n")


def test_a_key_depends_on_contents_and_order(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("a")
    second.write_text("b")
    keys = {digest([first, second]), digest([second, first]), digest([first]), digest([first], "x")}
    assert len(keys) == 4
