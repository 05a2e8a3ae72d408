from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest
import yaml

from tools import environment
from tools.workspace import ROOT

LOCK = (ROOT / "requirements" / "dev.txt").read_text()
PINS = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", LOCK, re.MULTILINE | re.DOTALL)


def test_every_locked_package_has_one_version_and_hashes() -> None:
    assert len(PINS) > 100
    assert [pin for pin in PINS if not re.match(r"\S+==[^*\s]+ ", pin)] == []
    assert [pin for pin in PINS if "--hash=sha256:" not in pin] == []


def test_the_lock_holds_no_address() -> None:
    assert "://" not in LOCK
    assert "index" not in "".join(line for line in LOCK.splitlines() if line.startswith("-"))


def test_a_step_is_taken_once_for_a_key(tmp_path: Path) -> None:
    taken: list[str] = []
    for key in ("one", "one", "two", "two"):
        environment.once(partial(taken.append, key), tmp_path / "stamp", key)
    assert taken == ["one", "two"]


def test_a_step_that_failed_is_taken_again(tmp_path: Path) -> None:
    def fail() -> None:
        raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        environment.once(fail, tmp_path / "stamp", "key")
    taken: list[str] = []
    environment.once(lambda: taken.append("again"), tmp_path / "stamp", "key")
    assert taken == ["again"]


def test_another_lock_has_wheels_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = environment.wheelhouse()
    other = tmp_path / "dev.txt"
    other.write_text("other\n")
    monkeypatch.setattr(environment, "LOCK", other)
    assert environment.wheelhouse() != before


def test_a_python_that_is_too_old_is_refused_with_the_needed_version(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "OLDEST_PYTHON", (99, 0))
    assert environment.main() == 1
    assert "is too old: 99.0 or newer is needed" in capsys.readouterr().err


def test_the_workflows_pin_every_action_by_its_digest() -> None:
    used = [
        step["uses"]
        for file in (ROOT / ".github" / "workflows").glob("*.yml")
        for job in yaml.safe_load(file.read_text())["jobs"].values()
        for step in job["steps"]
        if "uses" in step
    ]
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", each)] == []
