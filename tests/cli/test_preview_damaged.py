"""A damaged preview is reviewed and drawn, or is refused with one line and exit code 2."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from olt_provider.cli.app import app
from olt_provider.cli.preview.steps import OPERATIONS, SECRET, UNKNOWN
from olt_provider.emulator import TENANT_A
from tests.cli.test_review import PREVIEWS
from tests.long import long

KEPT: Final = [
    json.loads((PREVIEWS / f"{name}.json").read_text("utf-8")) for name in ("change", "drift")
]
VALUES: Final[list[Any]] = [
    *(None, True, 0, -1, 1.5, "", "x\ud800", [], {}, ["x"], {"a": 1}, [[]], {TENANT_A: None}),
    *(SECRET, UNKNOWN, TENANT_A, *sorted(OPERATIONS)),
]


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    listed = list(enumerate(value)) if isinstance(value, list) else []
    named = list(value.items()) if isinstance(value, dict) else []
    for key, each in [*listed, *named]:
        yield from _places(each, (*path, key))


def _damaged(seed: int) -> str:
    """Some steps of a kept preview, with some values replaced or taken out."""
    drawn = random.Random(seed)
    kept = drawn.choice(KEPT)
    content = json.loads(json.dumps({**kept, "steps": drawn.sample(kept["steps"], 4)}))
    for _ in range(drawn.randint(1, 5)):
        *way, last = drawn.choice(list(_places(content)))
        inside = content
        for key in way:
            inside = inside[key]
        if isinstance(inside, dict) and drawn.random() < 0.2:
            del inside[last]
        else:
            inside[last] = drawn.choice(VALUES)
    return json.dumps(content)


@pytest.mark.parametrize("first", [0, 20, *map(long, range(40, 160, 20))])
@pytest.mark.parametrize("command", [("review",), ("graph", "-", "--format", "svg")])
def test_damaged_preview_is_read_or_refused(command: tuple[str, ...], first: int) -> None:
    codes = set()
    for seed in range(first, first + 20):
        result = CliRunner().invoke(app, list(command), input=_damaged(seed))
        assert result.exit_code in (0, 1, 2), (seed, result.exception)
        assert result.exception is None or isinstance(result.exception, SystemExit), seed
        if result.exit_code == 2:
            assert result.stderr.count("\n") == 1, seed
        codes.add(result.exit_code)
    assert {0, 2} <= codes
