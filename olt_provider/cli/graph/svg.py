"""A graph as an SVG picture: a table of applications and tenants. It needs nothing from outside."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

from olt_provider.cli.graph.model import WORDS, Access, Graph, Group, Use

ONE_BY_ONE: Final = 40
"""As many tenants have a row each; more are grouped by what they may use."""
FONT: Final = 13
ROW: Final = 26
COLUMN: Final = 34
PAD: Final = 16
SHOWN: Final = 64
"""How much of a label is shown, in characters."""
INK, FAINT, PAPER, LINE = "#1f2328", "#59636e", "#ffffff", "#d1d9e0"
BLUE, ORANGE, GREEN, RED = "#0969da", "#bc4c00", "#1a7f37", "#cf222e"
BEHIND: Final = {"same": None, "added": "#dafbe1", "removed": "#ffebe9"}
SIGNS: Final = {"added": ("+", GREEN), "removed": ("\N{MINUS SIGN}", RED)}
LEGEND: Final[Sequence[Access]] = ("installed", "allowed", "revoked", "unknown")
COS: Final = 0.70711


def render(graph: Graph) -> str:
    """The whole file."""
    keys = graph.ordered()
    groups = graph.each()
    if len(groups) > ONE_BY_ONE:
        groups = graph.groups()
    names = [_cut(graph.applications[key]) for key in keys]
    labels = [_cut(graph.summary(group)) for group in groups]
    left = PAD + max([_width(label) for label in labels] + [_width("no tenants")]) + 12
    slanted = max([_width(name) for name in names] + [0]) * COS
    top = PAD + 26 + slanted + 14
    bottom = top + ROW * max(len(groups), 1) + 14
    width = max(left + COLUMN * len(keys) + slanted, _width(graph.title) * 1.2) + PAD
    legend = _legend(groups)
    notes = [_cut(note, 110) for note in graph.notes]
    width = max(
        width, *(PAD * 2 + _width(each) + COLUMN for each in [*notes, *(t for _, t in legend)]), 320
    )
    height = bottom + 20 * (len(legend) + len(notes)) + PAD
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
    ET.SubElement(svg, "rect", {"width": "100%", "height": "100%", "fill": PAPER})
    _write(svg, PAD, PAD + 12, graph.title, weight="bold", size=15)
    for i, name in enumerate(names):
        _slanted(svg, left + COLUMN * (i + 0.5), top - 8, name)
    for j, (group, label) in enumerate(zip(groups, labels, strict=True)):
        _row(svg, left, top + ROW * j, len(keys), label)
        for i, use in enumerate(group.uses):
            said = f"{names[i]} in {label}: {_words(use)}"
            _cell(svg, left + COLUMN * i, top + ROW * j, use, said)
    if not groups:
        _write(svg, PAD, top + 18, "no tenants", fill=FAINT)
    for k, (use, text) in enumerate(legend):
        _cell(svg, PAD, bottom + 20 * k - 4, use, text, size=20)
        _write(svg, PAD + COLUMN + 8, bottom + 20 * k + 11, text, fill=FAINT)
    for k, note in enumerate(notes, start=len(legend)):
        _write(svg, PAD, bottom + 20 * k + 11, note, fill=FAINT)
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


def _legend(groups: Sequence[Group]) -> list[tuple[Use, str]]:
    """What the signs mean that are there."""
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


def _row(svg: ET.Element, left: float, top: float, columns: int, label: str) -> None:
    _write(svg, PAD, top + ROW / 2 + 4.5, label)
    right = left + COLUMN * columns
    line = {"x1": f"{PAD}", "x2": f"{right:.1f}", "y1": f"{top:.1f}", "y2": f"{top:.1f}"}
    ET.SubElement(svg, "line", {**line, "stroke": LINE})


def _cell(
    svg: ET.Element, left: float, top: float, use: Use, said: str, *, size: float = ROW
) -> None:
    """One sign, and in a change its background and + or - beside it."""
    if use.shown == "none":
        return
    cell = ET.SubElement(svg, "g")
    ET.SubElement(cell, "title").text = _clean(said)
    background = BEHIND[use.change]
    x, y = left + COLUMN / 2, top + size / 2
    if background is not None:
        box = {"x": f"{left + 2:.1f}", "y": f"{top + 2:.1f}", "width": f"{COLUMN - 4}"}
        ET.SubElement(cell, "rect", {**box, "height": f"{size - 4}", "rx": "4", "fill": background})
        sign, colour = SIGNS[use.change]
        _write(cell, x - 12, y + 4.5, sign, fill=colour, weight="bold")
        x += 5
    _sign(cell, x, y, use.shown)


def _sign(cell: ET.Element, x: float, y: float, shown: Access) -> None:
    circle = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "5.5", "stroke-width": "2"}
    if shown == "installed":
        ET.SubElement(cell, "circle", {**circle, "fill": BLUE, "stroke": BLUE})
    elif shown == "allowed":
        ET.SubElement(cell, "circle", {**circle, "fill": "none", "stroke": BLUE})
    elif shown == "revoked":
        ET.SubElement(cell, "circle", {**circle, "fill": "none", "stroke": ORANGE})
        ends = {
            "x1": f"{x - 6:.1f}",
            "y1": f"{y + 6:.1f}",
            "x2": f"{x + 6:.1f}",
            "y2": f"{y - 6:.1f}",
        }
        ET.SubElement(cell, "line", {**ends, "stroke": ORANGE, "stroke-width": "2"})
    else:
        _write(cell, x - 4, y + 4.5, "?", fill=INK, weight="bold")


def _slanted(svg: ET.Element, x: float, y: float, name: str) -> None:
    turn = {"transform": f"rotate(-45 {x:.1f} {y:.1f})"}
    ET.SubElement(svg, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "fill": INK, **turn}).text = name


def _write(
    parent: ET.Element,
    x: float,
    y: float,
    text: str,
    *,
    fill: str = INK,
    weight: str = "normal",
    size: int = FONT,
) -> None:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "fill": fill, "font-weight": weight}
    ET.SubElement(parent, "text", {**place, "font-size": str(size)}).text = _clean(text)


def _clean(text: str) -> str:
    """Without what XML cannot hold, or a reader cannot see."""
    return "".join(char if char.isprintable() else " " for char in text)


def _cut(text: str, shown: int = SHOWN) -> str:
    clean = _clean(text).strip() or "?"
    return clean if len(clean) <= shown else f"{clean[: shown - 1]}\N{HORIZONTAL ELLIPSIS}"


def _width(text: str) -> float:
    """How wide a text is at most, in pixels, in any of the fonts."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return FONT * (0.62 * (len(text) - wide) + 1.05 * wide)
