"""Make text of others safe for terminals and for the logs of pipelines.

Names, comments and messages come from a platform, a preview or a state. Printed unchanged, they
could move the cursor, hide a line, reverse its order, or start a command of the pipeline that shows
the log, such as ``::add-mask::`` (GitHub), ``##[...]`` or ``##vso[...]`` (Azure).
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

COMMAND_ANYWHERE: Final = re.compile(r"##(?=\[|vso\[)", re.IGNORECASE)
"""Commands that pipelines detect anywhere in a line."""
COMMAND_FIRST: Final = re.compile(r"^(\s*):(?=:)")
"""Commands that pipelines detect at the start of a line, after spaces."""
COMMAND_FOLDED: Final = re.compile(r":(?=:+[A-Za-z])")
"""Text that would be a command at the start of a line, which a table may begin anywhere."""
INVISIBLE: Final = "\N{ZERO WIDTH SPACE}"
"""Not printable, but without effect: Mermaid's labels contain it."""


def one_line(text: str) -> str:
    r"""Return ``text`` as one line of printable characters; others become escapes like ``\x1b``.

    It starts no command of a pipeline, neither alone nor inside a longer line.
    """
    shown = "".join(char if char.isprintable() else _escaped(char) for char in text)
    return COMMAND_FIRST.sub(r"\1\\x3a", COMMAND_ANYWHERE.sub(r"\\x23#", shown))


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


def _escaped(char: str) -> str:
    r"""Return the escape of a Python string: ``\n``, ``\x1b``, ``\u202e``."""
    return char.encode("unicode_escape").decode("ascii")
