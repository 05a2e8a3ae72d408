"""Draw the pictures of README and docs, from recorded output of the engine and the commands.

Run as `python -m tools.pictures` (`make pictures`). The result is reproducible, so a test compares
it.
"""

from __future__ import annotations

import io
import json
import re
import sys
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME
from rich.text import Text

from olt_provider.cli.graph import svg
from olt_provider.cli.graph.sources import of_preview
from olt_provider.cli.preview.steps import Preview, read_preview
from olt_provider.cli.review.effects import review
from olt_provider.cli.review.markdown import render
from tools.workspace import ROOT, report

PICTURES: Final = ROOT / "docs" / "pictures"
KEPT: Final = ROOT / "tests" / "cli" / "previews" / "change.json"
"""A preview of the real engine."""
DIFFS: Final = ROOT / "tests" / "engine" / "golden" / "change"
"""The folder with the engine's output for each change."""
SHOWN: Final = ("created", "renamed", "rotated", "tenant-added", "tenant-removed")
"""The changes in the pictures of a preview and of its review."""
STORY: Final = {
    "created": "alarm-bridge",
    "renamed": "device-twin",
    "Renamed": "Device Twin",
    "rotated": "reporting",
    "tenant-added": "energy-report",
    "tenant-removed": "door-monitor",
    '"new"': '"Bauer and Sons"',
    '"old"': '"Bauer and Sons"',
    "b0000000-0000-4000-8000-00000000000b": "1d83e5f2-90ab-4c67-b1d4-2e7f5a3c6b90",
    "a0000000-0000-4000-8000-00000000000a": "5c9f1e70-2d41-4d8e-9a57-8b1f0e6c3a21",
    "dev::test": "prod::shop",
}
"""Replacements for names and IDs of the recorded previews."""
INDENTED: Final = "    "
"""The engine indents resources, which belong to the stack; the recorded files do not."""
WIDTH: Final = 108
COLOURS: Final = {"+": "green", "-": "red", "~": "#b34700"}
DARK: Final = {
    "#000000": "#e6edf3",
    "#ffffff": "#0d1117",
    "#008000": "#3fb950",
    "#800000": "#ff7b72",
    "#b34700": "#e3a14a",
}
"""The colours on dark pages, by those on light ones."""
OUTSIDE: Final = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
FONT: Final = "'DejaVu Sans Mono', Menlo, Consolas, monospace"


def preview() -> str:
    """Draw the output of `pulumi preview --diff`."""
    lines = [line for name in SHOWN for line in _diff(name)]
    return _terminal("pulumi preview --diff", Text("\n").join(map(_coloured, lines)))


def _diff(name: str) -> list[str]:
    text = (DIFFS / f"{name}.diff").read_text("utf-8")
    ids = {each.name: each.old.id for each in _shown().steps if each.old}
    text = re.sub(r"\{id of [^}]*\}", lambda _: ids[STORY[name]], text)
    return [f"{INDENTED}{line}" for line in _named_for_readers(text).splitlines()]


def _named_for_readers(text: str) -> str:
    """Replace names and IDs of a recorded text by those of the story."""
    for recorded, name in STORY.items():
        text = re.sub(rf"(?<![\w-]){re.escape(recorded)}(?![\w-])", name, text)
    return text


def _coloured(line: str) -> Text:
    return Text(line, style=COLOURS.get(line.strip()[:1], ""))


def comment() -> str:
    """Draw the comment of `olt review` on a pull request, unfolded."""
    lines = []
    for line in render(review(_shown())).splitlines():
        title = re.fullmatch(r"<details(?: open)?><summary>(.*)</summary>", line)
        if title:
            lines.append(Text(f"\N{BLACK DOWN-POINTING SMALL TRIANGLE} {title[1]}", style="bold"))
        elif line.startswith("**"):
            lines.append(Text(line.strip("*"), style="bold"))
        elif not line.startswith("<") and (line or (lines and lines[-1])):
            lines.append(Text(line.replace("`", "").replace("- ", "  \N{BULLET} ", 1)))
    return _terminal("olt review, as a comment", Text("\n").join(lines))


def _shown() -> Preview:
    """Return the recorded preview, reduced to the changes in the pictures."""
    kept = json.loads(KEPT.read_text("utf-8"))
    shown = {**kept, "steps": [step for step in kept["steps"] if _named(step)]}
    return read_preview(_named_for_readers(json.dumps(shown)))


