from __future__ import annotations

import re
from typing import Any

import pytest
import tomli

from tools.lock import LOWEST, direct_pins
from tools.workspace import ROOT

LOCK = (ROOT / LOWEST).read_text()
PROJECT: dict[str, Any] = tomli.loads((ROOT / "pyproject.toml").read_text())["project"]


def release(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in version.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def test_lowest_lock_has_exactly_the_lower_bounds_of_the_project() -> None:
    extras = PROJECT["optional-dependencies"].values()
    required = [*PROJECT["dependencies"], *(each for extra in extras for each in extra)]
    matches = (re.match(r"([a-z0-9-]+).*?>=([\d.]+)", each) for each in required)
    bounds = {found[1]: found[2] for found in matches if found}
    pins = dict(pin.split("==") for pin in direct_pins(LOCK, PROJECT))
    assert {name: release(pin) for name, pin in pins.items()} == {
        name: release(bound) for name, bound in bounds.items()
    }
    assert len(bounds) > 10


@pytest.mark.parametrize("name", ["lowest.txt", "recipes.txt"])
def test_lock_has_hashes_and_no_address(name: str) -> None:
    lock = (ROOT / "requirements" / name).read_text()
    pins = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", lock, re.MULTILINE | re.DOTALL)
    assert len(pins) > 2
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []
    assert "://" not in lock
    assert "index" not in "".join(line for line in lock.splitlines() if line.startswith("-"))


def test_recipes_add_only_what_the_development_lock_lacks() -> None:
    names = [
        set(
            re.findall(
                r"^([a-z0-9.-]+)==", (ROOT / "requirements" / name).read_text(), re.MULTILINE
            )
        )
        for name in ("dev.txt", "recipes.txt")
    ]
    assert not names[0] & names[1]
