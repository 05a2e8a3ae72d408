"""Read a preview from a file or from standard input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from olt_provider.cli.output import fail

if TYPE_CHECKING:
    from olt_provider.cli.preview.steps import Preview


def preview_of(command: str, file: str) -> Preview:
    """Read the output of ``pulumi preview --json``; ``-``: standard input. Exits on bad input."""
    from olt_provider.cli.preview.steps import PreviewError, read_preview

    try:
        return read_preview(_text(command, file))
    except PreviewError as error:
        fail(command, f"{'standard input' if file == '-' else file}: {error}")


def _text(command: str, file: str) -> str:
    from olt_provider.cli.preview.steps import MAX_BYTES

    try:
        if file == "-":
            if sys.stdin.isatty():
                fail(command, "give it a file, or pipe `pulumi preview --json` into it")
            content = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                content = opened.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            fail(command, f"{file} is larger than any preview")
        return content.decode("utf-8-sig")
    except OSError as error:
        fail(command, f"cannot read {file}: {error.strerror}")
    except UnicodeDecodeError:
        fail(command, f"{file} is not text in UTF-8")
