"""``olt review`` on previews that the real engine makes now.

Where a change is meant, update previews and goldens with

    UPDATE_GOLDENS=1 .venv/bin/python -m pytest tests/cli/test_review_engine.py

and read what git shows.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from olt_provider.cli.preview.steps import read_preview
from olt_provider.cli.review.effects import review
from olt_provider.cli.review.markdown import render
from olt_provider.emulator import Emulator
from tests.cli import previewed
from tests.engine.harness import Engine
from tests.engine.previewed import SEED

UPDATE: Final = bool(os.environ.get("UPDATE_GOLDENS"))
GOLDEN: Final = Path(__file__).parent / "golden"

pytestmark = [
    pytest.mark.engine,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("reviews"),
]


@dataclass(frozen=True, repr=False)
class Made:
    previews: dict[str, str]
    secrets: set[str]


@pytest.fixture(scope="module")
def made(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Made:
    with Emulator.start(SEED) as emulator:
        stack = engine.stack(tmp_path_factory.mktemp("reviews"), "")
        return Made(*previewed.make(stack, emulator))


def _agree(path: Path, text: str) -> None:
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), path.name


@pytest.mark.parametrize("name", previewed.NAMES)
def test_review_of_engine_previews_matches_golden(made: Made, name: str) -> None:
    if UPDATE:
        previewed.FOLDER.mkdir(exist_ok=True)
        (previewed.FOLDER / f"{name}.json").write_text(made.previews[name], encoding="utf-8")
    found = review(read_preview(made.previews[name]))
    _agree(GOLDEN / f"{name}.md", render(found))
    _agree(GOLDEN / f"{name}.json", json.dumps(found.model_dump(mode="json"), indent=2) + "\n")


@pytest.mark.parametrize("name", previewed.NAMES)
def test_no_review_shows_a_secret(made: Made, name: str) -> None:
    assert len(made.secrets) > len(previewed.MORE_SECRETS)
    found = review(read_preview(made.previews[name]))
    shown = render(found) + found.model_dump_json()
    assert [number for number, secret in enumerate(made.secrets) if secret in shown] == []
