"""``olt review`` of one kind of change at a time, extracted from the engine's preview."""

from __future__ import annotations

import json
import os
from typing import Any, Final

import pytest

from olt_provider.cli.preview.steps import read_preview
from olt_provider.cli.review.effects import review
from olt_provider.cli.review.markdown import render
from tests.cli.test_review import GOLDEN, PREVIEWS

UPDATE: Final = bool(os.environ.get("UPDATE_GOLDENS"))
KINDS: Final = GOLDEN / "kinds"
CHANGE: Final[dict[str, Any]] = json.loads((PREVIEWS / "change.json").read_text("utf-8"))


def name_of(step: dict[str, Any]) -> str:
    name: str = step["urn"].rsplit("::", 1)[1]
    return name


CHANGED: Final = sorted({name_of(step) for step in CHANGE["steps"] if step["op"] != "same"})


def review_of(name: str, operations: dict[str, str] | None = None) -> str:
    """The comment on a preview of that resource alone, its operations renamed."""
    steps = [
        {**step, "op": (operations or {}).get(step["op"], step["op"])}
        for step in CHANGE["steps"]
        if name_of(step) == name
    ]
    return render(review(read_preview(json.dumps({**CHANGE, "steps": steps, "diagnostics": []}))))


@pytest.mark.parametrize("name", CHANGED)
def test_a_change_alone_reads_as_kept(name: str) -> None:
    golden, shown = KINDS / f"{name}.md", review_of(name)
    if UPDATE:
        KINDS.mkdir(exist_ok=True)
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text("utf-8")


def test_there_is_no_golden_of_a_change_that_is_not_made_any_more() -> None:
    assert sorted(path.stem for path in KINDS.iterdir()) == CHANGED


@pytest.mark.parametrize("name", ["replaced", "moved"])
def test_replacement_is_recognized_by_each_of_its_steps(name: str) -> None:
    """Targets and ``delete_before_replace`` leave some of the three out."""
    assert review_of(name, {"replace": "create-replacement"}) == review_of(name)


@pytest.mark.parametrize("name", ["deleted", "uninstalled"])
def test_what_is_deleted_as_replaced_is_lost_too(name: str) -> None:
    assert review_of(name, {"delete": "delete-replaced"}) == review_of(name)
