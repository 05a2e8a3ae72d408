"""Render a graph as an SVG picture: a self-contained table of applications and tenants."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

from olt_provider.cli.graph.model import WORDS, Access, Graph, Group, Use

ONE_BY_ONE: Final = 40
"""The largest number of tenants with a row each; more are grouped by their access."""
REPEAT: Final = 20
"""The number of rows after which the heads are repeated."""
FONT: Final = 13
ROW: Final = 26
COLUMN: Final = 34
PAD: Final = 16
SHOWN: Final = 64
"""The number of characters of a label that are shown; a title has the whole name."""
INK, FAINT, PAPER, LINE = "#1f2328", "#59636e", "#ffffff", "#d1d9e0"
BLUE, ORANGE, GREEN, RED = "#0969da", "#bc4c00", "#1a7f37", "#cf222e"
GAINED, LOST, UNMANAGED = "#dafbe1", "#ffebe9", "#eff2f5"
DARK: Final = {
    INK: "#e6edf3",
    FAINT: "#9198a1",
    PAPER: "#0d1117",
    LINE: "#3d444d",
    BLUE: "#4493f8",
    ORANGE: "#f0883e",
    GREEN: "#3fb950",
    RED: "#f85149",
    GAINED: "#12361f",
    LOST: "#3c1618",
    UNMANAGED: "#1c2128",
}
"""The colours for dark pages."""
BEHIND: Final = {"same": None, "added": GAINED, "removed": LOST}
SIGNS: Final = {"added": ("+", GREEN), "removed": ("\N{MINUS SIGN}", RED)}
LEGEND: Final[Sequence[Access]] = ("installed", "allowed", "revoked", "unknown")
COS: Final = 0.70711
NOT_MANAGED: Final = "grey column: the tenants of the application are not managed here"


def render(graph: Graph) -> str:
    """Return the content of the file."""
    keys = graph.ordered()
    groups = graph.each()
    if len(groups) > ONE_BY_ONE:
        groups = graph.groups()
    names = [_cut(graph.head(key)) for key in keys]
    labels = [_cut(graph.summary(group)) for group in groups]
    left = PAD + max([_width(label) for label in labels] + [_width("no tenants")]) + 12
    slanted = max([_width(name) for name in names] + [0]) * COS
    head = slanted + 14
    top = PAD + 26 + head
    rows = [top + ROW * j + head * (j // REPEAT) for j in range(max(len(groups), 1))]
    bottom = rows[-1] + ROW + 14
    legend = _legend(groups)
    notes = [_cut(note, 110) for note in graph.notes]
    explained = [text for _, text in legend] + [NOT_MANAGED] * bool(graph.unmanaged)
    width = max(
        left + COLUMN * len(keys) + slanted + PAD,
        _width(graph.title) * 1.2 + PAD,
        *(PAD * 2 + _width(each) + COLUMN for each in [*notes, *explained]),
        320,
    )
    height = bottom + 20 * (len(explained) + len(notes)) + PAD
    svg = _document(graph, groups, keys, width, height)
    _write(svg, PAD, PAD + 12, graph.title, weight="bold", size=15)
    for first in range(0, len(rows), REPEAT):
        last = rows[min(first + REPEAT, len(rows)) - 1] + ROW
        for i, key in enumerate(keys):
            x = left + COLUMN * i
            if key in graph.unmanaged:
                _box(svg, x + 1, rows[first], width=COLUMN - 2, height=last - rows[first])
            _slanted(svg, x + COLUMN / 2, rows[first] - 8, names[i], graph.applications[key])
    for group, label, y in zip(groups, labels, rows, strict=False):
        _row(svg, y, left + COLUMN * len(keys), label, _listed(graph, group))
        for i, use in enumerate(group.uses):
            _cell(svg, left + COLUMN * i, y, use, f"{names[i]} in {label}: {_words(use)}")
    if not groups:
        _write(svg, PAD, top + 18, "no tenants", fill=FAINT)
    _explain(svg, bottom, legend, graph, notes)
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


def _explain(
    svg: ET.Element,
    bottom: float,
    legend: Sequence[tuple[Use, str]],
    graph: Graph,
    notes: Sequence[str],
) -> None:
    """Add the legend of the signs, and the notes on what the picture does not show."""
    for k, (shown, text) in enumerate(legend):
        _cell(svg, PAD, bottom + 20 * k - 4, shown, text, size=20)
        _write(svg, PAD + COLUMN + 8, bottom + 20 * k + 11, text, fill=FAINT)
    if graph.unmanaged:
        y = bottom + 20 * len(legend)
        _box(svg, PAD, y, width=COLUMN, height=14)
        _write(svg, PAD + COLUMN + 8, y + 11, NOT_MANAGED, fill=FAINT)
    for k, note in enumerate(notes, start=len(legend) + bool(graph.unmanaged)):
        _write(svg, PAD, bottom + 20 * k + 11, note, fill=FAINT)


def _document(
    graph: Graph, groups: Sequence[Group], keys: Sequence[str], width: float, height: float
) -> ET.Element:
    """Return the root: a title, the picture in words, colours for dark pages, the background."""
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width:.0f} {height:.0f}",
            "width": f"{width:.0f}",
            "height": f"{height:.0f}",
            "font-family": "Helvetica, Arial, 'DejaVu Sans', sans-serif",
            "font-size": str(FONT),
            "role": "img",
        },
    )
    ET.SubElement(svg, "title").text = _clean(graph.title)
    described = [
        f"{_clean(graph.applications[key])}: {_words(use)} for {_listed(graph, group)}"
        for group in groups
        for key, use in zip(keys, group.uses, strict=True)
        if use != Use()
    ]
    ET.SubElement(svg, "desc").text = "; ".join(described) or "no tenants"
    rules = "".join(
        f".f{light[1:]}{{fill:{dark}}}.s{light[1:]}{{stroke:{dark}}}"
        for light, dark in DARK.items()
    )
    ET.SubElement(svg, "style").text = f"@media (prefers-color-scheme:dark){{{rules}}}"
    ET.SubElement(svg, "rect", {"width": "100%", "height": "100%", **_painted(PAPER)})
    return svg


def _painted(fill: str | None = None, stroke: str | None = None) -> dict[str, str]:
    """Return the attributes of a colour, and the classes that change it on dark pages."""
    classes = [f"f{fill[1:]}"] if fill else []
    classes += [f"s{stroke[1:]}"] if stroke else []
    painted = {"fill": fill or "none", "class": " ".join(classes)}
    return painted | ({"stroke": stroke} if stroke else {})


def _box(svg: ET.Element, x: float, y: float, *, width: float, height: float) -> None:
    """Draw the background of an unmanaged column."""
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}", "height": f"{height:.1f}"}
    ET.SubElement(svg, "rect", {**place, **_painted(UNMANAGED)})


def _listed(graph: Graph, group: Group) -> str:
    """Return all tenants of a group."""
    return ", ".join(_clean(graph.label(tenant)) for tenant in group.tenants)


def _legend(groups: Sequence[Group]) -> list[tuple[Use, str]]:
    """Return the explanations of the signs that the picture contains."""
    there = {use for group in groups for use in group.uses}
    entries = [
        (Use(access, access), WORDS[access])
        for access in LEGEND
        if any(use.shown == access for use in there)
    ]
    if any(use.change == "added" for use in there):
        entries.append((Use("none", "installed"), "green, with +: gained by this change"))
    if any(use.change == "removed" for use in there):
        entries.append((Use("installed", "none"), "red, with \N{MINUS SIGN}: lost by this change"))
    return entries


def _words(use: Use) -> str:
    return (
        WORDS[use.after] if use.change == "same" else f"{WORDS[use.before]} -> {WORDS[use.after]}"
    )


def _row(svg: ET.Element, top: float, right: float, label: str, listed: str) -> None:
    text = _write(svg, PAD, top + ROW / 2 + 4.5, label)
    if listed != label:
        ET.SubElement(text, "title").text = listed
    line = {"x1": f"{PAD}", "x2": f"{right:.1f}", "y1": f"{top:.1f}", "y2": f"{top:.1f}"}
    ET.SubElement(svg, "line", {**line, **_painted(stroke=LINE)})


def _cell(
    svg: ET.Element, left: float, top: float, use: Use, title: str, *, size: float = ROW
) -> None:
    """Draw one sign, and in a change its background and + or - beside it."""
    if use.shown == "none":
        return
    cell = ET.SubElement(svg, "g")
    ET.SubElement(cell, "title").text = _clean(title)
    background = BEHIND[use.change]
    x, y = left + COLUMN / 2, top + size / 2
    if background is not None:
        box = {"x": f"{left + 2:.1f}", "y": f"{top + 2:.1f}", "width": f"{COLUMN - 4}"}
        ET.SubElement(
            cell, "rect", {**box, "height": f"{size - 4}", "rx": "4", **_painted(background)}
        )
        sign, colour = SIGNS[use.change]
        _write(cell, x - 12, y + 4.5, sign, fill=colour, weight="bold")
        x += 5
    _sign(cell, x, y, use.shown)


def _sign(cell: ET.Element, x: float, y: float, shown: Access) -> None:
    circle = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "5.5", "stroke-width": "2"}
    if shown == "installed":
        ET.SubElement(cell, "circle", {**circle, **_painted(BLUE, BLUE)})
    elif shown == "allowed":
        ET.SubElement(cell, "circle", {**circle, **_painted(stroke=BLUE)})
    elif shown == "revoked":
        ET.SubElement(cell, "circle", {**circle, **_painted(stroke=ORANGE)})
        ends = {
            "x1": f"{x - 6:.1f}",
            "y1": f"{y + 6:.1f}",
            "x2": f"{x + 6:.1f}",
            "y2": f"{y - 6:.1f}",
        }
        ET.SubElement(cell, "line", {**ends, **_painted(stroke=ORANGE), "stroke-width": "2"})
    else:
        _write(cell, x - 4, y + 4.5, "?", fill=INK, weight="bold")


def _slanted(svg: ET.Element, x: float, y: float, name: str, whole: str) -> None:
    turn = {"transform": f"rotate(-45 {x:.1f} {y:.1f})"}
    text = ET.SubElement(svg, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", **_painted(INK), **turn})
    text.text = name
    if _clean(whole).strip() not in name:
        ET.SubElement(text, "title").text = _clean(whole)


def _write(
    parent: ET.Element,
    x: float,
    y: float,
    text: str,
    *,
    fill: str = INK,
    weight: str = "normal",
    size: int = FONT,
) -> ET.Element:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", **_painted(fill), "font-weight": weight}
    written = ET.SubElement(parent, "text", {**place, "font-size": str(size)})
    written.text = _clean(text)
    return written


def _clean(text: str) -> str:
    """Remove characters that XML cannot contain, or that are invisible."""
    return "".join(char if char.isprintable() else " " for char in text)


def _cut(text: str, shown: int = SHOWN) -> str:
    clean = _clean(text).strip() or "?"
    return clean if len(clean) <= shown else f"{clean[: shown - 1]}\N{HORIZONTAL ELLIPSIS}"


def _width(text: str) -> float:
    """Return the largest width of a text, in pixels, in any of the fonts."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return FONT * (0.62 * (len(text) - wide) + 1.05 * wide)
