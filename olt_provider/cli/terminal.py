"""Text of others, made safe for terminals and for the logs of pipelines.

Names, comments and messages come from a platform, a preview or a state. Printed as they are, they
could move the cursor, hide a line, reverse its order, or start a command of the pipeline that shows
the log, such as ``::add-mask::`` (GitHub), ``##[...]`` or ``##vso[...]`` (Azure).
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

COMMAND_ANYWHERE: Final = re.compile(r"##(?=\[|vso\[)", re.IGNORECASE)
"""Pipelines look for this at any place of a line."""
COMMAND_FIRST: Final = re.compile(r"^(\s*):(?=:)")
"""Pipelines look for this behind spaces at the start of a line."""
COMMAND_FOLDED: Final = re.compile(r":(?=:+[A-Za-z])")
"""What would be one at the start of a line, where a table may begin a new one."""
INVISIBLE: Final = "\N{ZERO WIDTH SPACE}"
"""Not printable, but without effect: Mermaid's labels hold it."""


def one_line(text: str) -> str:
    r"""``text`` as one line of printable characters; others are shown as escapes like ``\x1b``.

    It starts no command of a pipeline, neither by itself nor inside a longer line.
    """
    shown = "".join(char if char.isprintable() else _escaped(char) for char in text)
    return COMMAND_FIRST.sub(r"\1\\x3a", COMMAND_ANYWHERE.sub(r"\\x23#", shown))


def lines(text: str) -> str:
    """``text`` that is lines of our own making around text of others: each line on its own."""
    parts = (line.split(INVISIBLE) for line in text.split("\n"))
    return "\n".join(_no_command(INVISIBLE.join(map(one_line, part))) for part in parts)


def cell(text: str) -> str:
    """``text`` for a table, which may break its lines anywhere."""
    return COMMAND_FOLDED.sub(r"\\x3a", lines(text))


def _no_command(line: str) -> str:
    return COMMAND_FIRST.sub(r"\1\\x3a", line)


def to_json(value: Any, *, indent: int | None = None) -> str:
    """``value`` as JSON that is safe to print: a parser reads the same value."""
    # in JSON of ASCII both occur only inside a string
    return COMMAND_ANYWHERE.sub(r"\\u0023#", json.dumps(value, indent=indent))


def _escaped(char: str) -> str:
    r"""As Python writes it in a string: ``\n``, ``\x1b``, ``\u202e``."""
    return char.encode("unicode_escape").decode("ascii")
