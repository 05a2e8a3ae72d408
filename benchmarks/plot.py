"""Draw the seconds as a picture, which is reproducible."""

from __future__ import annotations

import io
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.figures import NAMES
from benchmarks.results import (
    NAIVE,
    NATIVE,
    NOTHING,
    OLT,
    OPERATIONS,
    PROVIDERS,
    CaseResult,
    Results,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS: Final = {NOTHING: "#999999", NAIVE: "#e69f00", OLT: "#0072b2", NATIVE: "#009e73"}
"""Colours that are distinguishable with colour blindness."""
COLUMNS: Final = 2
WIDTH: Final = 0.2
DOCTYPE: Final = re.compile(r"<!DOCTYPE.*?>\n", re.DOTALL)
"""No reader needs it, and some would fetch what it names."""


def draw(results: Results, file: Path) -> None:
    """Write an SVG: a panel per case, a bar per operation and provider."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    cases = [case for case in results.cases if case.rounds]
    lines = math.ceil(len(cases) / COLUMNS)
    with mpl.rc_context({"svg.hashsalt": "pulumi-olt", "svg.fonttype": "none", "font.size": 9}):
        figure, axes = plt.subplots(lines, COLUMNS, figsize=(9, 2.8 * lines), squeeze=False)
        places = list(axes.flat)
        for case, place in zip(cases, places, strict=False):
            _panel(case, place)
        for unused in places[len(cases) :]:
            unused.axis("off")
        handles, labels = places[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower center", ncols=len(PROVIDERS), frameon=False)
        figure.tight_layout(rect=(0, 0.35 / (2.8 * lines), 1, 1))
        # Metadata would name a date, a version and outside addresses.
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", metadata=nothing)
        plt.close(figure)
    file.write_text(DOCTYPE.sub("", drawn.getvalue()), encoding="utf-8")


def _panel(case: CaseResult, place: Axes) -> None:
    for place_in_group, provider in enumerate(PROVIDERS):
        offset = place_in_group - (len(PROVIDERS) - 1) / 2
        seconds = [case.median(provider, name, lambda each: each.seconds) for name in OPERATIONS]
        at = [index + offset * WIDTH for index in range(len(OPERATIONS))]
        shown = [math.nan if each is None else each for each in seconds]
        place.bar(at, shown, WIDTH, color=COLORS[provider], label=NAMES[provider])
    place.set_title(case.case.title, fontsize=9)
    place.set_xticks(range(len(OPERATIONS)), OPERATIONS)
    place.set_ylabel("seconds")
    place.set_ylim(bottom=0)
    for side in ("top", "right"):
        place.spines[side].set_visible(False)
