"""The errors of a failed preview, without secrets."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Final

from olt_provider.api.redaction import remember, shown
from olt_provider.cli.preview.steps import Preview, name_of
from olt_provider.cli.review.findings import Failure

SUMMARY: Final = re.compile(r"(error: )?(preview|update) failed")
"""Messages that the engine adds to the errors that made it fail."""
LINES: Final = 20
"""The number of lines per error: the last ones, because a traceback ends with the exception."""
LINE: Final = 1000
"""The number of characters per line: an error of the provider is one long line."""
ALL: Final = 12_000
"""The number of characters of all errors, which leaves room for the rest of a comment."""
SECRET_NAME: Final = re.compile(r"SECRET|TOKEN|PASSPHRASE|PASSWORD|ACCESS_KEY")
TOKEN: Final = re.compile(r"\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?")
"""A signed token."""


def failures(preview: Preview) -> tuple[Failure, ...]:
    """Return the errors of a preview.

    A program that crashed may print any value, so signed tokens and the secrets of this environment
    are replaced.
    """
    errors = [each for each in preview.diagnostics if each.failed]
    if errors:
        for secret in _secrets():
            remember(secret)
    found, left = [], ALL
    for each in errors:
        lines = () if SUMMARY.fullmatch(each.message.strip()) else tuple(_lines(each.message))
        left -= sum(map(len, lines))
        if lines and left >= 0:
            resource = name_of(each.urn) if each.urn.count("::") > 2 else ""
            found.append(Failure(resource=resource, lines=lines))
    return tuple(found)


def _lines(message: str) -> Iterator[str]:
    lines = [line for line in message.strip().removeprefix("error: ").splitlines() if line.strip()]
    for line in lines[-LINES:]:
        indent = len(line) - len(line.lstrip())
        yield " " * min(indent, 8) + TOKEN.sub("[secret]", shown(line, LINE))


def _secrets() -> Iterator[str]:
    """Return the values of environment variables whose names mark them as secret."""
    for name, value in os.environ.items():
        if SECRET_NAME.search(name):
            yield value
            try:
                content = json.loads(value)
            except ValueError:
                continue
            if isinstance(content, dict):
                yield from (each for each in content.values() if isinstance(each, str))
