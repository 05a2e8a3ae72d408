"""Render a graph as Mermaid, which code hosts draw in comments."""

from __future__ import annotations

import re
from typing import Final

from olt_provider.cli.graph.model import WORDS, Graph, Use

MAX_EDGES: Final = 450
MAX_TEXT: Final = 45_000
"""Limits of code hosts: 500 edges and 50000 characters."""
SHOWN: Final = 80
"""The number of characters of a label that are shown."""
ESCAPED: Final = str.maketrans(
    {char: f"#{ord(char)};" for char in "\"#&<>`\\[](){}|;'*_~"} | {"\n": " "}
)
NO_LIST: Final = "\N{ZERO WIDTH SPACE}"
GAINS: Final = "stroke:#1a7f37,stroke-width:3px"
LOSES: Final = "stroke:#cf222e,stroke-width:3px"


class TooLargeError(Exception):
    """Code hosts would not draw the graph. The message is one line."""


def render(graph: Graph) -> str:
    """Return the source of a flowchart: applications to the left, groups of tenants to the right.

    Raises ``TooLargeError`` if code hosts would refuse to draw it.
    """
    applications, groups = graph.ordered(), graph.groups()
    lines = ["flowchart LR"]
    lines += [f'  a{i}["{_text(graph.head(key))}"]' for i, key in enumerate(applications)]
    edges: list[str] = []
    styles: dict[str, list[int]] = {GAINS: [], LOSES: []}
    for j, group in enumerate(groups):
        lines.append(f'  t{j}(["{_text(graph.summary(group))}"])')
        for i, use in enumerate(group.uses):
            if use.shown == "none":
                continue
            if use.change != "same":
                styles[GAINS if use.change == "added" else LOSES].append(len(edges))
            edges.append(f"  a{i} {_arrow(use)} t{j}")
    lines += edges
    lines += [
        f"  linkStyle {','.join(map(str, numbers))} {style}"
        for style, numbers in styles.items()
        if numbers
    ]
    text = "\n".join(lines) + "\n"
    if len(edges) > MAX_EDGES or len(text) > MAX_TEXT:
        raise TooLargeError(
            f"{len(edges)} lines between {len(applications)} applications and {len(groups)} groups "
            "of tenants are more than code hosts draw: use --format svg"
        )
    return text


def _arrow(use: Use) -> str:
    """Solid: allowed and installed. Dotted: anything less, named by a label."""
    words = "" if use.shown == "installed" else WORDS[use.shown]
    if use.change == "added":
        gained = WORDS[use.after] if use.before == "none" else f"now {WORDS[use.after]}"
        return f'== "gained: {gained}" ==>'
    if use.change == "removed":
        left = "" if use.after == "none" else f", then {WORDS[use.after]}"
        return f'-. "lost: {WORDS[use.before]}{left}" .-x'
    return f'-. "{words}" .->' if words else "-->"


def _text(text: str) -> str:
    """Escape text of others, so that it can neither end a label nor format it."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    shown = shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 3]}..."
    shown = shown.strip() or "?"
    # a label that begins like a list is drawn as an error, so an invisible mark is put before it
    mark = NO_LIST if re.match(r"\d+[.)]|[-+*]", shown) else ""
    return mark + shown.translate(ESCAPED)