def _named(step: Mapping[str, Any]) -> bool:
    return str(step["urn"]).rsplit("::", 1)[1] in SHOWN


def graph() -> str:
    """Draw the picture of `olt graph` for a change."""
    return svg.render(of_preview(_sample()))


def _sample() -> Preview:
    """Return a stack of three applications and six tenants, with a tenant removed and one added."""
    names = ("ACME", "Bauer and Sons", "City of Augsburg", "Delta Foods", "Elm Street", "Fjord")
    tenants = {
        f"{n:02x}c4e11b-0000-4000-8000-0000000000{n:02x}": name
        for n, name in enumerate(names, start=11)
    }
    *stay, comes = tenants
    goes = stay[1]
    steps: list[dict[str, Any]] = []
    for number, name in enumerate(("alarm-bridge", "device-twin", "reporting")):
        allowed = [each for at, each in enumerate(stay) if (at + number) % 3 or each == goes]
        before = {each: tenants[each] for each in allowed}
        after = {each: tenants[each] for each in [*allowed, comes] if each != goes or number}
        steps.append(
            _step(
                "update", APPLICATION, name, {"allowed_tenants": before}, {"allowed_tenants": after}
            )
        )
        for at, tenant in enumerate(after | before):
            there, stays = tenant in before, tenant in after
            if at % 4 == 1 and there and stays:
                continue
            of = {"application_id": _id(name), "tenant_id": tenant}
            op = "same" if there and stays else "create" if stays else "delete"
            steps.append(
                _step(
                    op,
                    INSTALLATION,
                    f"{name}-{tenant}",
                    of if there else None,
                    of if stays else None,
                )
            )
    return read_preview(json.dumps({"steps": steps, "changeSummary": {}}))


APPLICATION: Final = "pulumi-python:dynamic/olt:OltApplication"
INSTALLATION: Final = "pulumi-python:dynamic/olt:OltInstallation"


def _id(name: str) -> str:
    """An application's ID, the same in each picture."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def _step(op: str, kind: str, name: str, before: Any, after: Any) -> dict[str, Any]:
    states = {"oldState": before, "newState": after}
    of = f"urn:pulumi:prod::shop::{APPLICATION}::{name[:-37]}"
    depends = {"propertyDependencies": {"application_id": [of]}} if kind == INSTALLATION else {}
    return {
        "op": op,
        "urn": f"urn:pulumi:prod::shop::{kind}::{name}",
        **{
            key: {"id": "" if depends else _id(name), "inputs": inputs, **depends}
            for key, inputs in states.items()
            if inputs is not None
        },
    }


def _terminal(title: str, text: Text) -> str:
    """Draw a text in a window, as a self-contained picture."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(text, soft_wrap=False, highlight=False)
    drawn = console.export_svg(title=title, theme=DEFAULT_TERMINAL_THEME, unique_id="olt")
    drawn = OUTSIDE.sub("", drawn).replace("Fira Code, monospace", FONT).replace("Fira Code", FONT)
    return _for_dark_pages(re.sub(r"<!--.*?-->\s*", "", drawn)) + "\n"


def _for_dark_pages(drawn: str) -> str:
    """Add a second set of colours, which browsers use in dark mode."""
    window = drawn.replace('<rect fill="#ffffff"', '<rect class="olt-window" fill="#ffffff"', 1)
    shown = re.findall(r"\.(olt-r\d+) \{ fill: (#\w{6})", window)
    rules = [(name, DARK[colour]) for name, colour in shown]
    rules += [("olt-title", DARK["#000000"]), ("olt-window", DARK["#ffffff"])]
    css = " ".join(f".{name} {{ fill: {colour} }}" for name, colour in rules)
    dark = f"@media (prefers-color-scheme: dark) {{ {css} }}"
    return window.replace("    </style>", f"{dark}\n    </style>", 1)


DRAWN: Final[Mapping[str, Callable[[], str]]] = {
    "preview.svg": preview,
    "review.svg": comment,
    "graph.svg": graph,
}
"""The pictures by file name."""


def main(folder: Path = PICTURES) -> int:
    """Write all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in DRAWN.items():
        (folder / name).write_text(draw(), "utf-8")
    report(f"{len(DRAWN)} pictures are in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
