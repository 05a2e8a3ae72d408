"""Make text of others safe for tables and for JSON, besides single lines."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from olt_provider.printable import COMMAND_ANYWHERE, COMMAND_FIRST, one_line

COMMAND_FOLDED: Final = re.compile(r":(?=:+[A-Za-z])")
"""Text that would be a command at the start of a line, which a table may begin anywhere."""
INVISIBLE: Final = "\N{ZERO WIDTH SPACE}"
"""Not printable, but without effect: Mermaid's labels contain it."""


def lines(text: str) -> str:
    """Escape each line of a text that the package has formatted around text of others."""
    parts = (line.split(INVISIBLE) for line in text.split("\n"))
    return "\n".join(_no_command(INVISIBLE.join(map(one_line, part))) for part in parts)


def cell(text: str) -> str:
    """Escape ``text`` for a table, which may break its lines anywhere."""
    return COMMAND_FOLDED.sub(r"\\x3a", lines(text))


def _no_command(line: str) -> str:
    return COMMAND_FIRST.sub(r"\1\\x3a", line)


def to_json(value: Any, *, indent: int | None = None) -> str:
    """Return ``value`` as JSON that is safe to print: a parser reads the same value."""
    # in ASCII JSON both occur inside strings only
    return COMMAND_ANYWHERE.sub(r"\\u0023#", json.dumps(value, indent=indent))
