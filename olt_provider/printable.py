"""Make text of others safe for terminals and for the logs of pipelines.

Names, comments and messages come from a platform, a program, a preview or a state. Printed
unchanged, they could move the cursor, hide a line, reverse its order, or start a command of the
pipeline that shows the log, such as ``::add-mask::`` (GitHub), ``##[...]`` or ``##vso[...]``
(Azure).
"""

from __future__ import annotations

import re
from typing import Final

COMMAND_ANYWHERE: Final = re.compile(r"##(?=\[|vso\[)", re.IGNORECASE)
"""Commands that pipelines detect anywhere in a line."""
COMMAND_FIRST: Final = re.compile(r"^(\s*):(?=:)")
"""Commands that pipelines detect at the start of a line, after spaces."""


def one_line(text: str) -> str:
    r"""Return ``text`` as one line of printable characters; others become escapes like ``\x1b``.

    It starts no command of a pipeline, neither alone nor inside a longer line.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _escaped(char) for char in text)
    return COMMAND_FIRST.sub(r"\1\\x3a", COMMAND_ANYWHERE.sub(r"\\x23#", text))


def _escaped(char: str) -> str:
    r"""Return the escape of a Python string: ``\n``, ``\x1b``, ``\u202e``."""
    return char.encode("unicode_escape").decode("ascii")
